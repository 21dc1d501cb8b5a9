"""Every refusal has its status, and every answer about one is a problem document."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient

import accredit_engine
import accredit_governance
import accredit_platform
from accredit_engine.errors import EngineError
from accredit_governance.errors import GovernanceError, QuotaExhausted
from accredit_platform.api.problems import STATUS, install, pointer, problem
from accredit_platform.errors import PlatformError

ROOTS = (EngineError, GovernanceError, PlatformError)


def family(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


def all_errors() -> list[type[Exception]]:
    for package in (accredit_engine, accredit_governance, accredit_platform):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith(".errors") or _defines_errors(module):
                importlib.import_module(module.name)
    return [error for root in ROOTS for error in family(root)]


def _defines_errors(module: pkgutil.ModuleInfo) -> bool:
    found = module.module_finder.find_spec(module.name, None)
    assert found is not None
    if found.origin is None or not found.origin.endswith(".py"):
        return False
    text = Path(found.origin).read_text(encoding="utf-8")
    return any(f"({name}):" in text for name in _NAMES)


_NAMES = (*(root.__name__ for root in ROOTS), "Conflict", "NotAllowed", "InvalidInput")


def test_every_error_has_a_status() -> None:
    errors = all_errors()
    missing = {error.__name__: error.code for error in errors if error.code not in STATUS}

    assert len(errors) > 65
    assert {"StaleDigest", "Superseded", "HostStopped", "LeakageFound", "UploadTooLarge"} <= {
        error.__name__ for error in errors
    }
    assert not missing


def test_every_status_belongs_to_an_error() -> None:
    codes = {error.code for error in all_errors()}

    assert set(STATUS) <= codes


def test_a_refusal_is_the_callers_and_damage_is_ours() -> None:
    for error in all_errors():
        assert STATUS[error.code] in {
            400,
            401,
            403,
            404,
            409,
            410,
            412,
            413,
            422,
            429,
            500,
            501,
            503,
        }, error
    for root in ROOTS:
        assert STATUS[root.code] == 500, "an error without a reason of its own is our fault"


def test_codes_are_not_shared() -> None:
    errors = all_errors()

    assert len({error.code for error in errors}) == len(errors)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(("rows", 0, "income"), "/rows/0/income", id="plain"),
        pytest.param(("a/b", "c~d"), "/a~1b/c~0d", id="escaped"),
        pytest.param((), "/", id="the whole body"),
    ],
)
def test_pointers_follow_rfc_6901(parts: tuple[object, ...], expected: str) -> None:
    assert pointer(*parts) == expected


def test_facts_of_a_problem_are_plain_json() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/x", "headers": [], "state": {}})

    answer = problem(request, 409, "conflict", "no", checks=("a", {"b": frozenset({1})}), x=object)

    assert answer.media_type == "application/problem+json"
    assert b'"checks":["a",{"b":[1]}]' in bytes(answer.body)


def test_a_used_up_quota_says_when_to_come_back() -> None:
    app = FastAPI()
    install(app)

    @app.get("/{wait}")
    def refuse(wait: int) -> None:
        facts = {"retry_after_s": wait} if wait else {}
        raise QuotaExhausted("no predictions are left", **facts)

    with TestClient(app) as client:
        today, for_good = client.get("/90"), client.get("/0")

    assert (today.status_code, today.headers["retry-after"]) == (429, "90")
    assert (for_good.status_code, for_good.json()["code"]) == (429, "quota_exhausted")
    assert "retry-after" not in for_good.headers
