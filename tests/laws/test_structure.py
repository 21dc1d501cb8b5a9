"""The shape of the source: what the tree promises, held over the whole of it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("engine/accredit_engine", "governance/accredit_governance", "platform/accredit_platform")
MODULES = sorted(path for source in SOURCES for path in (ROOT / source).rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core"}
ALLOWED_VAGUE = {"governance/accredit_governance/registry/tables/base.py"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 80


@pytest.mark.parametrize("folder", ["engine", "governance", "platform"])
def test_a_source_root_is_no_package(folder: str) -> None:
    """`platform/__init__.py` would shadow the standard library's module of that name."""
    assert (ROOT / folder).is_dir()
    assert not (ROOT / folder / "__init__.py").exists()


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {name_of(path) for path in MODULES if path.stem in VAGUE}

    assert vague == ALLOWED_VAGUE


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    # Inside a package the name is qualified; only the top of a source root can shadow.
    tops = {path.name for source in SOURCES for path in (ROOT / source).parent.iterdir()}

    assert not {Path(top).stem for top in tops} & set(sys.stdlib_module_names)


def test_every_package_says_in_one_line_what_it_is() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]

    assert packages
    for path in packages:
        assert ast.get_docstring(ast.parse(path.read_text())), name_of(path)


def test_no_module_is_too_long_to_read() -> None:
    """At 400 lines a module is split; a catalogue of one class per entry may be longer."""
    story = "platform/accredit_platform/demo/"
    long = {name_of(path) for path in MODULES if len(path.read_text().splitlines()) > 500}

    assert not {name for name in long if not name.startswith(story)}


# Where a session or connection is opened, and the wiring that never touches governed rows.
MAY_COMMIT = {
    "governance/accredit_governance/registry/database.py",
    "governance/accredit_governance/registry/migrate.py",
}
PAST_THE_GUARD = {
    "commit",
    "rollback",
    "connection",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
}


