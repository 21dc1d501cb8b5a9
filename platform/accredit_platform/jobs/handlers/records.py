"""What handlers read before they start: a job's subject and the data behind it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.util import hash_pandas_object

from accredit_engine import FittedModel, load_bundle
from accredit_engine.bundle.contract import category_text
from accredit_engine.data.split import split_by_content
from accredit_governance.access.actors import Actor
from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates.vectors import EvidenceMissing
from accredit_governance.operations.identity import system_actor
from accredit_governance.questions.work import RunFacts
from accredit_governance.registry.database import Database
from accredit_platform.jobs.context import JobContext
from accredit_platform.wiring import Services, open_services

INDEX_COLUMN = "accredit_row"


@dataclass(frozen=True, slots=True)
class Workplace:
    """Services and the system actor of one job."""

    services: Services
    actor: Actor

    @property
    def database(self) -> Database:
        """The records."""
        return self.services.database


@contextmanager
def workplace(job: JobContext, *, on_behalf_of: uuid.UUID | None = None) -> Iterator[Workplace]:
    """Open the installation for one job."""
    services = open_services(job.settings)
    try:
        actor = system_actor(services.database, on_behalf_of=on_behalf_of)
        yield Workplace(services, actor)
    finally:
        services.close()


def load_model(place: Workplace, digest: str) -> FittedModel:
    """The bundle that has this digest, not just one that is whole.

    Raises:
        DamagedBundle: a file of the bundle changed, or its golden rows come out otherwise.
        DamagedArtifact: another bundle lies in its place.
    """
    model = load_bundle(place.services.artifacts.folder(digest))
    if model.digest != digest:
        raise DamagedArtifact(f"another bundle lies where {digest[:12]} belongs", digest=digest)
    return model


def read_frame(place: Workplace, artifact: str) -> pd.DataFrame:
    """Rows of a dataset version, verified against their digest."""
    return pd.read_parquet(place.services.artifacts.file(artifact))


def split(place: Workplace, facts: RunFacts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows and untouched rows of a run: the same for all runs on the same data.

    A model that was built elsewhere is judged on all rows; what it was trained on is another
    dataset version, or not known.
    """
    frame = read_frame(place, facts.data_artifact)
    if facts.built_elsewhere is not None:
        if facts.training_artifact is None:
            return frame.iloc[:0], frame
        trained = read_frame(place, facts.training_artifact)
        numbers = pd.RangeIndex(len(frame), len(frame) + len(trained))
        return trained.set_axis(numbers, axis=0), frame
    return split_by_content(
        frame,
        facts.terms.target,
        share=facts.spec.holdout_share,
        task=facts.terms.task,
        groups=facts.spec.groups,
        time=facts.spec.time,
    )


def unseen(newer: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """Rows of a newer table that are equal to no training row, with numbers of their own.

    Raises:
        EvidenceMissing: the training saw all of them.
    """
    if train.empty:
        # A model that was built elsewhere, from rows that nobody here has.
        return newer.set_axis(pd.RangeIndex(len(newer)), axis=0)
    columns = [name for name in train.columns if name in newer.columns]
    known = set(hash_pandas_object(train[columns].astype(str), index=False))
    is_known = hash_pandas_object(newer[columns].astype(str), index=False).isin(known)
    rows = newer.loc[~is_known.to_numpy()]
    if rows.empty:
        raise EvidenceMissing(
            "the training saw every row of the newer dataset version",
            remedy="name a dataset version with rows that the training did not see",
        )
    first = int(train.index.max()) + 1
    return rows.set_axis(pd.RangeIndex(first, first + len(rows)), axis=0)


def write_oof(oof: pd.DataFrame, path: Path) -> None:
    """Keep out-of-fold predictions with the row numbers that they belong to."""
    oof.rename(columns=category_text).rename_axis(index=INDEX_COLUMN).reset_index().to_parquet(
        path, index=False
    )


def read_oof(place: Workplace, digest: str) -> pd.DataFrame:
    """Out-of-fold predictions as `write_oof` kept them."""
    return pd.read_parquet(place.services.artifacts.file(digest)).set_index(INDEX_COLUMN)
