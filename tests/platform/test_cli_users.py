"""The commands of `accredit user`, before a real server."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
import uvicorn
from click.testing import Result
from typer.testing import CliRunner

from accredit_governance.operations import api_tokens, identity, sessions
from accredit_platform.app import create_app
from accredit_platform.auth.secrets import new_token
from accredit_platform.cli.main import app
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command as the admin of a new installation."""
    settings = Settings(home=tmp_path_factory.mktemp("users") / "home")
    prepare(settings)
    services = open_services(settings)
    identity.create_first_admin(services.database, name="ada", title="Ada", password_hash="h")
    found = sessions.password_hash_of(services.database, "ada")
    assert found is not None
    admin = identity.actor_of_principal(services.database, found[0], request_id=None)
    assert admin is not None
    token = new_token()
    api_tokens.issue_own_token(services.database, admin, name="cli", secret=token, days=1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(services), log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {"ACCREDIT_SERVER": address, "ACCREDIT_TOKEN": token}

        def as_admin(*words: str) -> Result:
            return CliRunner().invoke(app, ["user", *words], env=environment)

        yield as_admin
        server.should_exit = True
        thread.join(timeout=30)


def link_in(result: Result) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/welcome\?code=[\w-]{43}", result.output)
    assert found, result.output
    return found[0]


def test_a_person_comes_forgets_and_goes(run: Run) -> None:
    added = run(
        *("add", "vera", "--title", "Vera Voss", "--email", "vera@example.org"),
        *("--role", "validator", "--role", "auditor"),
    )
    listed = run("list")
    reset = run("reset-password", "vera")
    first, second = (httpx2.get(link_in(result)) for result in (added, reset))
    closed = run("deactivate", "vera")

    assert [r.exit_code for r in (added, listed, reset, closed)] == [0] * 4, added.output
    assert re.search(r"vera.*Vera Voss.*vera@example.org.*active", listed.output)
    assert (first.status_code, second.status_code) == (410, 200), "the younger link counts"
    assert re.search(r"vera.*closed", run("list").output)
    assert httpx2.get(link_in(reset)).status_code == 410


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("add", "ada", "--title", "Ada"), "name is taken", id="taken"),
        pytest.param(("add", "Eve", "--title", "Eve"), "not usable", id="no name"),
        pytest.param(
            ("add", "eve", "--title", "Eve", "--project", "none"), "no project none", id="project"
        ),
        pytest.param(("deactivate", "nobody"), "no person nobody", id="nobody"),
        pytest.param(("deactivate", "ada"), "their own account", id="oneself"),
        pytest.param(("reset-password", "system"), "no person", id="the system"),
    ],
)
def test_what_cannot_be_is_said_in_words(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)

    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert "eve" not in run("list").output
