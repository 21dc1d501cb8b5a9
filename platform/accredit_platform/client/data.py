"""Data sets and predictions, with pandas in and out."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from accredit_platform.client import async_resources, resources, table
from accredit_platform.client.endpoint import Record
from accredit_platform.client.errors import ClientError

if TYPE_CHECKING:
    import pandas as pd

    from accredit_governance.registry.records import DatasetVersionRecord

BATCH_ROWS = 1000


class FrameDatasets(resources.Datasets):
    """Datasets."""

    def upload(
        self,
        dataset_id: UUID | str,
        data: "pd.DataFrame | str | PathLike[str]",
        *,
        file_name: str | None = None,
    ) -> "DatasetVersionRecord":
        """Upload a frame, without its index, or a CSV or Parquet file; a job then profiles it.

        Args:
            dataset_id: of the dataset that has a new version by this.
            data: a frame, or the path of a file.
            file_name: what the version says where it comes from.
        """
        return self._calls.send(table.UPLOAD_DATASET_VERSION, _file(dataset_id, data, file_name))


class AsyncFrameDatasets(async_resources.AsyncDatasets):
    """Datasets."""

    async def upload(
        self,
        dataset_id: UUID | str,
        data: "pd.DataFrame | str | PathLike[str]",
        *,
        file_name: str | None = None,
    ) -> "DatasetVersionRecord":
        """Upload a frame or a file: as `FrameDatasets.upload`."""
        values = _file(dataset_id, data, file_name)
        return await self._calls.send(table.UPLOAD_DATASET_VERSION, values)


class FrameDeployments(resources.Deployments):
    """Deployments."""

    def predict(
        self,
        deployment_id: UUID | str,
        frame: "pd.DataFrame",
        *,
        purpose: str | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> "pd.DataFrame":
        """Predictions for the rows of a frame, under its index.

        Args:
            deployment_id: what is asked.
            frame: one row per prediction; missing values are missing.
            purpose: code of the grant, where there are several.
            batch_rows: rows per request, at most 1,000. All rows of a request are answered, or
                none; an error names how many rows earlier requests had answered.

        Returns:
            `id` (outcomes are reported under it), `score`, `decision`, `prediction`,
            `probabilities`, `reasons` and `warnings`.
        """
        # pandas is there when a frame is; who sends none does not wait for it to load.
        from accredit_platform.client.frames import answers_frame, batches

        told: list[Record] = []
        for rows in batches(frame, batch_rows):
            try:
                answer = self.predict_rows(deployment_id, rows=rows, purpose=purpose)
            except ClientError as error:
                error.add_note(_answered(told))
                raise
            told += answer["predictions"]
        return answers_frame(told, frame.index)


class AsyncFrameDeployments(async_resources.AsyncDeployments):
    """Deployments."""

    async def predict(
        self,
        deployment_id: UUID | str,
        frame: "pd.DataFrame",
        *,
        purpose: str | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> "pd.DataFrame":
        """Predictions for the rows of a frame: as `FrameDeployments.predict`."""
        # pandas is there when a frame is; who sends none does not wait for it to load.
        from accredit_platform.client.frames import answers_frame, batches

        told: list[Record] = []
        for rows in batches(frame, batch_rows):
            try:
                answer = await self.predict_rows(deployment_id, rows=rows, purpose=purpose)
            except ClientError as error:
                error.add_note(_answered(told))
                raise
            told += answer["predictions"]
        return answers_frame(told, frame.index)


def _file(
    dataset_id: UUID | str, data: "pd.DataFrame | str | PathLike[str]", file_name: str | None
) -> Record:
    if isinstance(data, str | PathLike):
        path = Path(fspath(data))
        return {"dataset_id": dataset_id, "file_name": file_name or path.name, "content": path}
    # pandas is there when a frame is; who sends none does not wait for it to load.
    from accredit_platform.client.frames import parquet_of

    name = file_name or "frame.parquet"
    return {"dataset_id": dataset_id, "file_name": name, "content": parquet_of(data)}


def _answered(told: list[Record]) -> str:
    return f"{len(told)} rows of earlier requests were answered and logged."
