"""Nothing that others refer to can be deleted: no operation, no route and no table does."""

import ast
from pathlib import Path

import pytest

from accredit_governance.registry.tables import Row
from accredit_platform.app import RESOURCES
from accredit_platform.auth.guard import access_table

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = sorted((ROOT / "governance/accredit_governance/operations").glob("*.py"))
REFERENCES = [
    (table.name, key)
    for table in Row.metadata.sorted_tables
    for key in sorted(table.foreign_keys, key=lambda key: (key.parent.name, key.target_fullname))
]
# A role is taken back by deleting its binding, which nothing refers to; the trail tells of it.
# So it is with an external identity; what is used once on the way to a provider is no record.
# Somebody leaves a group by deleting the membership, and old sessions are forgotten.
DELETES_ROWS = {
    "external_identities.py",
    "groups.py",
    "identity.py",
    "provider_sign_ins.py",
    "provisioning.py",
    "sessions.py",
}


def test_there_are_operations_and_references_to_look_at() -> None:
    assert len(OPERATIONS) > 20
    assert len(REFERENCES) > 80


@pytest.mark.parametrize(
    ("table", "key"), REFERENCES, ids=lambda value: getattr(value, "target_fullname", value)
)
def test_the_database_keeps_what_is_referred_to(table: str, key) -> None:  # type: ignore[no-untyped-def] # a ForeignKey of any column
    assert key.ondelete in {None, "RESTRICT"}, table
    assert key.onupdate in {None, "RESTRICT"}, table


def test_no_operation_deletes_a_row_that_others_could_refer_to() -> None:
    found = {}
    for path in OPERATIONS:
        names = {
            node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        }
        if "delete" in names:
            found[path.name] = names
    referred = {key.column.table.name for _, key in REFERENCES}

    assert set(found) <= DELETES_ROWS
    assert {"group_member", "role_binding", "web_session"}.isdisjoint(referred)


def test_files_go_from_the_store_by_a_purge_alone() -> None:
    callers = {
        path.name for path in OPERATIONS if "artifacts.remove(" in path.read_text(encoding="utf-8")
    }

    assert callers == {"purging.py"}


def test_there_is_no_route_that_deletes() -> None:
    methods = set()
    for module in RESOURCES:
        for entry in access_table(module.router.routes, public_mounts=frozenset()):
            methods |= entry.methods

    assert methods <= {"GET", "HEAD", "POST", "PUT"}
