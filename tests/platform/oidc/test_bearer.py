"""Signed bearer tokens of providers: a service or a person acts by them, and nobody else."""

import uuid
from typing import Any

import pytest
from httpx2 import Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Role
from accredit_governance.operations import api_tokens, external_identities, identity
from accredit_governance.registry.records import PrincipalRecord
from accredit_platform.auth.secrets import new_token
from accredit_platform.oidc.configured import IdentityProvider
from accredit_platform.wiring import Services
from tests.platform.oidc.conftest import Browser, Trail
from tests.provider.realm import Realm

SUBJECT = "svc"


@pytest.fixture(scope="module")
def service(services: Services, admin: Actor, realms: tuple[Realm, ...]) -> PrincipalRecord:
    made = identity.create_principal(
        services.database, admin, kind="service", name="scorer", title="Scores loans"
    )
    identity.bind_role(services.database, admin, made.id, role=Role.VIEWER, project_id=None)
    external_identities.link_service(
        services.database, admin, made.id, issuer=realms[0].issuer, subject=SUBJECT
    )
    return made


def show(browser: Browser, token: str, path: str = "/me") -> Response:
    return browser.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})


def test_a_linked_service_acts_by_its_token(
    browser: Browser, one: Realm, service: PrincipalRecord
) -> None:
    me = show(browser, one.mint(SUBJECT)).json()

    assert (me["name"], me["scopes"]) == ("scorer", None)
    assert show(browser, one.mint(SUBJECT), "/projects").status_code == 200


def test_a_scope_that_names_permissions_narrows(
    browser: Browser, one: Realm, service: PrincipalRecord
) -> None:
    narrow = one.mint(SUBJECT, claims={"scope": "openid project:list"})
    lists = one.mint(SUBJECT, claims={"scp": ["project:list", "identity:manage"]})

    assert show(browser, narrow).json()["scopes"] == ["project:list"]
    assert show(browser, narrow, "/projects").status_code == 200
    assert show(browser, narrow, "/approval-requests").status_code == 403
    assert show(browser, lists, "/principals").status_code == 403, "a scope gives nothing"


@pytest.mark.parametrize("scope", ["project:lst", "openid Project:List", ["run:*"]])
def test_a_scope_that_names_unknown_permissions_alone_gives_nothing(
    browser: Browser, one: Realm, service: PrincipalRecord, scope: object
) -> None:
    token = one.mint(SUBJECT, claims={"scope": scope})

    assert show(browser, token, "/projects").status_code == 403


def test_a_scope_of_the_provider_s_own_does_not_narrow(
    browser: Browser, one: Realm, service: PrincipalRecord
) -> None:
    own = one.mint(SUBJECT, claims={"scope": "openid urn:bank:iam:user api://bank/read"})
    odd = one.mint(SUBJECT, claims={"scope": 5})

    assert show(browser, own).json()["scopes"] is None
    assert show(browser, odd).status_code == 401


def test_a_subject_that_nobody_linked_is_nobody(browser: Browser, one: Realm, two: Realm) -> None:
    assert show(browser, one.mint("stranger")).status_code == 401
    assert show(browser, two.mint(SUBJECT)).status_code == 401, "the other provider's subject"


BAD = [
    pytest.param({"claims": {"exp": 1}}, "expired", "has expired", id="expired"),
    pytest.param(
        {"claims": {"nbf": 9_999_999_999}}, "not_yet_valid", "not valid yet", id="not yet valid"
    ),
    pytest.param(
        {"claims": {"iat": 9_999_999_999}}, "not_yet_valid", "not valid yet", id="of the future"
    ),
    pytest.param({"claims": {"exp": None}}, "malformed", "no usable exp", id="without end"),
    pytest.param(
        {"claims": {"exp": float(2**60)}}, "malformed", "no usable exp", id="end beyond all clocks"
    ),
    pytest.param(
        {"claims": {"aud": "https://other.test"}},
        "wrong_audience",
        "somebody else",
        id="wrong audience",
    ),
    pytest.param({"claims": {"aud": None}}, "wrong_audience", "somebody else", id="no audience"),
    pytest.param(
        {"claims": {"iss": "https://evil.test"}}, "wrong_issuer", "this issuer", id="wrong issuer"
    ),
    pytest.param({"claims": {"iss": None}}, "wrong_issuer", "no issuer", id="no issuer"),
    pytest.param({"claims": {"sub": None}}, "unknown_subject", "nobody here", id="no subject"),
    pytest.param(
        {"claims": {"client_id": None}}, "not_an_access_token", "which client", id="no client"
    ),
    pytest.param({"alg": "none"}, "algorithm_refused", "signed by 'none'", id="alg none"),
    pytest.param(
        {"alg": "HS256", "key": "public"},
        "algorithm_refused",
        "signed by 'HS256'",
        id="key confusion",
    ),
    pytest.param(
        {"key": "foreign"}, "bad_signature", "does not fit", id="foreign key under our kid"
    ),
    pytest.param({"key": "unknown"}, "unknown_key", "no key of the provider", id="unknown key"),
    pytest.param(
        {"key": "embedded"}, "unknown_key", "no key of the provider", id="key brought along"
    ),
    pytest.param(
        {"typ": "JWT"}, "not_an_access_token", "no access token", id="ID token by its type"
    ),
    pytest.param(
        {"claims": {"nonce": "n"}},
        "not_an_access_token",
        "no access token",
        id="ID token by its claims",
    ),
    pytest.param(
        {"typ": "logout+jwt"}, "not_an_access_token", "no access token", id="logout token"
    ),
]


