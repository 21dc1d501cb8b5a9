"""What the client knows of an endpoint of the API: where values go, and what it answers."""

import hashlib
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast
from urllib.parse import quote
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from accredit_platform.client.errors import NotUnderstood

T = TypeVar("T")
Record: TypeAlias = dict[str, Any]  # Any: JSON answers of the API
Place: TypeAlias = Literal["path", "query", "body", "content"]
Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "list", "json"]
Form: TypeAlias = Literal["document", "page", "json", "bytes", "nothing"]

PARQUET: Final = "application/vnd.apache.parquet"
CSV: Final = "text/csv"
BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Value:
    """One value that an endpoint takes. Left out or None, the service has its own default."""

    name: str
    place: Place
    kind: Kind = "text"
    required: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """One endpoint; `T` is what it answers, or what its list holds.

    Attributes:
        media: media types of the file that it takes.
        answer: `module:Class` of the document that is answered; empty for plain JSON and bytes.
        call: the method of the client that asks it, such as `runs.create`.
    """

    id: str
    method: str
    path: str
    about: str
    call: str
    form: Form = "json"
    answer: str = ""
    values: tuple[Value, ...] = ()
    media: tuple[str, ...] = ()
    deprecated: bool = False

    def request(self, given: Mapping[str, Any]) -> "Outgoing":
        """The request that carries these values.

        Raises:
            TypeError: a value is missing, or is none of this endpoint's.
            ValueError: a value of the path would lead elsewhere.
        """
        names = {value.name for value in self.values}
        if unknown := sorted(set(given) - names):
            raise TypeError(f"{self.id} takes no {', '.join(unknown)}")
        missing = [v.name for v in self.values if v.required and v.name not in given]
        if missing:
            raise TypeError(f"{self.id} needs {', '.join(missing)}")
        sent: dict[Place, dict[str, Any]] = {"path": {}, "query": {}, "body": {}, "content": {}}
        for value in self.values:
            item = given.get(value.name)
            if item is not None or (value.required and value.place == "body"):
                sent[value.place][value.name] = plain(item)
        where = {name: _step(name, str(item)) for name, item in sent["path"].items()}
        has_content = any(value.place == "content" for value in self.values)
        content = next(iter(sent["content"].values()), None)
        has_body = not has_content and self.method not in {"GET", "DELETE"}
        return Outgoing(
            self.method,
            self.path.format_map(where),
            query=sent["query"],
            body=sent["body"] if has_body else None,
            content=content,
            headers={"Content-Type": media_type(content, self.media)} if has_content else {},
        )

    def read(self, answer: httpx2.Response) -> T:
        """What the service answered.

        Raises:
            NotUnderstood: it is none of the answers that this endpoint has.
        """
        found: Any
        if self.form == "nothing":
            found = None
        elif self.form == "bytes":
            found = answer.content
        elif self.form == "document":
            found = self.parse(answer.content)
        else:
            found = read_json(answer)
        return cast("T", found)  # the table says which; a test compares it with the routes

    def fields(self) -> list[str]:
        """Fields of the documents that it answers, if there is a class of them."""
        return list(_document_class(self.answer).model_fields) if self.answer else []

    def parse(self, document: bytes | Record) -> T:
        """A document of this endpoint's kind. Fields that this client does not know are dropped.

        Raises:
            NotUnderstood: it is no such document.
        """
        if not self.answer:
            return cast("T", document)  # plain JSON, as the table says
        known = _document_class(self.answer)
        try:
            if isinstance(document, bytes):
                return cast("T", known.model_validate_json(document, extra="ignore"))
            text = json.dumps(document)
            return cast("T", known.model_validate_json(text, extra="ignore"))
        except ValidationError as error:
            place = "/".join(map(str, error.errors()[0]["loc"]))
            raise NotUnderstood(
                f"the answer of {self.id} is no {known.__name__} that this client knows ({place});"
                " is it as new as the service?"
            ) from error


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that may be sent more than once."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Record | None = None
    content: bytes | Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _step(name: str, text: str) -> str:
    """A value as one step of a path, and no more than that."""
    # The characters of these are allowed, and yet they would name another resource.
    if text in {"", ".", ".."}:
        raise ValueError(f"{name} is {text!r}, which names nothing")
    return quote(text, safe="")


def media_type(content: object, possible: Sequence[str] = (CSV, PARQUET)) -> str:
    """Media type of a file or of its bytes, among those that an endpoint takes."""
    if isinstance(content, Path):
        is_parquet = content.suffix.lower() == ".parquet"
    else:
        is_parquet = isinstance(content, bytes) and content.startswith(b"PAR1")
    found = PARQUET if is_parquet else CSV
    return found if found in possible else BYTES


def _document_class(answer: str) -> type[BaseModel]:
    # Loaded when first met: who uploads a file needs none of the documents' modules.
    module, _, name = answer.partition(":")
    found: type[BaseModel] = getattr(importlib.import_module(module), name)
    return found


def read_json(answer: httpx2.Response) -> Any:  # Any: JSON
    """JSON of an answer; nothing at all reads as an empty object.

    Raises:
        NotUnderstood: it is no JSON, so it is not this service that answers.
    """
    try:
        return answer.json() if answer.content else {}
    except ValueError as error:
        kind = answer.headers.get("content-type", "no type")
        raise NotUnderstood(f"{answer.url.host} answers {kind}, which is no JSON") from error


def etag(document: BaseModel) -> str:
    """Tag of a document as it was read: what `If-Match` names (RFC 9110 §8.8.3)."""
    read = json.loads(document.model_dump_json())
    text = json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def plain(value: Any) -> Any:  # Any: what callers have at hand, and JSON
    """A value as JSON has it; files and bytes stay what they are."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return Path(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value
