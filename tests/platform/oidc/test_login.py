"""People sign in by identity providers; whoever is not vouched for stays outside."""

import uuid

import pytest

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Role
from accredit_governance.errors import NotAllowed
from accredit_governance.operations import identity
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.provider_sign_ins import sign_in_vouched
from accredit_governance.operations.provisioning import provision_user
from accredit_governance.registry.directory_records import UserTerms
from accredit_governance.registry.provider_records import Vouched
from accredit_platform.wiring import Services
from tests.platform.oidc.conftest import Browser, Trail, one_subject, person
from tests.provider.realm import Realm


def somebody(realm: Realm, **more: object) -> str:
    """A subject that nobody knows yet, signed in at the provider."""
    subject = uuid.uuid4().hex
    realm.set(user={"sub": subject, "preferred_username": f"p-{subject[:12]}", **more})
    return f"p-{subject[:12]}"


def test_a_person_signs_in_and_gets_an_account_at_once(
    browser: Browser, one: Realm, trail: Trail
) -> None:
    one.set(user={"sub": "a-1", "preferred_username": "Zoë.Ünal@bank.test", "groups": ["audit"]})

    answer = browser.sign_in(back="/models")

    assert (answer.status_code, answer.headers["location"]) == (303, "/models")
    assert browser.me() == "zoe.unal"
    (event,) = trail.of("provider_sign_in.accepted")
    assert event["fact"]["is_new"]
    assert "zoe" not in str(trail.of("principal.created") + trail.of("session.started"))
    assert browser.client.cookies.get("__Host-accredit_provider") is None, "used up"


def test_whoever_comes_again_is_the_same_person(browser: Browser, one: Realm, trail: Trail) -> None:
    name = somebody(one)
    browser.sign_in()

    browser.sign_in()

    assert browser.me() == name
    assert [e["fact"]["is_new"] for e in trail.of("provider_sign_in.accepted")] == [True, False]


def test_the_same_subject_of_two_providers_is_two_people(
    browser: Browser, one: Realm, two: Realm
) -> None:
    one.set(user={"sub": "42", "preferred_username": "kim", "email": "kim@bank.test"})
    two.set(user={"sub": "42", "preferred_username": "kim", "email": "kim@bank.test"})
    browser.sign_in("one")
    first = browser.me()

    browser.sign_in("two")

    assert (first, browser.me()) == ("kim", "kim-2"), "neither name nor e-mail links anybody"


def test_whom_the_directory_made_is_found_by_its_identifier_and_by_nothing_else(
    services: Services, admin: Actor, trail: Trail
) -> None:
    database, system = services.database, system_actor(services.database)
    directory = identity.create_principal(
        database, admin, kind="service", name="directory", title="Directory"
    )
    identity.bind_role(database, admin, directory.id, role=Role.PROVISIONER, project_id=None)
    made = provision_user(
        database,
        person(services, "directory"),
        terms=UserTerms(user_name="Lee@bank.test", external_id="oid-7"),
    )
    vouched = Vouched(provider="one", issuer="https://id.test", subject="oid-7")
    other = vouched.model_copy(update={"subject": "oid-8", "preferred_name": "Lee@bank.test"})

    stranger = sign_in_vouched(database, system, other)
    lee = sign_in_vouched(database, system, vouched.model_copy(update={"directory_id": "oid-7"}))

    assert (lee == made.id, stranger == made.id) == (True, False)
    with pytest.raises(NotAllowed, match="another subject"):
        sign_in_vouched(
            database,
            system,
            vouched.model_copy(update={"subject": "oid-9", "directory_name": "lee@bank.test"}),
        )


def test_a_local_account_is_not_taken_over_by_its_name(
    browser: Browser, one: Realm, services: Services, admin: Actor
) -> None:
    one.set(user={"sub": "evil", "preferred_username": "ada"})

    browser.sign_in()

    assert browser.me() == "ada-2"
    assert person(services, "ada-2").bindings == ()


def test_groups_give_roles_that_follow_them_at_each_sign_in(
    browser: Browser, one: Realm, services: Services, admin: Actor, trail: Trail
) -> None:
    name = somebody(one, groups=["risk", "ghosts", "unheard of"])
    browser.sign_in()
    before = {(b.role, b.project_id is None) for b in person(services, name).bindings}
    identity.bind_role(
        services.database, admin, person(services, name).id, role=Role.VIEWER, project_id=None
    )
    one.set(user={"sub": one_subject(services, name), "groups": ["audit"]})

    browser.sign_in()

    assert before == {(Role.VALIDATOR, False), (Role.POLICY_AUTHOR, True)}
    assert {b.role for b in person(services, name).bindings} == {Role.VIEWER, Role.AUDITOR}
    assert len(trail.of("role.bound")) == 4
    assert {e["fact"]["role"] for e in trail.of("role.taken")} == {"validator", "policy_author"}


