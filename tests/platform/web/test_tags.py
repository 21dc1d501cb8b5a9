"""The tag that a reader is given is the one that their change is compared with."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accredit_governance.operations import api_tokens, identity
from accredit_governance.operations.calls import PreconditionFailed
from accredit_governance.operations.sessions import password_hash_of
from accredit_platform.api.etags import demand_of
from accredit_platform.api.manners import SAFE
from accredit_platform.app import create_app
from accredit_platform.auth.secrets import new_token
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.golden.snapshot import application_of
from tests.platform.api.conftest import bearer
from tests.platform.web.seed import Seeded


def test_every_resource_is_read_alike_within_a_change(home: Path, seeded: Seeded) -> None:
    services = open_services(Settings(home=home))
    application = application_of(services)
    found = password_hash_of(services.database, "violet")
    assert found is not None
    actor = identity.actor_of_principal(services.database, found[0], request_id=None)
    assert actor is not None
    token = api_tokens.issue_own_token(
        services.database, actor, name="test", secret=new_token(), days=1
    ).token
    compared = set()
    with TestClient(create_app(services), headers=bearer(token)) as client:
        for route in application.state.manners.readers():
            (name, *more) = [part for part in route.path.split("/") if part.startswith("{")] or [""]
            if not name or more or SAFE.isdisjoint(route.methods):
                continue
            for thing in seeded.ids.values():
                answer = client.get("/api/v1" + route.path.replace(name, str(thing)))
                if answer.status_code != 200:
                    continue
                demand = demand_of(
                    '"another"', route.endpoint, {name.strip("{}"): str(thing)}, services, actor
                )
                with services.database.writing() as session:
                    with pytest.raises(PreconditionFailed) as failed:
                        demand(session)
                    session.rollback()
                moving = "as_of" in answer.json()
                if not moving:
                    assert failed.value.facts["current_etag"] == answer.headers["etag"], route.path
                compared.add(route.path)
                break
    services.close()
    assert len(compared) > 15, compared
