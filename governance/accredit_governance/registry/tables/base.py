"""What every table has in common."""

import uuid
from typing import Any, ClassVar

from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from accredit_governance.identifiers import new_id


class Row(DeclarativeBase):
    """A stored record. Never leaves governance.

    Attributes:
        governed: whether a change needs an audit event in the same transaction. Only tables that
            hold no decision (sessions, queue state, high-rate streams) say no.
    """

    governed: ClassVar[bool] = True
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {uuid.UUID: Uuid(as_uuid=True)}


class Identified:
    """Primary key of rows that have an address of their own."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
