"""What models are made for and from: projects, use cases, datasets and policies."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ProjectRow(Identified, Row):
    """The border of who may see what."""

    __tablename__ = "project"

    name: Mapped[str] = mapped_column(String(63), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class UseCaseRow(Identified, Row):
    """A purpose that a model may serve; `document` is a `UseCaseTerms`."""

    __tablename__ = "use_case"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(String(63))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    document: Mapped[Any] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class DatasetRow(Identified, Row):
    """A named source of rows; its versions hold the rows."""

    __tablename__ = "dataset"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(String(63))
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class DatasetVersionRow(Identified, Row):
    """One upload: received, then ready (digest and profile known) or refused (with the reason)."""

    __tablename__ = "dataset_version"
    __table_args__ = (
        UniqueConstraint("dataset_id", "number"),
        CheckConstraint("state in ('received','ready','refused')", name="state"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    dataset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dataset.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    upload_name: Mapped[str] = mapped_column(String(255))
    upload_digest: Mapped[str] = mapped_column(String(64))
    upload_bytes: Mapped[int]
    artifact: Mapped[str | None] = mapped_column(String(64))
    frame_digest: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[int | None]
    profile: Mapped[Any] = mapped_column(JsonText, nullable=True)
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class PolicyVersionRow(Identified, Row):
    """A policy as it was read. Immutable once published, by someone other than its author."""

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        CheckConstraint("state in ('draft','published')", name="state"),
        CheckConstraint(
            "published_by is null or shipped or published_by <> authored_by", name="four_eyes"
        ),
    )

    name: Mapped[str] = mapped_column(String(63))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    shipped: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    document: Mapped[Any] = mapped_column(JsonText)
    authored_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PolicySimulationRow(Identified, Row):
    """A policy text tried out on every version; `document` is a `SimulationReport`."""

    __tablename__ = "policy_simulation"
    __table_args__ = (
        CheckConstraint("state in ('queued','finished','failed','cancelled')", name="state"),
    )

    policy: Mapped[str] = mapped_column(String(63))
    policy_version: Mapped[int]
    policy_digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    counts: Mapped[Any] = mapped_column(JsonText, nullable=True)
    document: Mapped[Any] = mapped_column(JsonText, nullable=True)
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