def calls_of(path: Path) -> set[str]:
    return {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def test_nobody_in_governance_gets_past_the_session_guard() -> None:
    """The guard sees flushes and ORM statements; these calls it would not see."""
    governance = [path for path in MODULES if "accredit_governance" in path.parts]

    around = {
        name_of(path): sorted(calls_of(path) & PAST_THE_GUARD)
        for path in governance
        if calls_of(path) & PAST_THE_GUARD and name_of(path) not in MAY_COMMIT
    }

    assert len(governance) > 60
    assert around == {}


def test_nothing_unpickles() -> None:
    banned = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    # Both carry trials to processes that a run started itself; neither loads what was stored.
    carriers = {"engine/accredit_engine/search/pool.py": {"joblib", "cloudpickle"}}
    found = {}
    for path in MODULES:
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
        if names & banned - carriers.get(name_of(path), set()):
            found[name_of(path)] = names & banned

    assert found == {}


HEAVY = ("numpy", "pandas", "sklearn", "scipy", "evidently", "shap", "lightgbm", "fairlearn")
LIGHT = (
    "accredit_governance.access.permissions",
    "accredit_governance.operations.access_decisions",
    "accredit_governance.operations.access_requests",
    "accredit_governance.operations.accounts",
    "accredit_governance.operations.admission",
    "accredit_governance.operations.alias_resolution",
    "accredit_governance.operations.aliases",
    "accredit_governance.operations.api_tokens",
    "accredit_governance.operations.approvals",
    "accredit_governance.operations.assessments",
    "accredit_governance.operations.attestations",
    "accredit_governance.operations.blocking",
    "accredit_governance.operations.break_glass",
    "accredit_governance.operations.card_inputs",
    "accredit_governance.operations.change_plans",
    "accredit_governance.operations.client_credentials",
    "accredit_governance.operations.comments",
    "accredit_governance.operations.condition_ends",
    "accredit_governance.operations.conditions",
    "accredit_governance.operations.consequences",
    "accredit_governance.operations.datasets",
    "accredit_governance.operations.delegations",
    "accredit_governance.operations.denials",
    "accredit_governance.operations.deployments",
    "accredit_governance.operations.drift",
    "accredit_governance.operations.environments",
    "accredit_governance.operations.external",
    "accredit_governance.operations.external_identities",
    "accredit_governance.operations.findings",
    "accredit_governance.operations.groups",
    "accredit_governance.operations.hands",
    "accredit_governance.operations.identity",
    "accredit_governance.operations.legal_holds",
    "accredit_governance.operations.model_requests",
    "accredit_governance.operations.one_time_links",
    "accredit_governance.operations.own_sessions",
    "accredit_governance.operations.places",
    "accredit_governance.operations.policies",
    "accredit_governance.operations.predictions",
    "accredit_governance.operations.proceedings",
    "accredit_governance.operations.projects",
    "accredit_governance.operations.provider_sign_ins",
    "accredit_governance.operations.provisioning",
    "accredit_governance.operations.provisioning_groups",
    "accredit_governance.operations.purging",
    "accredit_governance.operations.quota",
    "accredit_governance.operations.reassignments",
    "accredit_governance.operations.recertification",
    "accredit_governance.operations.reinstatement",
    "accredit_governance.operations.remediation",
    "accredit_governance.operations.retirement",
    "accredit_governance.operations.reviews",
    "accredit_governance.operations.risk_acceptances",
    "accredit_governance.operations.runs",
    "accredit_governance.operations.same_file",
    "accredit_governance.operations.service_accounts",
    "accredit_governance.operations.session_ends",
    "accredit_governance.operations.sessions",
    "accredit_governance.operations.simulations",
    "accredit_governance.operations.standing",
    "accredit_governance.operations.subjects",
    "accredit_governance.operations.tickets",
    "accredit_governance.operations.token_holders",
    "accredit_governance.operations.tokens",
    "accredit_governance.operations.trail",
    "accredit_governance.operations.versions",
    "accredit_governance.operations.waiting",
    "accredit_governance.operations.waiver_ends",
    "accredit_governance.operations.waivers",
    "accredit_governance.operations.words",
    "accredit_governance.operations.work",
    "accredit_governance.policy.loader",
    "accredit_governance.questions.access",
    "accredit_governance.questions.aftercare",
    "accredit_governance.questions.aliases",
    "accredit_governance.questions.approvals",
    "accredit_governance.questions.attestations",
    "accredit_governance.questions.catalogue",
    "accredit_governance.questions.directory",
    "accredit_governance.questions.directory_conditions",
    "accredit_governance.questions.external",
    "accredit_governance.questions.external_identities",
    "accredit_governance.questions.findings",
    "accredit_governance.questions.groups",
    "accredit_governance.questions.history",
    "accredit_governance.questions.intake",
    "accredit_governance.questions.models",
    "accredit_governance.questions.people",
    "accredit_governance.questions.permissions",
    "accredit_governance.questions.policies",
    "accredit_governance.questions.serving",
    "accredit_governance.questions.simulations",
    "accredit_governance.questions.tasks",
    "accredit_governance.questions.tokens",
    "accredit_governance.questions.trail",
    "accredit_governance.questions.waivers",
)


def test_the_list_of_light_modules_is_complete() -> None:
    found = {
        f"accredit_governance.{path.parent.name}.{path.stem}"
        for path in MODULES
        if path.parent.name in {"operations", "questions"} and path.stem != "__init__"
    }

    assert found - set(LIGHT) == {
        "accredit_governance.operations.door",
        "accredit_governance.questions.pages",
        # Asked by workers only, but just as light.
        "accredit_governance.questions.work",
    }


def test_deciding_loads_no_machine_learning() -> None:
    """The API process imports these; the libraries would cost it seconds and 300 MB."""
    program = (
        f"import sys\nfor name in {LIGHT!r}:\n    __import__(name)\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
