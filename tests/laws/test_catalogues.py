"""Names that are stored or published: unique, well formed, and never changed."""

import importlib
import pkgutil
import re
from collections import Counter
from typing import TypeVar

import pytest

import accredit_governance
from accredit_governance.audit.events import Fact
from accredit_governance.documents import Document
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.registry.tables import Row

C = TypeVar("C")
LIGHT = ("access", "audit", "lifecycle", "operations", "policy", "questions", "registry")

for package in LIGHT:
    module = importlib.import_module(f"accredit_governance.{package}")
    for found in pkgutil.walk_packages(module.__path__, module.__name__ + "."):
        importlib.import_module(found.name)


def ours(kind: type[C]) -> list[type[C]]:
    """All classes of a kind in the product; tests make some of their own."""
    found, todo = [], [kind]
    while todo:
        for sub in todo.pop().__subclasses__():
            todo.append(sub)
            if sub.__module__.startswith(accredit_governance.__name__):
                found.append(sub)
    return sorted(found, key=lambda c: c.__qualname__)


FACTS = ours(Fact)
ERRORS = ours(GovernanceError)
TABLES = sorted(Row.metadata.tables.values(), key=lambda table: table.name)


def test_there_are_facts_errors_and_tables() -> None:
    assert len(FACTS) > 30
    assert len(ERRORS) > 10
    assert len(TABLES) > 20


@pytest.mark.parametrize("fact", FACTS, ids=lambda f: f.__name__)
def test_a_fact_has_an_action_of_a_resource_and_a_verb(fact: type[Fact]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", fact.action)
    assert "action" in vars(fact), "an action is not inherited"


def test_no_two_facts_have_the_same_action() -> None:
    assert [a for a, n in Counter(fact.action for fact in FACTS).items() if n > 1] == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e.__name__)
def test_an_error_has_a_code_of_its_own(error: type[GovernanceError]) -> None:
    assert "code" in vars(error), "a code is not inherited"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def test_no_two_errors_have_the_same_code() -> None:
    codes = Counter(error.code for error in [*ERRORS, GovernanceError])

    assert [code for code, n in codes.items() if n > 1] == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda f: f.__name__)
def test_a_fact_has_no_field_for_personal_data(fact: type[Fact]) -> None:
    personal = {"title", "email", "comment", "password", "secret", "statement", "purpose"}

    assert not personal & set(fact.model_fields)


def test_a_document_is_frozen_closed_and_finite() -> None:
    for document in ours(Document):
        assert document.model_config["frozen"], document
        assert document.model_config["extra"] == "forbid", document
        assert document.model_config["allow_inf_nan"] is False, document


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_constraint_has_a_name(table) -> None:  # type: ignore[no-untyped-def]
    assert all(constraint.name for constraint in table.constraints)
    assert all(index.name for index in table.indexes)


def test_only_queues_streams_sessions_and_the_log_go_without_events() -> None:
    free = {m.class_.__tablename__ for m in Row.registry.mappers if not m.class_.governed}

    assert free == {
        "access_meter",
        "access_usage",
        "audit_checkpoint",
        "audit_event",
        "audit_head",
        "job",
        "prediction",
        "provider_request",
        "provider_session",
        "used_proof",
        "token_use",
        "web_session",
        "worker",
    }


def test_stored_states_and_actions_are_lower_case() -> None:
    for value in [*VersionState, *VersionAction]:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", value)
