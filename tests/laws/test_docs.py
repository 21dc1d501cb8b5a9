"""The documents tell the truth: what they name exists, and what exists is named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from fastapi import APIRouter

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission
from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.audit.export import line
from accredit_governance.audit.merkle import leaf_hash, root_of
from accredit_governance.lifecycle.versions import TRANSITIONS
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.demands import TASKS
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load_folder
from accredit_platform.api.problems import STATUS
from accredit_platform.app import RESOURCES
from accredit_platform.auth.guard import access_table
from accredit_platform.cli.main import app
from accredit_platform.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
}
EVERYTHING = "\n".join(DOCS.values())
PAGES = [pytest.param(name, id=name) for name in DOCS]
NOT_SETTINGS = {
    "ACCREDIT_CONFIG",
    "ACCREDIT_PASSWORD",
    "ACCREDIT_REQUIRE_BROWSER",
    "ACCREDIT_SERVER",
    "ACCREDIT_TOKEN",
}


def rows(name: str, heading: str) -> list[tuple[str, ...]]:
    """Cells of the tables under a heading, without backticks and head."""
    section = DOCS[name].split(f"\n{heading}\n")[1]
    section = re.split(rf"\n#{{1,{heading.count('#')}}} ", section)[0]
    found = []
    for text in section.splitlines():
        if text.startswith("| `") or re.match(r"\| [A-Z]+ \| `/", text):
            found.append(tuple(c.strip().strip("`") for c in text.strip("|").split(" | ")))
    assert found
    return found


def commands() -> Iterator[tuple[str, set[str]]]:
    def walk(command: object, name: str) -> Iterator[tuple[str, set[str]]]:
        below = getattr(command, "commands", None)
        if below:
            for word, inner in below.items():
                yield from walk(inner, f"{name} {word}")
            return
        options = {o for p in command.params for o in p.opts if o.startswith("--")}
        yield name, options

    found = list(walk(typer.main.get_command(app), "accredit"))
    assert found
    yield from found


def anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def python_blocks(name: str) -> list[str]:
    found = re.findall(r"```python\n(.*?)```", DOCS[name], flags=re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("name", PAGES)
def test_links_between_documents_resolve(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCS[name]):
        if target.startswith("https://"):
            continue
        path, _, fragment = target.partition("#")
        file = ((ROOT / name).parent / path).resolve() if path else ROOT / name

        assert file.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), target


@pytest.mark.parametrize("name", PAGES)
def test_files_and_tests_that_documents_name_exist(name: str) -> None:
    written = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))
    for quoted in re.findall(r"`([^`\n]+)`", DOCS[name]):
        if re.fullmatch(r"(engine|governance|platform|policies|migrations|tests)/[\w./-]*", quoted):
            assert (ROOT / quoted).exists(), quoted
        if re.fullmatch(r"test_\w+", quoted):
            assert f"def {quoted}(" in written, quoted


def test_every_make_target_is_documented_and_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^|[;&] )make ([a-z-]+)", EVERYTHING, re.MULTILINE))

    assert named == targets


def test_every_command_is_documented_with_its_options() -> None:
    table = {
        row[0]: set(re.findall(r"--[a-z-]+", row[2]))
        for row in rows("docs/operations.md", "## Start")
    }

    assert table == dict(commands())


def test_commands_that_documents_show_take_these_options() -> None:
    known = dict(commands())
    shown = re.findall(
        r"\baccredit ((?:audit |policy |user )?[a-z-]+)((?: +[^\s`|]+)*)", EVERYTHING
    )
    calls = [(f"accredit {words}", rest) for words, rest in shown if f"accredit {words}" in known]
    assert calls

    for name, rest in calls:
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known[name], (name, rest)


def test_every_setting_is_documented_with_its_default() -> None:
    table = {row[0]: row[1].strip("`") for row in rows("docs/operations.md", "## Settings")}

    assert set(table) == {f"ACCREDIT_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default is not None:
            plain = str(field.default)
            shown = plain.lower() if isinstance(field.default, bool) else plain
            assert table[f"ACCREDIT_{name.upper()}"] == shown
    assert set(re.findall(r"ACCREDIT_[A-Z_]*[A-Z]", EVERYTHING)) == set(table) | NOT_SETTINGS


def test_every_route_is_documented_with_what_it_needs() -> None:
    api = APIRouter()
    for module in RESOURCES:
        api.include_router(module.router)
    entries = access_table(api.routes, public_mounts=frozenset())
    routes = {(m, e.template, str(e.needs)) for e in entries for m in e.methods - {"HEAD"}}

    assert {row[:3] for row in rows("docs/api.md", "## Paths")} == routes


def test_paths_that_documents_name_exist() -> None:
    known = [re.sub(r"{\w+}", "[^/]+", row[1]) for row in rows("docs/api.md", "## Paths")]
    named = re.findall(r"(?:/api/v1|\$api)(/[\w/{}$.-]+)", EVERYTHING)
    named += re.findall(r"`(?:GET|POST|PUT) (/(?!api/v1)[\w/{}.-]+)`", EVERYTHING)
    assert named

    assert not [path for path in named if not any(re.fullmatch(k, path) for k in known)]


def test_every_error_code_is_documented() -> None:
    told = {
        (code, int(row[0]))
        for row in rows("docs/api.md", "## Errors")
        for code in re.findall(r"\w+", row[1])
    }

    assert told == set(STATUS.items())


def test_the_table_of_permissions_is_the_one_of_the_code() -> None:
    table = {
        row[0]: set(row[1].split(", "))
        for row in rows("docs/architecture.md", "## Who may do what")
    }

    assert table == {
        str(p): {str(role) for role, held in ROLE_PERMISSIONS.items() if p in held}
        for p in Permission
    }


def test_the_drawn_lifecycle_is_the_table() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+): (\w+)$", DOCS["docs/architecture.md"], re.MULTILINE)

    assert set(drawn) == {(str(s), str(t), str(a)) for (s, a), t in TRANSITIONS.items()}


def test_every_check_and_field_of_a_policy_is_documented() -> None:
    table = {row[0]: row for row in rows("docs/policies.md", "## Checks")}

    assert set(table) == set(CHECKS)
    common = {"check", "source", "required", "waivable"}
    for name, check in CHECKS.items():
        assert table[name][1].replace(" ", "_") == check.gate
        assert table[name][2].replace("all", ", ".join(TASKS)).split(", ") == [
            task for task in TASKS if task in check.tasks
        ]
        assert table[name][4] == (check.__doc__ or "").splitlines()[0]
        assert set(re.findall(r"\w+", table[name][3])) == set(check.model_fields) - common
    fields = re.findall(
        r"`(\w+)`", " ".join(r[0] for r in rows("docs/policies.md", "## The language"))
    )
    firsts = {row[0] for row in rows("docs/policies.md", "## The language")}
    named = set(re.findall(r"\w+", " ".join(firsts))) | set(fields)
    assert named == set(Policy.model_fields)


def test_every_shipped_policy_is_documented_with_the_stages_of_each_tier() -> None:
    shipped = {policy.name: policy for policy in load_folder(ROOT / "policies")}
    listed = {row[0] for row in rows("docs/policies.md", "## Shipped policies")}
    table = {
        name: row[1:]
        for row in rows("docs/policies.md", "## Stages by tier")
        for name in re.findall(r"[a-z-]+", row[0])
    }

    assert listed == {f"policies/{name}.yaml" for name in shipped}
    assert set(table) == set(shipped)
    for name, policy in shipped.items():
        for tier, cell in enumerate(table[name], start=1):
            roles = ", ".join(stage.role for stage in policy.stages_of(tier))
            assert cell.strip("| ") == (roles if tier in policy.applies_to.tiers else "–"), name


def test_every_command_on_policies_is_documented_with_its_exits() -> None:
    told = {" ".join(row[0].split()[:3]) for row in rows("docs/policies.md", "## Commands")}

    assert told == {name for name, _ in commands() if name.startswith("accredit policy ")}


def test_the_engine_alone_works_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    for block in python_blocks("README.md"):
        exec(compile(block, "README.md", "exec"), {})

    assert (tmp_path / "bundle" / "manifest.json").is_file()


@pytest.mark.parametrize("events", [1, 2, 7, 64])
def test_the_verifier_that_outsiders_are_shown_accepts_the_log_and_no_other(
    events: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [f'{{"fact":{{}},"seq":{seq}}}'.encode() for seq in range(events)]
    leaves = [leaf_hash(body) for body in bodies]
    export = b"".join(line(leaf, body) for leaf, body in zip(leaves, bodies, strict=True))
    note = SigningKey.create(tmp_path / "key").sign(events, root_of(leaves))
    (tmp_path / "audit.checkpoint").write_text(note, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    verifier = compile(python_blocks("docs/audit.md")[0], "audit.md", "exec")

    (tmp_path / "audit.jsonl").write_bytes(export)
    exec(verifier, {})

    (tmp_path / "audit.jsonl").write_bytes(export.replace(b'{"fact"', b'{"fake"', 1))
    with pytest.raises(AssertionError):
        exec(verifier, {})