def test_a_user_in_no_group_gets_in_and_is_told(browser: Browser, one: Realm) -> None:
    somebody(one, groups=[])

    browser.sign_in()

    page = browser.client.get("/").text
    assert "you have no role here yet" in page
    assert browser.client.get("/models").status_code == 403


@pytest.mark.parametrize("groups", [5, True, {"audit": 1}])
def test_groups_that_are_no_list_are_refused_and_give_nothing(
    browser: Browser, one: Realm, trail: Trail, groups: object
) -> None:
    one.set(user={"sub": "odd", "preferred_username": "odd", "groups": groups})

    answer = browser.sign_in()

    assert answer.status_code == 403
    assert "no list of groups" in answer.text
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["malformed"]


def test_a_user_whose_groups_were_left_out_loses_no_role_but_stays_outside(
    browser: Browser, one: Realm, services: Services, trail: Trail
) -> None:
    name = somebody(one, groups=["audit"])
    browser.sign_in()
    subject = one_subject(services, name)
    one.set(user={"sub": subject, "_claim_names": {"groups": "src1"}})

    answer = browser.sign_in()

    assert answer.status_code == 403
    assert "because there are too many" in answer.text
    assert {b.role for b in person(services, name).bindings} == {Role.AUDITOR}
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == [
        "groups_left_out"
    ]


def test_a_deactivated_user_is_refused(
    browser: Browser, one: Realm, services: Services, admin: Actor, trail: Trail
) -> None:
    name = somebody(one)
    browser.sign_in()
    identity.deactivate_principal(services.database, admin, person(services, name).id)

    again = browser.sign_in()

    assert again.status_code == 403
    assert "his account is not active" in again.text
    assert browser.me() is None, "the session that was open is worth nothing either"
    assert [e["fact"]["code"] for e in trail.of("operation.refused")] == ["not_allowed"]


SPOILT = [
    pytest.param({"iss": "https://evil.test"}, "wrong_issuer", id="wrong issuer"),
    pytest.param({"aud": "another"}, "wrong_audience", id="wrong audience"),
    pytest.param({"aud": ["accredit", "b"]}, "wrong_audience", id="several, without azp"),
    pytest.param({"azp": "another"}, "wrong_audience", id="for another client"),
    pytest.param({"nonce": "n"}, "wrong_nonce", id="wrong nonce"),
    pytest.param({"nonce": None}, "wrong_nonce", id="no nonce"),
    pytest.param({"exp": 1}, "expired", id="expired"),
    pytest.param({"exp": None}, "malformed", id="no expiry"),
    pytest.param({"exp": "never"}, "malformed", id="expiry no number"),
    pytest.param({"nbf": 9_999_999_999}, "not_yet_valid", id="not yet valid"),
    pytest.param({"iat": 9_999_999_999}, "not_yet_valid", id="of the future"),
    pytest.param({"at_hash": "x"}, "wrong_access_token", id="another access token"),
    pytest.param({"sub": ""}, "malformed", id="nobody"),
    pytest.param({"auth_time": 1e300}, "malformed", id="authenticated never"),
    pytest.param({"auth_time": 9_999_999_999}, "not_yet_valid", id="authenticated tomorrow"),
]


