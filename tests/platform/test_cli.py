"""The command line: exit codes and words."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accredit_platform.cli.main import app
from accredit_platform.resources import folder

runner = CliRunner()
SHIPPED = folder("policies") / "us-credit-federal.yaml"
PASSWORD = {"ACCREDIT_PASSWORD": "a long password"}


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ACCREDIT_PORT", "99999", id="port"),
        pytest.param("ACCREDIT_CORES", "many", id="cores"),
        pytest.param("ACCREDIT_CONFIG", "nowhere.toml", id="file that is not there"),
    ],
)
def test_a_bad_setting_is_named_without_a_traceback(name: str, value: str, tmp_path: Path) -> None:
    result = runner.invoke(app, ["serve", "--home", str(tmp_path)], env={name: value})

    assert result.exit_code == 2
    assert name in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


def test_a_broken_settings_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "accredit.toml"
    file.write_text("port = \n")

    result = runner.invoke(app, ["serve"], env={"ACCREDIT_CONFIG": str(file)})

    assert result.exit_code == 2
    assert "line 1" in result.output


def test_an_installation_has_one_first_admin(tmp_path: Path) -> None:
    command = ["init", "--admin", "ada", "--title", "Ada", "--home", str(tmp_path / "home")]

    first = runner.invoke(app, command, env=PASSWORD)
    second = runner.invoke(app, command, env=PASSWORD)

    assert first.exit_code == 0, first.output
    assert "public key" in words(first.output)
    assert second.exit_code == 1
    assert "has an admin already" in words(second.output)


def test_a_short_password_prepares_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = ["init", "--admin", "ada", "--title", "Ada", "--home", str(home)]

    result = runner.invoke(app, command, env={"ACCREDIT_PASSWORD": "short"})

    assert result.exit_code == 1
    assert "at least 12 characters" in words(result.output)
    assert not home.exists()


def test_shipped_policies_are_valid() -> None:
    found = sorted(folder("policies").glob("*.yaml"))

    results = [runner.invoke(app, ["policy", "lint", str(path)]) for path in found]

    assert len(found) >= 2
    assert [result.exit_code for result in results] == [0] * len(found)
    assert all("Valid" in result.output for result in results)


@pytest.mark.parametrize(
    ("change", "pointer", "word"),
    [
        pytest.param(("check: holdout_size", "check: luck"), "/gates/0", "luck", id="unknown gate"),
        pytest.param(("min: 0.65", "min: 1.65"), "/gates/1", "1", id="threshold out of range"),
        pytest.param(("kind: policy", "kind: policy\nmood: good"), "/mood", "", id="unknown field"),
        pytest.param(("name: us", "name: [us"), "", "line", id="no YAML"),
    ],
)
def test_a_bad_policy_is_refused_at_its_place(
    change: tuple[str, str], pointer: str, word: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change, 1), encoding="utf-8")

    told = runner.invoke(app, ["policy", "lint", str(file)])
    listed = runner.invoke(app, ["policy", "lint", "--json", str(file)])

    assert told.exit_code == listed.exit_code == 1
    problems = json.loads(listed.output)
    assert any(p["pointer"].startswith(pointer) and word in p["detail"] for p in problems)


def test_a_policy_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    result = runner.invoke(app, ["policy", "lint", str(tmp_path / "none.yaml")])

    assert result.exit_code == 2


def test_warnings_are_told_and_do_not_fail(tmp_path: Path) -> None:
    told = runner.invoke(app, ["policy", "lint", str(SHIPPED)])
    listed = runner.invoke(app, ["policy", "lint", "--json", str(SHIPPED)])

    assert told.exit_code == listed.exit_code == 0
    assert "warning /gates: " in told.output
    remarks = json.loads(listed.output)
    assert {remark["severity"] for remark in remarks} == {"warning"}


def test_a_contradiction_fails_though_the_policy_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    file.write_text(text.replace("tolerance: 0.005\n    psi", "tolerance: 0.1\n    psi", 1))

    result = runner.invoke(app, ["policy", "lint", str(file)])

    assert result.exit_code == 1
    assert "/monitoring/drift/tolerance: tolerance is 0.1" in words(result.output)


def test_the_schema_is_printed_as_it_is_shipped() -> None:
    result = runner.invoke(app, ["policy", "schema"])

    shipped = folder("policies") / "policy.schema.json"
    assert result.output == shipped.read_text(encoding="utf-8")


FACTS = ("--task", "binary", "--purpose", "consumer_credit", "--on", "2026-11-22")


@pytest.mark.parametrize(
    ("more", "exit_code", "words_told"),
    [
        pytest.param(
            ("--tier", "2", "--jurisdiction", "us", "--jurisdiction", "us-ma"),
            0,
            "Applies: us-credit-states version 1",
            id="a state",
        ),
        pytest.param(
            ("--tier", "2", "--jurisdiction", "fr"), 1, "None applies: no policy", id="elsewhere"
        ),
        pytest.param(("--tier", "2"), 2, "give a use case, or all of tier", id="no place"),
        pytest.param(
            ("--use-case", "x"), 2, "a folder knows no use cases", id="use case of a folder"
        ),
        pytest.param(("--on", "soon"), 2, "soon is no day", id="no day"),
    ],
)
def test_which_policy_applies_is_explained_without_a_service(
    more: tuple[str, ...], exit_code: int, words_told: str
) -> None:
    command = ["policy", "explain", "--folder", str(folder("policies")), *FACTS, *more]

    result = runner.invoke(app, command, env={"COLUMNS": "200"})

    assert result.exit_code == exit_code, result.output
    assert words_told in words(result.output)


def test_an_explanation_for_programs_is_json() -> None:
    command = ["policy", "explain", "--folder", str(folder("policies")), *FACTS]

    result = runner.invoke(app, [*command, "--json", "--tier", "1", "--jurisdiction", "us"])

    assert json.loads(result.output)["policy"] == "us-credit-federal"


def test_a_name_without_a_version_is_refused() -> None:
    result = runner.invoke(app, ["policy", "publish", "us-credit-federal"])

    assert result.exit_code == 2
    assert "NAME@VERSION" in words(result.output)


def test_a_new_installation_prints_a_link_for_its_first_admin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_platform.server.serve", lambda _: None)
    command = ["serve", "--home", str(tmp_path / "home"), "--port", "8701"]

    first = runner.invoke(app, command)
    admin = ["init", "--admin", "ada", "--title", "Ada", "--home", str(tmp_path / "home")]
    runner.invoke(app, admin, env=PASSWORD)
    later = runner.invoke(app, command)

    assert re.search(r"http://127\.0\.0\.1:8701/first-run\?code=[\w-]{43}\n", first.output)
    assert "public key" in first.output
    assert "first-run" not in later.output
