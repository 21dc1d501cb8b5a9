"""Receiving files: counted while they stream, never held in memory."""

import asyncio
import codecs
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from accredit_governance.access.actors import Actor
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import datasets, external
from accredit_governance.questions import catalogue, models
from accredit_governance.registry.external_records import PAPERS, SUFFIXES, ModelFileRecord
from accredit_governance.registry.records import DatasetVersionRecord
from accredit_platform.api.problems import UploadTooLarge
from accredit_platform.api.repeats import settle
from accredit_platform.wiring import Services

FORMATS = (".csv", ".parquet")
_BEGINS: Final[Mapping[str, bytes]] = MappingProxyType(
    {".skops": b"PK\x03\x04", ".docx": b"PK\x03\x04", ".xlsx": b"PK\x03\x04", ".pdf": b"%PDF-"}
)
_TEXTS: Final = frozenset({".txt", ".md", ".html"})
_LOOKED_AT: Final = 4096


async def receive(
    request: Request, services: Services, actor: Actor, dataset_id: uuid.UUID, file_name: str
) -> DatasetVersionRecord:
    """Store the rows in the request's body and note that they arrived.

    Raises:
        UploadTooLarge: more bytes than the installation accepts; nothing is kept.
        InvalidInput: no bytes, or a file that is neither CSV nor Parquet by name.
    """
    await run_in_threadpool(_check, services, actor, dataset_id, file_name)
    digest, size = await _kept(request, services, file_name)
    await settle(request, services, actor, digest)
    return await run_in_threadpool(
        datasets.receive_upload,
        services.database,
        actor,
        dataset_id,
        upload_name=Path(file_name).name,
        upload_digest=digest,
        upload_bytes=size,
    )


async def receive_model(
    request: Request, services: Services, actor: Actor, model_id: uuid.UUID, file_name: str
) -> ModelFileRecord:
    """Store the model file in the request's body and note that it arrived; nothing reads it.

    Raises:
        UploadTooLarge: more bytes than the installation accepts; nothing is kept.
        InvalidInput: no bytes, a name of no format that is taken, or other content than its name
            says.
    """
    await run_in_threadpool(_check_model, services, actor, model_id, file_name)
    digest, size = await _kept(request, services, file_name, looked_at=True)
    await settle(request, services, actor, digest)
    return await run_in_threadpool(
        external.receive_model_file,
        services.database,
        actor,
        model_id,
        name=Path(file_name).name,
        digest=digest,
        size=size,
    )


async def _kept(
    request: Request, services: Services, file_name: str, *, looked_at: bool = False
) -> tuple[str, int]:
    """Digest and size of the request's body, which is an artifact now.

    Tables are not looked at here: the job that reads them records what is wrong with them.
    """
    limit = services.settings.max_upload_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise UploadTooLarge(_too_large(limit))
    path = services.artifacts.incoming(Path(file_name).suffix.lower())
    try:
        size = await _write(request.stream(), path, limit)
        if size == 0:
            raise InvalidInput("the upload is empty; send the file's bytes as the request body")
        if looked_at:
            await asyncio.to_thread(_refuse_other_content, path)
        return await run_in_threadpool(services.artifacts.keep_file, path), size
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _check(services: Services, actor: Actor, dataset_id: uuid.UUID, file_name: str) -> None:
    """Refuse before a byte is read, where that is already known."""
    catalogue.dataset(services.database, actor, dataset_id)
    _refuse_others(file_name, FORMATS)


def _check_model(services: Services, actor: Actor, model_id: uuid.UUID, file_name: str) -> None:
    """Refuse before a byte is read, where that is already known."""
    models.model(services.database, actor, model_id)
    _refuse_others(file_name, (*SUFFIXES, *PAPERS))


def _refuse_others(file_name: str, formats: Sequence[str]) -> None:
    if Path(file_name).suffix.lower() not in formats:
        message = f"file_name {file_name!r} must end in {' or '.join(formats)}"
        raise InvalidInput(message, [{"pointer": "/file_name", "detail": message}])


def _refuse_other_content(path: Path) -> None:
    """Refuse a file that does not begin as one of its kind does; graphs are examined when read."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    kind = path.suffix
    fits = start.startswith(_BEGINS.get(kind, b""))
    if kind in _TEXTS:
        fits = b"\0" not in start and _is_text(start)
    if not fits:
        message = f"the file does not begin as a {kind} file does"
        raise InvalidInput(message, [{"pointer": "/file_name", "detail": message}])


def _is_text(start: bytes) -> bool:
    """Whether bytes are UTF-8, whose last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


async def _write(stream: AsyncIterator[bytes], path: Path, limit: int) -> int:
    size = 0
    with path.open("wb") as file:
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                raise UploadTooLarge(_too_large(limit))
            await asyncio.to_thread(file.write, chunk)
    return size


def _too_large(limit: int) -> str:
    return (
        f"the file is larger than {limit:,} bytes, which this installation accepts at most; "
        "send fewer rows, or Parquet; of a model, fewer trees"
    )
