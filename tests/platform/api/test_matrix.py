"""Every route, every role, here and elsewhere: `tests/golden/access.txt` says who gets past."""

from collections.abc import Iterator

import pytest
from schemathesis import GenerationMode

from accredit_governance.access.permissions import ORGANISATION_WIDE, ROLE_PERMISSIONS
from accredit_platform.auth.guard import PUBLIC
from tests.platform.api.fuzz import CASES, try_everything
from tests.platform.api.matrix import (
    ANYBODY,
    ELSEWHERE,
    GOLDEN,
    HIDDEN,
    LACKS,
    OWN,
    PAST,
    ROLES,
    Line,
    World,
    ask_everything,
    described,
    missing_nouns,
    open_world,
)
from tests.platform.web.seed import fill

SAFE = {"GET", "HEAD"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("matrix") / "home"
    opened = open_world(home, fill(home))
    yield opened
    opened.services.close()


@pytest.fixture(scope="module")
def lines(world: World) -> list[Line]:
    return ask_everything(world)


def test_who_gets_past_is_what_the_golden_file_promises(lines: list[Line]) -> None:
    """A new route fails here until its line is read and written down."""
    promised = GOLDEN.read_text(encoding="utf-8").splitlines()

    found = described(lines).splitlines()

    hint = "read the difference; `python -m tests.platform.api.matrix` writes the file anew"
    assert found == promised, hint


def test_nobody_gets_past_without_a_name(lines: list[Line]) -> None:
    for line in lines:
        assert (line.anonymous == 401) == (line.entry.needs != PUBLIC), line.name


def test_whoever_lacks_the_permission_is_told_its_name_and_the_attempt_is_recorded(
    lines: list[Line],
) -> None:
    refused = 0
    for line in lines:
        for role in ROLES if line.entry.needs not in ANYBODY else ():
            cell = line.cells[role, OWN]
            if line.entry.needs in ROLE_PERMISSIONS[role]:
                continue
            assert (cell.answer, cell.permission) == (LACKS, line.entry.needs), line.name
            assert str(line.entry.needs) in cell.detail
            assert cell.denied_events == (line.method not in SAFE), f"{role} {line.name}"
            refused += 1
    assert refused > 500


def test_a_role_of_another_project_finds_nothing(lines: list[Line]) -> None:
    """Whatever has an address of its own is unknown there, also to those who may do it here."""
    asked = 0
    for line in lines:
        if line.entry.needs in ANYBODY or "{" not in line.entry.template:
            continue
        for role in (r for r in ROLES if line.entry.needs in ROLE_PERMISSIONS[r]):
            cell = line.cells[role, ELSEWHERE]
            organisation = line.entry.needs in ORGANISATION_WIDE
            shared = "/policies/" in line.entry.template  # the same for all projects
            expected = LACKS if organisation else PAST if shared else HIDDEN
            assert cell.answer == expected, f"{role} {line.name}: {cell.detail}"
            asked += 1
    assert asked > 300


def test_the_office_holds_nearly_one_of_each_thing(lines: list[Line]) -> None:
    assert missing_nouns(lines) == {
        "approval-conditions",
        "attestations",
        "audit-checkpoints",
        "aliases",
        "change-plans",
        "delegations",
        "environments",
        "external-identities",
        "external-versions",
        "identity-providers",
        "purges",
        "reinstatements",
        "role-bindings",
        "sessions",
        "tokens",
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_role_gets_a_failure_out_of_any_request(world: World, mode: GenerationMode) -> None:
    """Each answer has a status that the document states, and refusals are problems."""
    answers = try_everything(world, mode)

    assert answers.total() > 200 * CASES, answers