@pytest.mark.parametrize(("odd", "reason", "words"), BAD)
def test_a_bad_token_is_worth_nothing_and_says_why(
    browser: Browser,
    one: Realm,
    service: PrincipalRecord,
    trail: Trail,
    unbounded: None,
    odd: dict[str, Any],
    reason: str,
    words: str,
) -> None:
    answer = show(browser, one.mint(SUBJECT, **odd))

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert words in answer.json()["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    (event,) = trail.of("token.refused")
    provider = None if reason == "wrong_issuer" else "one"
    assert (event["fact"]["code"], event["fact"]["provider"]) == (reason, provider)
    assert SUBJECT not in str(event["fact"].values())


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "e30.e30.",
        "\xe9.\xe9.\xe9",
        "." * 2 + "x" * 20_000,
        "e30.W10.x",
        "bnVsbA.e30.x",
    ],
)
def test_what_is_no_token_is_refused_calmly(browser: Browser, token: str) -> None:
    head = {"Authorization": f"Bearer {token}".encode("latin-1")}

    assert browser.client.get("/api/v1/me", headers=head).status_code == 401


@pytest.mark.parametrize(
    ("shift_s", "status"), [(-25 - 600, 200), (-35 - 600, 401), (25, 200), (35, 401)]
)
def test_clocks_may_differ_by_thirty_seconds(
    browser: Browser, one: Realm, service: PrincipalRecord, shift_s: int, status: int
) -> None:
    one.set(shift_s=shift_s)

    assert show(browser, one.mint(SUBJECT)).status_code == status


def test_an_id_token_is_no_access_token(browser: Browser, one: Realm) -> None:
    one.set(user={"sub": uuid.uuid4().hex, "preferred_username": "idt"})
    browser.sign_in()

    answer = show(browser, one.set()["last_id_token"])

    assert answer.status_code == 401
    assert "an ID token is none" in answer.json()["detail"]


def test_a_deactivated_services_token_dies_at_once(
    browser: Browser, one: Realm, services: Services, admin: Actor
) -> None:
    made = identity.create_principal(
        services.database, admin, kind="service", name="brief", title="Brief"
    )
    external_identities.link_service(
        services.database, admin, made.id, issuer=one.issuer, subject="brief"
    )
    token = one.mint("brief")
    before = show(browser, token).status_code
    identity.deactivate_principal(services.database, admin, made.id)

    assert (before, show(browser, token).status_code) == (200, 401)


def test_only_services_are_linked_by_an_admin_and_only_once(
    browser: Browser,
    one: Realm,
    services: Services,
    admin: Actor,
    service: PrincipalRecord,
    trail: Trail,
) -> None:
    token = api_tokens.issue_own_token(
        services.database, admin, name="t", secret=new_token(), days=1
    ).token
    head = {"Authorization": f"Bearer {token}"}
    person = identity.create_principal(
        services.database, admin, kind="user", name="pat", title="Pat"
    )

    def link(principal: uuid.UUID, subject: str, provider: str = "one") -> Response:
        path = f"/api/v1/principals/{principal}/external-identities"
        body = {"provider": provider, "subject": subject}
        return browser.client.post(path, json=body, headers=head)

    made = link(service.id, "second")
    listed = browser.client.get(
        f"/api/v1/principals/{service.id}/external-identities", headers=head
    ).json()["items"]

    assert made.status_code == 201
    assert [item["subject"] for item in listed] == [SUBJECT, "second"]
    assert link(person.id, "third").status_code == 403, "an admin could sign as this person"
    assert link(service.id, "second").status_code == 409
    assert link(service.id, "fourth", "none").status_code == 404
    assert link(uuid.uuid4(), "fifth").status_code == 404
    path = f"/api/v1/external-identities/{made.json()['id']}/removals"
    assert browser.client.post(path, headers=head).status_code == 204
    assert browser.client.post(path, headers=head).status_code == 404
    assert show(browser, one.mint("second")).status_code == 401
    assert "second" not in str(trail.of("external_identity.linked"))
    assert len(trail.of("external_identity.removed")) == 1


def test_providers_that_type_their_access_tokens_jwt_can_be_allowed_to(realms: Any) -> None:
    entra = IdentityProvider(
        name="entra",
        issuer=realms[0].issuer,
        client_id="a",
        access_token_types=("at+jwt", "JWT"),
    )

    assert all(entra.takes_type(kind) for kind in ("application/at+jwt", "AT+JWT", "jwt", None))
    assert not entra.takes_type("logout+jwt")
