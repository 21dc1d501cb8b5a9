"""Who is let in: a bearer token for programs, a browser session for pages, nobody else."""

import pytest
from starlette.requests import Request

from accredit_platform.auth.guard import needs, same_origin


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": "POST",
            "scheme": "https",
            "server": ("accredit.test", 443),
            "path": "/approvals",
            "query_string": b"",
            "headers": [(b"host", b"accredit.test"), *raw],
        }
    )


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        pytest.param({"sec_fetch_site": "same-origin"}, True, id="our page"),
        pytest.param({"sec_fetch_site": "none"}, True, id="typed by hand"),
        pytest.param({"sec_fetch_site": "same-site"}, False, id="a neighbour"),
        pytest.param({"sec_fetch_site": "cross-site"}, False, id="a stranger"),
        pytest.param({"origin": "https://accredit.test"}, True, id="old browser, our page"),
        pytest.param({"origin": "http://accredit.test"}, False, id="same host without TLS"),
        pytest.param({"origin": "https://evil.test"}, False, id="old browser, a stranger"),
        pytest.param({"origin": "null"}, False, id="a sandbox"),
        pytest.param(
            {"sec_fetch_site": "cross-site", "origin": "https://accredit.test"},
            False,
            id="the newer header wins",
        ),
        pytest.param({}, True, id="no browser: the form's token decides"),
    ],
)
def test_forms_are_taken_from_our_own_pages(headers: dict[str, str], *, ours: bool) -> None:
    assert same_origin(request(**headers)) is ours


def test_a_declaration_leaves_the_route_as_it_is() -> None:
    def endpoint() -> str:
        return "here"

    assert needs("public")(endpoint) is endpoint
    assert endpoint.needs == "public"  # type: ignore[attr-defined] # put there by `needs`
