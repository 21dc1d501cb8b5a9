"""The Python client against a real server: what it sends, reads, repeats and says."""

import asyncio
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accredit_platform.client import (
    AsyncClient,
    Changed,
    Client,
    Conflict,
    Invalid,
    NoCredentials,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotUnderstood,
    Record,
    Refused,
    Retries,
    Unreachable,
    etag,
)
from accredit_platform.client.table import ENDPOINTS
from accredit_platform.demo.stage import free_port
from tests.platform.client.conftest import Lossy, Office

AT_ONCE = Retries(attempts=5, base_s=0.01)


def named(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def project(office: Office) -> Any:
    return office.admin.projects.create(name=named("client"), title="Client")


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"fastapi", "starlette", "sqlalchemy", "pandas", "numpy", "rich", "typer", "uvicorn"}
    program = (
        "import sys, accredit_platform.client\n"
        f"print(sorted({heavy!r} & {{name.partition('.')[0] for name in sys.modules}}))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_an_answer_is_the_document_of_the_service(dan: Client, project: Any) -> None:
    read = dan.projects.get(project.id)

    assert read == project
    assert isinstance(read.id, uuid.UUID)
    assert read.created_at.tzinfo is not None
    assert type(read).__module__ == "accredit_governance.registry.records"


def test_a_list_is_read_page_by_page_as_far_as_it_is_needed(
    office: Office, project: Any, dan: Client
) -> None:
    made = [
        dan.datasets.create(project.id, name=named("page"), title=f"Page {n}") for n in range(5)
    ]

    listed = dan.datasets.list(project.id, page_size=2)

    assert [len(page.items) for page in listed.pages()] == [2, 2, 1]
    assert {item.id for item in listed} == {item.id for item in made}
    first = listed.page()
    assert listed.page(first.next_page_token).items[0] not in first.items
    frame = listed.to_frame()
    assert list(frame["name"]) == [item.name for item in listed]
    assert list(dan.use_cases.list(project.id).to_frame().columns)[:2] == ["id", "project_id"]


@pytest.mark.parametrize(
    ("method", "values", "error", "code"),
    [
        pytest.param("get_project", {"project_id": uuid.uuid4()}, NotFound, "not_found", id="404"),
        pytest.param(
            "create_project", {"name": "p", "title": "P"}, NotAllowed, "not_allowed", id="403"
        ),
        pytest.param("get_run", {"run_id": "../projects"}, Refused, "not_found", id="odd path"),
        pytest.param("list_runs", {"page_size": 0}, Invalid, "invalid_input", id="422"),
    ],
)
def test_a_refusal_is_an_error_of_its_own_kind(
    method: str, values: Record, error: type[Refused], code: str, dan: Client
) -> None:
    with pytest.raises(error) as caught:
        list(answer) if hasattr(answer := dan.call(method, values), "pages") else None

    assert caught.value.code == code
    assert caught.value.request_id
    assert str(caught.value).startswith(f"{caught.value.status} {code}: ")


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_an_identifier_never_leads_elsewhere(text: str, dan: Client) -> None:
    with pytest.raises(ValueError, match="run_id is"):
        dan.runs.get(text)


def test_a_refusal_names_the_field(office: Office) -> None:
    with pytest.raises(Invalid, match=r"\n  /name: ") as caught:
        office.admin.projects.create(name="Not A Name", title="x")

    assert [entry["pointer"] for entry in caught.value.errors] == ["/name"]


def test_without_valid_credentials_there_is_no_call(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCREDIT_TOKEN", raising=False)
    with pytest.raises(NoCredentials, match="token is needed"):
        Client(office.url)
    with pytest.raises(NoCredentials, match="characters"):
        Client(office.url, "two words")
    with Client(office.url, "acc_wrong") as wrong, pytest.raises(NotSignedIn):
        wrong.me.get()


def test_the_environment_says_which_service_and_as_whom(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", f"{office.url}/")
    monkeypatch.setenv("ACCREDIT_TOKEN", office.dan_token)

    with Client() as client:
        assert client.me.get().id == uuid.UUID(office.dan_id)
        assert office.dan_token not in f"{client!r} {client._http!r} {vars(client)!r}"


@pytest.mark.skipif("create_service_account" not in ENDPOINTS, reason="no client credentials yet")
def test_a_program_fetches_and_renews_its_tokens_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {
        "name": named("program"),
        "title": "Program",
        "purpose": "Test",
        "owner_id": office.dan_id,
    }
    account = office.admin.post("/service-accounts", body)["id"]
    secret = office.admin.post(f"/service-accounts/{account}/client-secrets")["token"]
    monkeypatch.delenv("ACCREDIT_TOKEN", raising=False)
    monkeypatch.setenv("ACCREDIT_CLIENT_ID", account)
    monkeypatch.setenv("ACCREDIT_CLIENT_SECRET", secret)

    with Client(office.url) as client:
        assert str(client.me.get().id) == account
        first = client._http.auth._token
        client._http.auth._until = 0.0
        assert str(client.me.get().id) == account
        second = client._http.auth._token
        client._http.auth._token = f"{second[:-1]}x"
        assert str(client.me.get().id) == account
        assert len({first, second, client._http.auth._token}) == 3
        assert secret not in f"{vars(client)!r} {vars(client._http.auth)!r}"
    with (
        Client(office.url, client_id=account, client_secret="wrong") as client,
        pytest.raises(NotSignedIn, match="invalid_client"),
    ):
        client.me.get()


def test_lost_answers_make_no_duplicates(office: Office, lossy: Lossy) -> None:
    before = lossy.lost
    with Client(lossy.url, office.admin._http.auth.token, retries=AT_ONCE) as client:
        made = []
        for turn in range(6):
            lossy.lose = turn % 3
            made.append(client.projects.create(name=named("lost"), title="Lost"))

        titles = [item.title for item in client.projects.list()]

    assert lossy.lost - before == 6
    assert titles.count("Lost") == len({item.id for item in made}) == 6


def test_a_file_whose_answer_is_lost_is_one_version(
    office: Office, lossy: Lossy, project: Any, dan: Client, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n" * 20_000)
    dataset = dan.datasets.create(project.id, name=named("lost"), title="Lost")

    async def upload() -> Any:
        async with AsyncClient(lossy.url, office.dan_token, retries=AT_ONCE) as client:
            lossy.lose = 1
            return await client.datasets.upload(dataset.id, file)

    with Client(lossy.url, office.dan_token, retries=AT_ONCE) as client:
        lossy.lose = 1
        first = client.datasets.upload(dataset.id, file)
    second = asyncio.run(upload())

    found = {version.id: version.upload_bytes for version in dan.dataset_versions.list(dataset.id)}
    assert found == dict.fromkeys((first.id, second.id), file.stat().st_size)


def test_it_gives_up_when_it_was_asked_often_enough() -> None:
    with (
        Client(
            f"http://127.0.0.1:{free_port(0)}", "acc", retries=Retries(2, base_s=0.01)
        ) as client,
        pytest.raises(Unreachable, match="asked 2 times"),
    ):
        client.me.get()


def test_a_key_of_ones_own_makes_a_crashed_program_repeatable(office: Office) -> None:
    key, name = uuid.uuid4().hex, named("key")
    keyed = office.admin.options(idempotency_key=key)

    first = keyed.projects.create(name=name, title="Key")

    assert keyed.projects.create(name=name, title="Key") == first
    with pytest.raises(Invalid) as caught:
        keyed.projects.create(name=name, title="Another")
    assert caught.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict):
        office.admin.projects.create(name=name, title="Key")


def test_the_tag_of_a_document_is_the_one_that_the_service_sends(dan: Client, project: Any) -> None:
    answer = dan._http.get(f"/projects/{project.id}")

    assert answer.headers["etag"] == etag(dan.projects.get(project.id))


def test_a_change_of_something_else_than_what_was_read_is_refused(
    office: Office, project: Any
) -> None:
    stale = office.admin.options(if_match='"another"')

    with pytest.raises(Changed) as caught:
        stale.principals.deactivate(office.dan_id)

    assert caught.value.code == "precondition_failed"


def test_another_kind_of_server_is_not_understood(office: Office) -> None:
    with (
        Client(f"{office.url}/static", office.dan_token) as client,
        pytest.raises((NotUnderstood, NotFound)),
    ):
        client.me.get()


@pytest.mark.parametrize("address", ["ftp://accredit.test", "accredit.test", "http://"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(Unreachable, match="no address"):
        Client(address, "acc_x")


def test_an_event_loop_gets_the_same(office: Office, project: Any, lossy: Lossy) -> None:
    async def walk() -> tuple[Any, list[str], pd.DataFrame]:
        async with AsyncClient(lossy.url, office.admin._http.auth.token, retries=AT_ONCE) as client:
            lossy.lose = 2
            made = await client.projects.create(name=named("loop"), title="Loop")
            names = [item.name async for item in client.projects.list(page_size=2)]
            with pytest.raises(NotAllowed):
                await client.runs.get(uuid.uuid4())
            return made, names, await client.projects.list().to_frame()

    made, names, frame = asyncio.run(walk())

    assert names.count(made.name) == 1
    assert list(frame["name"]) == names


def test_many_threads_share_one_client(office: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: office.admin.me.get().id, range(24)))

    assert len(set(answers)) == 1
