"""Bringing a model that was built elsewhere through a plain form."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from accredit_governance.operations import external, identity, sessions
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.conftest import Visitor
from tests.platform.web.papers import digest_of
from tests.platform.web.seed import Seeded

Enter = Callable[[str], Visitor]

CONTRACT = {
    "columns": [{"name": "obrat", "kind": "numeric"}],
    "classes": [0, 1],
    "threshold": 0.5,
}


@pytest.fixture
def file_id(home: Path, seeded: Seeded) -> uuid.UUID:
    """A model file that Dana uploaded."""
    services = open_services(Settings(home=home))
    try:
        found = sessions.password_hash_of(services.database, "dana")
        assert found is not None
        dana = identity.actor_of_principal(services.database, found[0], request_id=None)
        assert dana is not None
        return external.receive_model_file(
            services.database,
            dana,
            seeded["model"],
            name="scores.txt",
            digest=digest_of("scores"),
            size=1234,
        ).id
    finally:
        services.close()


def filled_in(page: str, file_id: uuid.UUID, **changes: str) -> dict[str, str]:
    table = page.split('name="dataset_version_id"', 1)[1].split('<option value="', 1)[1][:36]
    return {
        "model_file_id": str(file_id),
        "dataset_version_id": table,
        "training_version_id": "",
        "kind": "lightgbm",
        "author": "Scores Ltd",
        "tool": "LightGBM 4.6",
        "statement": "Built on our own applications.",
        "contract": json.dumps(CONTRACT),
    } | changes


def test_a_developer_brings_a_model(enter: Enter, seeded: Seeded, file_id: uuid.UUID) -> None:
    address = f"/models/{seeded['model']}/external-versions"
    dana = enter("dana")
    assert "Bring a model that was built elsewhere" in dana.open(f"/models/{seeded['model']}")

    answer = dana.send(address, **filled_in(dana.open(address), file_id))

    assert answer.headers["location"] == f"{address}?done=brought"
    text = dana.open(f"{address}?done=brought")
    assert "It becomes a version when it is what you stated" in text
    assert "Scores Ltd" in text
    assert "being read" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"contract": "{"}, "the contract is no json", id="no JSON"),
        pytest.param(
            {"contract": '{"classes": ["\\ud800"]}'}, "surrogate pair", id="half a letter"
        ),
        pytest.param({"statement": ""}, "origin statement", id="no statement"),
        pytest.param({"kind": "skops"}, "not called as a skops model", id="another format"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    enter: Enter, seeded: Seeded, file_id: uuid.UUID, changes: dict[str, str], said: str
) -> None:
    address = f"/models/{seeded['model']}/external-versions"
    dana = enter("dana")

    answer = dana.send(address, **filled_in(dana.open(address), file_id, **changes))

    assert answer.status_code == 422
    assert said in answer.text.lower()


def test_who_may_not_bring_one_sees_no_form(enter: Enter, seeded: Seeded) -> None:
    text = enter("violet").open(f"/models/{seeded['model']}/external-versions")

    assert "Bring this model" not in text
    assert "No model that was built elsewhere" in text
