"""Models built elsewhere: their files, and what was stated about them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ModelFileRow(Identified, Row):
    """A model file that somebody uploaded for a model; its bytes are an artifact."""

    __tablename__ = "model_file"
    __table_args__ = (Index("ix_model_file_model_id", "model_id"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    name: Mapped[str] = mapped_column(String(255))
    file_digest: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    uploaded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcTime)


class ExternalVersionRow(Identified, Row):
    """A model built elsewhere; `terms` is an `ExternalTerms`.

    Its run is the import: it says who brought the model, what it is judged on and what came out,
    where that of another version says how it was trained.
    """

    __tablename__ = "external_version"
    __table_args__ = (
        UniqueConstraint("run_id"),
        CheckConstraint(
            "(model_file_id is null) = (kind in ('endpoint','document'))", name="model_file"
        ),
        CheckConstraint("kind in ('skops','lightgbm','onnx','endpoint','document')", name="kind"),
        Index("ix_external_version_model_id", "model_id"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id"))
    model_file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model_file.id"))
    training_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dataset_version.id"))
    kind: Mapped[str] = mapped_column(String(16))
    terms: Mapped[Any] = mapped_column(JsonText)
