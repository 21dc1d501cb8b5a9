"""Models built elsewhere on their way through a worker: import, gates, card, serving."""

import importlib
import importlib.util
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accredit_engine.errors import EngineError
from accredit_engine.external.importing import FORMATS
from accredit_governance.cards.render import render_html, render_markdown
from accredit_governance.gates.results import Verdict
from accredit_governance.questions import models
from accredit_governance.questions.external import external_version
from accredit_governance.registry.external_records import (
    SUFFIXES,
    ExternalTerms,
    ExternalVersionRecord,
)
from accredit_platform.errors import HostFailed
from accredit_platform.serving.handle import ModelHost
from tests.journeys.company import applications
from tests.platform.jobs.conftest import until
from tests.platform.jobs.elsewhere import (
    INPUTS,
    at_the_vendor,
    booster,
    brought,
    coded,
    found_elsewhere,
    histogram,
    history,
    imported,
    logistic,
    terms_of,
    uploaded,
)
from tests.platform.jobs.lab import Lab, demands, founded

HAS_SKOPS = importlib.util.find_spec("skops") is not None
NEEDS_SKOPS = pytest.mark.skipif(not HAS_SKOPS, reason="skops is not installed")
HISTORY = history()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory that demands everything that some shipped pack demands."""
    made = founded(tmp_path_factory.mktemp("elsewhere") / "home", models=0)
    made.publish(*demands())
    yield made
    made.office.database.close()


@pytest.fixture(scope="module")
def bring(lab: Lab) -> Callable[..., ExternalVersionRecord]:
    """Bring a file to a model of the laboratory; nothing has read it yet."""
    model_id, rows = found_elsewhere(lab)

    def ask(
        name: str,
        content: bytes,
        terms: ExternalTerms | None = None,
        trained_on: uuid.UUID | None = None,
    ) -> ExternalVersionRecord:
        kind = SUFFIXES[Path(name).suffix]
        return brought(
            lab,
            model_id,
            rows,
            name=name,
            content=content,
            terms=terms or terms_of(kind),
            trained_on=trained_on,
        )

    return ask


@pytest.fixture(scope="module")
def lightgbm_version(lab: Lab, bring: Callable[..., ExternalVersionRecord]) -> uuid.UUID:
    content = booster(HISTORY).model_to_string().encode()
    found = imported(lab, bring("scores.txt", content))
    assert found.model_version_id is not None
    lab.judge(found.model_version_id)
    return found.model_version_id


def verdicts(lab: Lab, version_id: uuid.UUID) -> dict[str, Verdict]:
    found = models.gates(lab.office.database, lab.office.people["viewer"], version_id)
    return {result.check: result.verdict for result in found.results}


def told(lab: Lab, version_id: uuid.UUID, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers of a model process."""
    version = models.version(lab.office.database, lab.office.people["viewer"], version_id)
    host = ModelHost.start(lab.artifacts.folder(version.bundle_digest), version.bundle_digest)
    try:
        return [dict(answer) for answer in host.answer(rows, reasons=True)]
    finally:
        host.close()


def test_both_sides_name_the_same_formats() -> None:
    assert set(SUFFIXES.values()) == set(FORMATS)


def test_no_check_breaks_and_what_nobody_can_know_never_passes(
    lab: Lab, lightgbm_version: uuid.UUID
) -> None:
    found = verdicts(lab, lightgbm_version)

    assert Verdict.ERROR not in found.values()
    unknowable = {
        "alternative_search",
        "baseline_gain",
        "critical_findings",
        "explanation_stability",
        "holdout_contamination",
        "monotonicity",
        "open_findings",
        "overfitting",
        "reason_faithfulness",
        "reproducibility",
        "robustness",
        "seed_stability",
        "simple_challenger",
    }
    assert {found[check] for check in unknowable} == {Verdict.INSUFFICIENT_EVIDENCE}
    assert found["discrimination"] is Verdict.PASS
    assert found["explanation_completeness"] is Verdict.PASS


def test_the_card_says_that_the_model_was_built_elsewhere(
    lab: Lab, lightgbm_version: uuid.UUID
) -> None:
    card = models.card(lab.office.database, lab.office.people["viewer"], lightgbm_version)

    for shown in (render_html(card), render_markdown(card)):
        assert "Scores Ltd" in shown
        assert "not known here" in shown


def test_a_served_answer_is_the_one_of_lightgbm(lab: Lab, lightgbm_version: uuid.UUID) -> None:
    rows = applications(30, seed=41).dropna()
    asked = rows[INPUTS].to_dict("records")

    answers = told(lab, lightgbm_version, asked)

    wanted = booster(HISTORY).predict(coded(rows))
    assert np.allclose([answer["score"] for answer in answers], wanted, rtol=0, atol=1e-12)
    assert set(answers[0]["attributions"]) == set(INPUTS)


