"""The governed part of the walk on PostgreSQL: records, jobs and worker."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from accredit_engine import load_bundle
from accredit_platform.demo.data import as_rows
from tests.conftest import PostgresServer
from tests.journeys.company import Company, applications, bundle_folder, exported, found, verified
from tests.journeys.conftest import approve, deploy, found_use_case, train

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def company(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    url = postgres_server.create()
    address = url.render_as_string(hide_password=False)
    home = tmp_path_factory.mktemp("postgres") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCREDIT_DATABASE_URL", address)
        opened = found(home, ACCREDIT_DATABASE_URL=address)
    yield opened
    opened.close()
    postgres_server.drop(url)


def test_the_walk_is_the_same_on_postgresql(company: Company, tmp_path: Path) -> None:
    # The model is a small one: what it is worth does not depend on the database.
    small = partial(train, families=["linear"], max_trials=1)
    for step in (found_use_case, small, approve, deploy):
        step(company)
    columns = [c["name"] for c in company.things["record"]["contract"]["columns"]]
    fresh = applications(40, seed=6)
    path = f"/deployments/{company.things['deployment']['id']}/predictions"

    told = company.desk.post(path, {"rows": as_rows(fresh, columns)})["predictions"]

    model = load_bundle(bundle_folder(company))
    assert [t["score"] for t in told] == model.favourable_probability(fresh).tolist()
    assert company.things["version"]["state"] == "approved"
    assert [e["seq"] for e in company.events()] == list(range(len(company.events())))
    assert verified(exported(company, tmp_path)).returncode == 0
    assert not list(company.server.home.glob("*.sqlite")), "nothing beside PostgreSQL"


def test_text_that_no_database_keeps_is_refused(company: Company) -> None:
    answer = company.admin._http.post("/projects", json={"name": "x", "title": "a\0b"})

    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]
    assert "x" not in {project["name"] for project in company.admin.get("/projects")["items"]}
