"""The application in this process, with somebody in every role."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import SERVICE_ROLES, Role
from accredit_governance.operations import api_tokens, identity, sessions
from accredit_governance.operations.identity import create_first_admin, system_actor
from accredit_platform.app import create_app
from accredit_platform.auth.secrets import hash_password, new_token
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare

PEOPLE = tuple(role for role in Role if role not in {Role.ADMIN, Role.SYSTEM})
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = Settings(home=tmp_path_factory.mktemp("api") / "home", max_body_bytes=100_000)
    prepare(settings)
    opened = open_services(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tokens(services: Services) -> dict[Role, str]:
    """A bearer token for each role, held everywhere."""
    database = services.database
    create_first_admin(database, name="ada", title="Ada", password_hash=hash_password(PASSWORD))
    found = sessions.password_hash_of(database, "ada")
    assert found is not None
    admin = identity.actor_of_principal(database, found[0], request_id=None)
    assert admin is not None
    made = {Role.ADMIN: issued(services, admin)}
    for role in PEOPLE:
        person = identity.create_principal(
            database,
            admin,
            kind="service" if role in SERVICE_ROLES else "user",
            name=role.value,
            title=role.value,
        )
        identity.bind_role(database, admin, person.id, role=role, project_id=None)
        actor = identity.actor_of_principal(database, person.id, request_id=None)
        assert actor is not None
        made[role] = issued(services, actor)
    assert system_actor(database)
    return made


def issued(services: Services, actor: identity.Actor) -> str:
    return api_tokens.issue_own_token(
        services.database, actor, name="test", secret=new_token(), days=1
    ).token


@pytest.fixture(scope="session")
def client(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Nobody in particular; a failure inside comes back as an answer."""
    app = create_app(services)
    # Not as a context manager: the end of the application would close the services.
    opened = TestClient(app, base_url="https://accredit.test", raise_server_exceptions=False)
    yield opened
    opened.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