@NEEDS_SKOPS
def test_with_its_training_rows_more_can_be_known_of_a_pipeline(
    lab: Lab, bring: Callable[..., ExternalVersionRecord]
) -> None:
    io_of = importlib.import_module("skops.io")
    theirs = logistic(HISTORY)

    found = imported(
        lab, bring("scores.skops", io_of.dumps(theirs), trained_on=uploaded(lab, HISTORY))
    )

    assert found.model_version_id is not None
    lab.judge(found.model_version_id)
    judged = verdicts(lab, found.model_version_id)
    assert Verdict.ERROR not in judged.values()
    assert judged["baseline_gain"] is Verdict.PASS
    assert judged["holdout_contamination"] is Verdict.PASS
    assert judged["critical_findings"] is Verdict.PASS
    assert judged["robustness"] is Verdict.PASS
    assert judged["overfitting"] is Verdict.INSUFFICIENT_EVIDENCE
    rows = applications(30, seed=41).dropna()
    answers = told(lab, found.model_version_id, rows[INPUTS].to_dict("records"))
    wanted = theirs.predict_proba(rows[INPUTS].astype({"prop": object}))[:, 1]
    assert np.allclose([answer["score"] for answer in answers], wanted, rtol=0, atol=1e-12)


@NEEDS_SKOPS
def test_sampled_attributions_are_judged_as_what_they_are(
    lab: Lab, bring: Callable[..., ExternalVersionRecord]
) -> None:
    io_of = importlib.import_module("skops.io")

    found = imported(lab, bring("trees.skops", io_of.dumps(histogram(HISTORY))))

    assert found.model_version_id is not None
    lab.judge(found.model_version_id)
    judged = verdicts(lab, found.model_version_id)
    assert Verdict.ERROR not in judged.values()
    assert judged["explanation_completeness"] is Verdict.FAIL
    assert judged["background_stability"] is Verdict.INSUFFICIENT_EVIDENCE


def test_reported_answers_of_an_endpoint_are_judged_and_nothing_else_of_it(lab: Lab) -> None:
    rows = applications(900, seed=23)
    rows["vendor_score"] = booster(HISTORY).predict(coded(rows))
    model_id, _ = found_elsewhere(lab)
    asked = at_the_vendor(
        lab,
        model_id,
        uploaded(lab, rows),
        kind="endpoint",
        answers={"score": "vendor_score", "threshold": 0.5},
    )

    found = imported(lab, asked)

    assert found.model_version_id is not None
    lab.judge(found.model_version_id)
    judged = verdicts(lab, found.model_version_id)
    assert Verdict.ERROR not in judged.values()
    assert judged["discrimination"] is Verdict.PASS
    assert judged["adverse_impact_ratio"] is Verdict.PASS
    told_of_inputs = {"explanation_completeness", "sensitive_isolation", "proxy_strength"}
    assert {judged[check] for check in told_of_inputs} == {Verdict.INSUFFICIENT_EVIDENCE}


def test_nothing_is_judged_of_a_model_that_is_known_by_documents(lab: Lab) -> None:
    model_id, rows = found_elsewhere(lab)

    found = imported(lab, at_the_vendor(lab, model_id, rows, kind="document"))

    assert found.model_version_id is not None
    lab.judge(found.model_version_id)
    assert set(verdicts(lab, found.model_version_id).values()) == {Verdict.INSUFFICIENT_EVIDENCE}
    version = models.version(
        lab.office.database, lab.office.people["viewer"], found.model_version_id
    )
    with pytest.raises(HostFailed, match="stays with its vendor"):
        ModelHost.start(lab.artifacts.folder(version.bundle_digest), version.bundle_digest)


def test_a_file_that_is_not_what_was_stated_becomes_no_version(
    lab: Lab, bring: Callable[..., ExternalVersionRecord]
) -> None:
    content = booster(HISTORY).model_to_string().encode()
    columns = [*terms_of("lightgbm").model_dump()["contract"]["columns"]]
    asked = bring("scores.txt", content, terms_of("lightgbm", columns=columns[::-1]))

    with pytest.raises(EngineError, match="in the order of the model"):
        lab.work("import", asked.run_id)


def test_a_file_that_kills_its_process_fails_its_job_and_nothing_else(
    lab: Lab, bring: Callable[..., ExternalVersionRecord]
) -> None:
    content = booster(HISTORY).model_to_string()
    deadly = bring("deadly.txt", f"{content[:1100]}\nend of trees\n".encode())
    fine = bring("fine.txt", content.encode())
    command = [sys.executable, "-P", "-m", "accredit_platform.cli.main", "worker", "--home"]
    worker = subprocess.Popen([*command, str(lab.settings.home)], stderr=subprocess.DEVNULL)

    def ended(record: ExternalVersionRecord) -> ExternalVersionRecord | None:
        found = external_version(lab.office.database, lab.office.people["viewer"], record.id)
        return None if found.state == "queued" else found

    try:
        killed = until(lambda: ended(deadly), within_s=150)
        read = until(lambda: ended(fine), within_s=150)
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(30)

    assert (killed.state, killed.model_version_id) == ("failed", None)
    assert killed.error["code"]
    assert read.state == "finished"
