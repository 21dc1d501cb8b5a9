"""The commands that talk to a service: what they do, print, keep and exit with."""

import json
import stat
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from accredit_platform.cli import profiles
from accredit_platform.cli.main import app
from accredit_platform.client import Client, NotSignedIn
from accredit_platform.client.table import ENDPOINTS
from accredit_platform.demo.stage import free_port
from tests.platform.client.conftest import PASSWORD, Office
from tests.platform.client.test_client import named

TERMS = """\
title: Consumer credit decisions
purpose: Recommend accepting or declining an application.
prohibited_uses: [Pricing]
domain: consumer_credit
jurisdictions: [us]
task: binary
target: approve
favourable: 1
sensitive_features: [{column: race, origin: self_reported}]
"""

runner = CliRunner()


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person who has not signed in yet."""
    for name in ("ACCREDIT_TOKEN", "ACCREDIT_SERVER", "ACCREDIT_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def as_dan(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", office.url)
    monkeypatch.setenv("ACCREDIT_TOKEN", office.dan_token)


def call(*words: str, status: int = 0, typed: str | None = None) -> Result:
    done = runner.invoke(app, list(words), input=typed)
    assert done.exit_code == status, f"{done.output}\n{done.stderr}\n{done.exception!r}"
    return done


def test_who_signs_in_stays_so_until_they_sign_out(office: Office) -> None:
    call("login", "--server", office.url, "--name", "dan", typed=f"{PASSWORD}\n")
    kept = profiles.file()

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert PASSWORD not in kept.read_text()
    assert json.loads(call("whoami", "--json").stdout)["name"] == "dan"
    assert json.loads(call("tasks", "--json").stdout) == []
    assert "acc_" not in repr(profiles.read("default"))
    assert "Signed out" in call("logout").stdout
    assert "run accredit login" in call("whoami", status=2).stderr


def test_a_wrong_password_keeps_nothing(office: Office) -> None:
    done = call("login", "--server", office.url, "--name", "dan", typed="wrong\n", status=1)

    assert "password" in done.stderr
    assert not profiles.file().exists()


def test_a_token_goes_to_its_own_service_only() -> None:
    profiles.keep("default", profiles.Profile("http://one.test", "acc_x", "1", "dan", "never"))

    assert "token is needed" in call("whoami", "--server", "http://two.test", status=2).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
def test_a_file_of_tokens_that_others_may_read_is_not_used() -> None:
    profiles.keep("default", profiles.Profile("http://one.test", "acc_x", "1", "dan", "never"))
    profiles.file().chmod(0o644)

    assert "chmod 600" in call("whoami", status=2).stderr


def test_a_service_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCREDIT_TOKEN", "acc_x")
    url = f"http://127.0.0.1:{free_port(0)}"

    assert url in call("whoami", "--server", url, status=2).stderr


def test_the_first_steps_of_the_main_path(office: Office, as_dan: None, tmp_path: Path) -> None:
    project = named("cli")
    (tmp_path / "terms.yaml").write_text(TERMS)
    (tmp_path / "rows.csv").write_text("race,approve\nwhite,1\nblack,0\n")
    office.admin.projects.create(name=project, title="By command")

    owner = office.admin.principals.create(kind="user", name=project, title="O", password=PASSWORD)
    office.admin.role_bindings.create(owner.id, role="owner")
    made = call(
        "dataset", "create", "rows", "--title", "Rows", "--project", project, "--json"
    ).stdout
    dataset = json.loads(made)["id"]
    upload = ("dataset", "upload", "rows", str(tmp_path / "rows.csv"), "--project", project)
    version = json.loads(call(*upload, "--no-wait", "--json").stdout)
    refused = call(
        "use-case",
        "create",
        "decisions",
        "--project",
        project,
        "--terms",
        str(tmp_path / "terms.yaml"),
        status=1,
    )

    assert version["dataset_id"] == dataset
    assert version["state"] == "received"
    assert "rows.csv" in call("dataset", "versions", dataset).stdout
    assert "Not allowed" in refused.stderr
    assert project in call("project", "list").stdout
    assert project in call("project", "show", project).stdout
    shown = json.loads(call("operation", "show", version["job_id"], "--json").stdout)
    assert (shown["kind"], shown["state"]) == ("ingest", "queued")
    cancelled = call("operation", "cancel", version["job_id"], "--json", status=0).stdout
    assert json.loads(cancelled)["cancel_requested"] is True


def test_a_name_that_means_nothing_is_named(as_dan: None) -> None:
    assert "no project that you may see" in call("project", "show", "nowhere", status=2).stderr


def test_a_refusal_names_its_fields(as_dan: None) -> None:
    done = call("api", "list_runs", "use_case_id=x", status=1)

    assert "/use_case_id: " in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["list_run"], "list_runs", id="misspelt"),
        pytest.param(["get_run"], "needs run_id", id="missing"),
        pytest.param(["get_run", "id=1"], "takes run_id", id="unknown"),
        pytest.param(["list_runs", "page_size=few"], "no integer", id="kind"),
    ],
)
def test_a_call_that_cannot_be_is_told_so(words: list[str], told: str, as_dan: None) -> None:
    assert told in call("api", *words, status=2).stderr


def test_every_operation_can_be_called_by_name(office: Office, as_dan: None) -> None:
    listed = call("api").stdout
    described = call("api", "create_run", "--describe").stdout
    projects = json.loads(call("api", "list_projects", "--limit", "1").stdout)
    key = call("api", "get_audit_key").stdout

    assert all(name in listed for name in ENDPOINTS)
    assert "use_case_id" in described
    assert len(projects) == 1
    assert key.startswith("accredit")


def test_every_operation_of_the_client_is_a_method(office: Office) -> None:
    with Client(office.url, office.dan_token) as client:
        for endpoint in ENDPOINTS.values():
            group, _, method = endpoint.call.partition(".")
            assert callable(getattr(getattr(client, group), method)), endpoint.call


def test_a_token_is_made_for_name_and_password(office: Office) -> None:
    words = ("token", "create", "nightly", "--server", office.url, "--name", "dan")

    made = call(*words, typed=f"{PASSWORD}\n")

    with Client(office.url, made.stdout.strip()) as client:
        assert client.me.get().name == "dan"


@pytest.mark.skipif("list_my_tokens" not in ENDPOINTS, reason="nobody lists tokens yet")
def test_a_token_is_listed_rotated_and_ended(office: Office, as_dan: None) -> None:
    words = ("token", "create", "daily", "--server", office.url, "--name", "dan", "--json")
    made = json.loads(call(*words, typed=f"{PASSWORD}\n").stdout)

    listed = json.loads(call("token", "list", "--json").stdout)
    with Client(office.url, made["token"]) as client:
        successor = client.post(f"/tokens/{made['id']}/rotations", {"overlap_hours": 0})
    call("token", "revoke", successor["id"])

    assert made["id"] in {entry["id"] for entry in listed}
    assert made["token"] not in json.dumps(listed)
    with Client(office.url, successor["token"]) as client, pytest.raises(NotSignedIn):
        client.me.get()


def test_the_shell_completes_commands() -> None:
    names = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined] # a group

    assert {"login", "run", "version", "approval", "predict", "api"} <= names
