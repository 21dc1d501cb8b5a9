"""What people state about a model that was built elsewhere, and the documents made of it."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from accredit_governance.documents import Document
from accredit_governance.registry.records import Record
from accredit_governance.registry.terms import Column, Label, Text

ExternalKind: TypeAlias = Literal["skops", "lightgbm", "onnx", "endpoint", "document"]
"""Formats of model files that are read, none of which can run code when it is read; and models that
stay with a vendor: behind an address that is never called from here, or known by documents only."""

SUFFIXES: Final[dict[str, str]] = {".skops": "skops", ".txt": "lightgbm", ".onnx": "onnx"}
"""How the file of each format is called."""

PAPERS: Final = (".pdf", ".md", ".docx", ".xlsx", ".html")
"""How documents about a model are called."""

AT_THE_VENDOR: Final = frozenset({"endpoint", "document"})
"""Kinds of models of which there is nothing here that could answer."""


class StatedColumn(Document):
    """One input of a model that was built elsewhere."""

    name: Column
    kind: Literal["numeric", "boolean", "categorical", "ordinal"]
    categories: Annotated[tuple[Label, ...], Field(max_length=10_000)] = Field(
        default=(),
        description="of a categorical or ordinal column, in the order of the codes that the model"
        " was trained on, as the values that it was trained on",
    )

    @model_validator(mode="after")
    def _categories_suit_the_kind(self) -> Self:
        is_coded = self.kind in ("categorical", "ordinal")
        if is_coded and not self.categories:
            raise ValueError(f"state the categories of {self.name!r} in the order of their codes")
        if self.categories and not is_coded:
            raise ValueError(f"{self.name!r} is {self.kind} and has no categories")
        return self


class StatedContract(Document):
    """What a model that was built elsewhere takes and answers; the use case says for what."""

    columns: Annotated[tuple[StatedColumn, ...], Field(min_length=1, max_length=10_000)] = Field(
        description="in the order in which the model takes them"
    )
    classes: Annotated[tuple[Label, ...], Field(max_length=1_000)] = Field(
        default=(), description="in the order of the model's answers; none for a regression"
    )
    threshold: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="binary: smallest probability of the favourable class that is decided"
        " favourably",
    )

    @model_validator(mode="after")
    def _each_column_once(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("name each column once")
        return self


class Origin(Document):
    """Where a model comes from that was built elsewhere, as the person who brings it states it."""

    author: Text = Field(description="who built it: a person, a team or a vendor")
    tool: Text = Field(description="what it was built with, with its version")
    statement: Text = Field(
        description="how it came about: data, period, method, and who may answer questions"
    )


class ReportedAnswers(Document):
    """What a vendor's model answered about the rows that it is judged on.

    Attributes:
        score: column with the probability of the favourable class, or with the predicted number.
        threshold: binary: smallest score that the vendor decides favourably.
    """

    score: Column
    threshold: float | None = Field(default=None, gt=0, lt=1)


class ExternalTerms(Document):
    """Everything that is stated about a model that was built elsewhere.

    Attributes:
        contract: of a model that is brought as a file.
        address: of an endpoint; it is written down and never called.
        documents: files about a model that stays with its vendor.
        answers: what such a model answered about the rows that it is judged on; without them
            nothing about it is judged.
    """

    kind: ExternalKind
    origin: Origin
    contract: StatedContract | None = None
    address: Annotated[str, StringConstraints(max_length=2000, pattern=r"^(https://\S+)?$")] = ""
    documents: Annotated[tuple[uuid.UUID, ...], Field(max_length=100)] = ()
    answers: ReportedAnswers | None = None

    @property
    def is_at_the_vendor(self) -> bool:
        """Whether nothing here can answer in the model's place."""
        return self.kind in AT_THE_VENDOR

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.is_at_the_vendor and self.contract is not None:
            raise ValueError("a model that stays with its vendor has no contract here")
        if not self.is_at_the_vendor and (self.contract is None or self.answers is not None):
            raise ValueError("a model that is brought as a file needs a contract, and no answers")
        if (self.kind == "endpoint") != bool(self.address):
            raise ValueError("an endpoint has an address, which begins with https://; others none")
        if self.kind == "document" and not self.documents:
            raise ValueError("name the documents that the model is known by")
        return self


class ModelFileRecord(Record):
    """A model file as it was uploaded; nothing has read it."""

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    name: str
    file_digest: str
    bytes: int
    uploaded_by: uuid.UUID
    uploaded_at: datetime


class SameFileRecord(Record):
    """Another version that was made of the same file.

    Attributes:
        dataset_version_id: That it was judged on.
        failed: Required checks that it failed.
    """

    model_version_id: uuid.UUID
    model_id: uuid.UUID
    number: int
    state: str
    dataset_version_id: uuid.UUID
    failed: tuple[str, ...]


class ExternalVersionRecord(Record):
    """A model that was built elsewhere, on its way into the inventory or there.

    Attributes:
        state: `queued` while a worker reads and checks it, `finished` once it is a model version,
            `failed` when it cannot be one.
        model_version_id: What it became.
        training_version_id: Dataset version that it was trained on; None when nobody has it.
        same_file: Other versions of the project that its file became, the oldest first.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    run_id: uuid.UUID
    state: str
    terms: ExternalTerms
    file_name: str | None
    file_digest: str | None
    dataset_version_id: uuid.UUID
    training_version_id: uuid.UUID | None
    model_version_id: uuid.UUID | None
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    job_id: uuid.UUID | None = None
    same_file: tuple[SameFileRecord, ...] = ()