@pytest.mark.parametrize(("claims", "reason"), SPOILT)
def test_a_bad_id_token_lets_nobody_in(
    browser: Browser,
    one: Realm,
    trail: Trail,
    claims: dict[str, object],
    reason: str,
    unbounded: None,
) -> None:
    name = somebody(one)
    one.set(id_claims=claims)

    answer = browser.sign_in()

    assert answer.status_code == 403, answer.text
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == [reason]
    assert name not in str(trail.of("principal.created"))
    assert browser.me() is None


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        pytest.param({"acr": "gold", "amr": ["pwd", "otp"]}, 303, id="strong"),
        pytest.param({"acr": "silver", "amr": ["pwd", "otp"]}, 403, id="another class"),
        pytest.param({"acr": "gold", "amr": ["pwd"]}, 403, id="one factor"),
        pytest.param({"amr": ["otp"]}, 403, id="class not told"),
        pytest.param({"acr": "gold"}, 403, id="methods not told"),
        pytest.param({"acr": ["gold"], "amr": "otp"}, 403, id="wrong types"),
    ],
)
def test_people_authenticate_as_strongly_as_is_demanded(
    browser: Browser,
    one: Realm,
    services: Services,
    trail: Trail,
    unbounded: None,
    monkeypatch: pytest.MonkeyPatch,
    claims: dict[str, object],
    status: int,
) -> None:
    found = services.providers.named("one")
    demands = {"acr_values": ("gold", "platinum"), "amr_values": ("otp", "hwk")}
    monkeypatch.setattr(found, "configured", found.configured.model_copy(update=demands))
    name = somebody(one)
    one.set(id_claims=claims)

    url = browser.leave()
    answer = browser.client.get(browser.visit(url))

    assert "acr_values=gold+platinum" in url
    assert answer.status_code == status, answer.text
    assert browser.me() == (name if status == 303 else None)
    refused = [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")]
    assert refused == ([] if status == 303 else ["weak_authentication"])


@pytest.mark.parametrize(
    ("shift_s", "status"),
    [
        pytest.param(-25 - 300, 303, id="our clock is a little ahead"),
        pytest.param(-35 - 300, 403, id="our clock is too far ahead"),
        pytest.param(25, 303, id="theirs is a little ahead"),
        pytest.param(35, 403, id="theirs is too far ahead"),
    ],
)
def test_clocks_may_differ_by_thirty_seconds(
    browser: Browser, one: Realm, shift_s: int, status: int, unbounded: None
) -> None:
    somebody(one)
    one.set(shift_s=shift_s)

    assert browser.sign_in().status_code == status


def test_a_state_counts_once(browser: Browser, one: Realm, trail: Trail, unbounded: None) -> None:
    somebody(one)
    one.set(reuses_codes=True)
    url = browser.leave()
    back = browser.visit(url)
    cookie = browser.client.cookies["__Host-accredit_provider"]
    first = browser.client.get(back)
    browser.client.cookies.clear()
    browser.client.cookies.set("__Host-accredit_provider", cookie)

    again = browser.client.get(back)

    assert (first.status_code, again.status_code) == (303, 403)
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["unknown_state"]


def test_an_answer_counts_in_the_browser_that_asked(
    browser: Browser, one: Realm, unbounded: None
) -> None:
    """Login CSRF: an attacker's answer would sign the victim in as the attacker."""
    somebody(one)
    attackers = browser.visit(browser.leave())
    browser.client.cookies.clear()
    browser.leave()

    assert browser.client.get(attackers).status_code == 403


def test_a_code_counts_once(browser: Browser, one: Realm, trail: Trail, unbounded: None) -> None:
    somebody(one)
    used = browser.visit(browser.leave())
    assert browser.client.get(used).status_code == 303
    fresh = browser.visit(browser.leave())
    state = fresh.partition("state=")[2]

    answer = browser.client.get(used.partition("state=")[0] + "state=" + state)

    assert answer.status_code == 403
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["code_refused"]


def test_an_id_token_counts_once(browser: Browser, one: Realm, unbounded: None) -> None:
    somebody(one)
    browser.sign_in()
    one.set(id_token=one.set()["last_id_token"])

    assert browser.sign_in().status_code == 403


@pytest.mark.parametrize("stated", ["the other one's", "nobody's"])
def test_an_answer_of_another_provider_is_a_mix_up(
    browser: Browser, one: Realm, two: Realm, trail: Trail, stated: str, unbounded: None
) -> None:
    somebody(one)
    back = browser.visit(browser.leave())
    own = f"&iss={one.issuer}"
    assert own in back

    replaced = "" if stated == "nobody's" else f"&iss={two.issuer}"
    answer = browser.client.get(back.replace(own, replaced))

    assert answer.status_code == 403
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["wrong_issuer"]


def test_an_answer_to_one_provider_does_not_serve_for_another(
    browser: Browser, one: Realm, two: Realm, unbounded: None
) -> None:
    somebody(one)
    back = browser.visit(browser.leave()).replace("providers/one", "providers/two")

    assert browser.client.get(back).status_code == 403


def test_a_refusal_of_the_provider_is_shown_without_its_words(
    browser: Browser, one: Realm, unbounded: None
) -> None:
    state = browser.leave().partition("state=")[2].partition("&")[0]
    address = f"/sign-in/providers/one/callback?state={state}&iss={one.issuer}"

    answer = browser.client.get(
        f"{address}&error=access_denied&error_description=Call+0900+for+help"
    )

    assert answer.status_code == 403
    assert "access_denied" in answer.text
    assert "0900" not in answer.text


def test_a_form_from_elsewhere_sends_nobody_to_a_provider(browser: Browser, one: Realm) -> None:
    answer = browser.client.post(
        "/sign-in/providers/one", data={"next": "/"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert browser.client.post("/sign-in/providers/three").status_code == 404


def test_nobody_is_led_away_after_signing_in(browser: Browser, one: Realm) -> None:
    somebody(one)

    assert browser.sign_in(back="https://evil.test/").headers["location"] == "/"


def test_refusals_cannot_flood_the_trail(browser: Browser, one: Realm, trail: Trail) -> None:
    address = "/sign-in/providers/one/callback?state=x&code=y"
    for _ in range(25):
        assert browser.client.get(address).status_code == 403

    assert len(trail.of("provider_sign_in.refused")) <= 20
