"""What is fetched from a provider: kept, refetched with measure, bounded, and of its own hosts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from accredit_platform.oidc.configured import IdentityProvider
from accredit_platform.oidc.provider import Provider
from accredit_platform.oidc.signed import TokenUnfit, usable_keys
from accredit_platform.oidc.wire import MAX_REPLY_BYTES, BoundedTransport, ProviderUnavailable
from accredit_platform.settings import Settings
from tests.platform.oidc.conftest import Browser, configured
from tests.provider.realm import Realm


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def three(realms: tuple[Realm, ...]) -> Realm:
    """A realm whose keys change; the installation of the other tests does not know it."""
    realms[2].set(reset=True)
    return realms[2]


@pytest.fixture
def provider(three: Realm, watch: Watch) -> Iterator[Provider]:
    made = Provider(configured(three, "three"), monotonic=watch)
    yield made
    made.close()


def test_keys_are_fetched_once_and_again_when_they_rotate(
    provider: Provider, three: Realm, watch: Watch
) -> None:
    before = three.set()["key_requests"]
    provider.open(three.mint())
    provider.open(three.mint())
    once = three.set()["key_requests"] - before
    three.set(rotate=True)

    with pytest.raises(TokenUnfit) as caught:
        provider.open(three.mint())
    watch.now += 60
    provider.open(three.mint())

    assert caught.value.reason == "unknown_key", "they were fetched less than a minute ago"
    assert (once, three.set()["key_requests"] - before) == (1, 2)


def test_made_up_key_names_do_not_have_us_ask_all_day(
    provider: Provider, three: Realm, watch: Watch
) -> None:
    provider.open(three.mint())
    before = three.set()["key_requests"]

    for _ in range(10):
        watch.now += 10
        with pytest.raises(TokenUnfit):
            provider.open(three.mint(key="unknown"))

    assert three.set()["key_requests"] - before == 1


def test_a_key_that_was_withdrawn_counts_no_more_after_an_hour(
    provider: Provider, three: Realm, watch: Watch
) -> None:
    old = three.mint()
    provider.open(old)
    three.set(rotate=True)
    watch.now += 3600

    with pytest.raises(TokenUnfit):
        provider.open(old)


def test_while_a_provider_is_away_its_keys_are_good(
    provider: Provider, three: Realm, watch: Watch
) -> None:
    token = three.mint()
    provider.open(token)
    three.set(redirects_keys=True)
    watch.now += 3600

    provider.open(token)


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        pytest.param({"stated_issuer": "https://evil.test"}, "another issuer", id="another issuer"),
        pytest.param({"reply_bytes": MAX_REPLY_BYTES}, "is larger than", id="endless"),
        pytest.param({"redirects_keys": True}, "redirects", id="leads elsewhere"),
    ],
)
def test_an_odd_reply_is_not_used(
    provider: Provider, three: Realm, knobs: dict[str, Any], words: str
) -> None:
    three.set(**knobs)

    with pytest.raises(ProviderUnavailable, match=words):
        provider.open(three.mint())


class Slow(httpx2.SyncByteStream):
    """A reply that never ends."""

    def __init__(self, passing: list[float]) -> None:
        self._passing = passing

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._passing[0] += 0.5
            yield b" "


def test_a_slow_reply_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = [0.0]
    monkeypatch.setattr("accredit_platform.oidc.wire.time.monotonic", lambda: passing[0])
    inner = httpx2.MockTransport(lambda _request: httpx2.Response(200, stream=Slow(passing)))

    with pytest.raises(ProviderUnavailable, match="took more than 2 seconds"):
        BoundedTransport(frozenset({"id.test"}), inner).handle_request(
            httpx2.Request("GET", "https://id.test/keys")
        )


def test_a_reply_that_is_nested_too_deeply_is_not_used(
    provider: Provider, three: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.metadata()
    deep = httpx2.MockTransport(lambda _request: httpx2.Response(200, content=b"[" * 100_000))
    monkeypatch.setattr("accredit_platform.oidc.provider.BoundedTransport", lambda _hosts: deep)

    with pytest.raises(ProviderUnavailable, match="did not exchange"):
        provider.exchange(code="c", verifier="v" * 43, redirect_uri="https://accredit.test/")


@pytest.mark.parametrize("declared", [5, ["at+jwt"], {"at+jwt": 1}])
def test_a_type_that_is_no_text_is_not_taken(three: Realm, declared: object) -> None:
    assert not configured(three, "three").takes_type(declared)


@pytest.mark.parametrize("address", ["https://evil.test/keys", "http://id.test/keys"])
def test_no_other_host_is_asked(address: str) -> None:
    with pytest.raises(ProviderUnavailable, match="not its own"):
        BoundedTransport(frozenset({"id.test"})).handle_request(httpx2.Request("GET", address))


def test_a_provider_that_is_away_is_said_to_be_away_and_not_asked_again_at_once(
    watch: Watch,
) -> None:
    away = Provider(
        IdentityProvider(name="away", issuer="http://127.0.0.1:9", client_id="c"), monotonic=watch
    )

    with pytest.raises(ProviderUnavailable, match="does not answer"):
        away.metadata()
    with pytest.raises(ProviderUnavailable, match="a moment ago"):
        away.metadata()
    away.close()


def test_weak_and_shared_keys_are_left_out() -> None:
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "a"}
    weak = {"kty": "RSA", "e": "AQAB", "n": "sXch" * 30, "kid": "b"}
    odd = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "c"}

    assert usable_keys([shared, weak, odd, "text", {}, {"kty": "RSA"}]) == ()


def test_providers_are_offered_to_anybody(browser: Browser) -> None:
    listed = browser.client.get("/api/v1/identity-providers").json()["items"]
    page = browser.client.get("/sign-in").text

    assert [item["name"] for item in listed] == ["one", "two"]
    assert "Sign in with Bank one" in page


ISSUER = "https://id.test/realms/bank"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"issuer": "http://id.test"}, "must begin with https", id="no TLS"),
        pytest.param({"issuer": "id.test"}, "is no address", id="no address"),
        pytest.param({"issuer": ISSUER + "?a=b"}, "is no address", id="with a query"),
        pytest.param({"scopes": ["profile"]}, "must hold openid", id="no openid"),
        pytest.param({"audience": "c"}, "audience is the client_id", id="audience of ID tokens"),
        pytest.param({"client_secret_file": "/nowhere"}, "is no file", id="no secret file"),
        pytest.param({"access_token_types": []}, "names no type", id="no type"),
        pytest.param(
            {"group_roles": [{"group": "g", "role": "system"}]}, "service itself", id="system role"
        ),
        pytest.param({"group_roles": [{"group": "g", "role": "boss"}]}, "viewer", id="no role"),
        pytest.param({"realm": "x"}, "Extra inputs", id="unknown setting"),
    ],
)
def test_a_bad_setting_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        IdentityProvider(**{"name": "n", "issuer": ISSUER, "client_id": "c", **given})


def test_providers_are_read_from_one_file_with_their_secrets_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    file = tmp_path / "accredit.toml"
    file.write_text(
        f"""
