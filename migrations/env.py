"""Alembic environment: the caller hands over an open connection, nothing is read from files."""

from typing import Any, Literal

from alembic import context

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables import Row


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write our column types by what they are stored as: migrations must not move with our code."""
    if kind == "type" and isinstance(item, JsonText):
        return "sa.Text()"
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Row.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
