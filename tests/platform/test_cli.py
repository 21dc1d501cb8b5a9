"""The command line: exit codes and words."""

import json
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