public_url = "https://accredit.test"
password_sign_in = false
[[identity_providers]]
name = "keycloak"
issuer = "{ISSUER}"
client_id = "accredit"
client_secret_file = "{tmp_path}/secret"
[[identity_providers.group_roles]]
group = "/risk"
role = "validator"
project = "cards"
"""
    )
    monkeypatch.setenv("ACCREDIT_CONFIG", str(file))

    settings = Settings(home=tmp_path)

    assert settings.identity_providers[0].secret == "s3cret"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"public_url": "http://accredit.test"}, "public_url must", id="no TLS"),
        pytest.param({}, "public_url must", id="reached from elsewhere, without TLS"),
    ],
)
def test_codes_are_not_sent_where_others_can_read_them(more: dict[str, str], words: str) -> None:
    one = IdentityProvider(name="n", issuer=ISSUER, client_id="c")

    with pytest.raises(ValidationError, match=words):
        Settings(identity_providers=(one,), host="0.0.0.0", **more)  # type: ignore[arg-type]


def test_two_providers_differ_in_name_and_issuer_and_somebody_gets_in() -> None:
    one = IdentityProvider(name="n", issuer=ISSUER, client_id="c")

    with pytest.raises(ValidationError, match="the same issuer"):
        Settings(identity_providers=(one, one.model_copy(update={"name": "m"})))
    with pytest.raises(ValidationError, match="nobody gets in"):
        Settings(password_sign_in=False)
