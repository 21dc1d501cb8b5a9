"""One's own tokens on a page: made with the password, shown once, ended at once."""

import re

from starlette.testclient import TestClient

from tests.platform.web.conftest import sign_in
from tests.platform.web.seed import PASSWORD


def test_a_token_is_made_shown_once_and_ended(anonymous: TestClient) -> None:
    visitor = sign_in(anonymous, "violet")
    fields = {"name": "laptop", "days": "7", "scopes": "project:list"}

    forgotten = visitor.send("/account/tokens", **fields, password="wrong")
    unknown = visitor.send("/account/tokens", **{**fields, "scopes": "all"}, password=PASSWORD)
    nameless = visitor.send("/account/tokens", **{**fields, "name": ""}, password=PASSWORD)
    assert "You have no tokens." in visitor.open("/account/tokens")
    made = visitor.send("/account/tokens", **fields, password=PASSWORD)

    assert (forgotten.status_code, unknown.status_code, nameless.status_code) == (403, 422, 422)
    assert "project:read" in unknown.text
    found = re.search(r"acc_[0-9a-f]{16}_[\w-]{43}_[0-9a-f]{8}", made.text)
    assert found is not None
    assert made.headers["cache-control"] == "no-store"
    listed = visitor.open("/account/tokens")
    assert found[0] not in listed
    assert found[0][:20] in listed
    head = {"Authorization": f"Bearer {found[0]}"}
    assert anonymous.get("/api/v1/projects", headers=head).status_code == 200
    assert anonymous.get("/api/v1/models", headers=head).status_code == 403
    (address,) = re.findall(r"/account/tokens/[0-9a-f-]{36}/revocations", listed)
    assert visitor.send(address).headers["location"] == "/account/tokens?done=token-revoked"
    assert anonymous.get("/api/v1/projects", headers=head).status_code == 401
    assert "revoked" in visitor.open("/account/tokens").lower()
