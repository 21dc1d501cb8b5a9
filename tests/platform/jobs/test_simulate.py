"""A draft policy against real versions: who would newly fail or pass, and nothing else changes."""

import uuid
from typing import Any

import numpy as np
import pytest

from accredit_governance.gates.kept import read_probes
from accredit_governance.gates.probes import Champion, Replay
from accredit_governance.gates.results import GateReport
from accredit_governance.gates.reuse import PROBE_NAMES
from accredit_governance.gates.simulation import SimulationReport, VersionOutcome
from accredit_governance.operations import simulations
from accredit_governance.questions import models
from accredit_governance.questions.simulations import simulated_case, simulation
from accredit_governance.registry import queue
from accredit_governance.registry.simulation_records import PolicySimulationDetails
from accredit_governance.registry.tables import ModelVersionRow
from accredit_platform.jobs.handlers.ending import tell_domain
from accredit_platform.jobs.handlers.judging import Bench, judge
from accredit_platform.jobs.handlers.records import workplace
from accredit_platform.jobs.handlers.simulate import simulate
from tests.platform.jobs.lab import (
    AGAIN,
    CHAMPION,
    RANKING,
    SIZE,
    Asked,
    Lab,
    demands,
    measure_otherwise,
    policy_text,
)

NOBODY = Champion("", np.arange(0), 0, None)
SAME = Replay(3, 0.0, (), {})
TOO_MANY = {**SIZE, "min_rows": 100_000}


class Died(BaseException):
    """What a worker that is killed leaves no time to catch."""


def asked(lab: Lab, *gates: dict[str, Any], **more: Any) -> uuid.UUID:
    author = lab.office.people["author"]
    source = policy_text(*gates, **{"version": 2, **more})
    return simulations.simulate_policy(lab.office.database, author, source=source).id


def told(lab: Lab, simulation_id: uuid.UUID) -> PolicySimulationDetails:
    return simulation(lab.office.database, lab.office.people["author"], simulation_id)


def simulated(lab: Lab, *gates: dict[str, Any], **more: Any) -> SimulationReport:
    simulation_id = asked(lab, *gates, **more)
    lab.work("simulate", simulation_id)
    found = told(lab, simulation_id)
    assert found.state == "finished"
    assert found.document is not None
    assert found.counts == found.document.counts
    return found.document


def judged(lab: Lab, *gates: dict[str, Any], **more: Any) -> VersionOutcome:
    """What becomes of the first version."""
    report = simulated(lab, *gates, **more)
    return next(o for o in report.versions if o.model_version_id == lab.version_ids[0])


def test_a_draft_says_who_would_newly_fail_and_by_which_check(lab: Lab) -> None:
    lab.publish(SIZE, RANKING)
    lab.judge(lab.version_ids[0])

    found = judged(lab, TOO_MANY, RANKING)

    assert found.change == "newly_fails"
    assert found.policy_before == "lab version 1"
    assert (found.passes_before, found.passes_after) == (True, False)
    assert found.blocking_after == ("performance.holdout_size",)
    (check,) = found.checks
    assert (check.key, check.before, check.after) == (
        "performance.holdout_size",
        "pass",
        "insufficient_evidence",
    )
    assert check.threshold == 100_000


def test_a_draft_says_who_would_newly_pass(lab: Lab) -> None:
    lab.publish(TOO_MANY, RANKING)
    lab.judge(lab.version_ids[0])

    found = judged(lab, SIZE, RANKING)

    assert found.change == "newly_passes"
    assert found.blocking_before == ("performance.holdout_size",)


def test_a_draft_that_changes_nothing_says_so(lab: Lab) -> None:
    lab.publish(SIZE, RANKING)
    lab.judge(lab.version_ids[0])
    assert judged(lab, SIZE, RANKING).change == "still_passes"

    lab.publish(TOO_MANY, RANKING, version=2)
    lab.judge(lab.version_ids[1])
    report = simulated(lab, TOO_MANY, RANKING, version=3)

    assert [o.change for o in report.versions] == ["newly_fails", "still_fails"]


def test_a_version_that_was_never_judged_is_judged_for_the_first_time(lab: Lab) -> None:
    report = simulated(lab, SIZE, RANKING)

    assert [o.change for o in report.versions] == ["first_judged", "first_judged"]
    assert [o.passes_after for o in report.versions] == [True, True]
    assert [o.passes_before for o in report.versions] == [None, None]
    assert [o.state for o in report.versions] == ["draft", "draft"]
    assert [(o.model_name, o.number) for o in report.versions] == [
        ("lab-model", 1),
        ("lab-model", 2),
    ]


def test_a_draft_for_other_models_judges_none_and_says_why(lab: Lab) -> None:
    scope = {"tiers": [4], "jurisdictions": ["us"], "tasks": ["binary"], "purposes": ["lab_loans"]}

    found = judged(lab, applies_to=scope)

    assert found.change == "out_of_scope"
    assert found.passes_after is None
    assert "not tier 1" in found.reasons[0]


def test_one_version_that_cannot_be_judged_leaves_the_others(lab: Lab) -> None:
    folders = lab.settings.artifacts_folder / "folders"
    before = lab.office.contents()
    with lab.office.database.reading() as session:
        version = session.get_one(ModelVersionRow, lab.version_ids[0])
        bundle = folders / version.bundle_digest
    file = next(f for f in sorted(bundle.rglob("*")) if f.is_file() and f.stat().st_size > 100)
    file.chmod(0o644)
    file.write_bytes(b"x" + file.read_bytes()[1:])

    report = simulated(lab, SIZE, RANKING)

    assert [o.change for o in report.versions] == ["not_judged", "first_judged"]
    assert file.name in report.versions[0].reasons[0]
    assert lab.office.contents() | {"job": before["job"], "policy_simulation": []} == before


def test_a_library_that_breaks_tells_no_row(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise KeyError("Jane Doe, born 1970")

    monkeypatch.setattr("accredit_platform.jobs.handlers.judging.gather_evidence", broken)

    report = simulated(lab, SIZE, RANKING)

    assert report.counts["not_judged"] == 2
    assert "KeyError" in report.versions[0].reasons[0]
    assert "Jane" not in report.model_dump_json()


def test_a_simulation_changes_nothing_but_its_own_row(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(champion=NOBODY, replay=SAME).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION)
    lab.judge(lab.version_ids[0])
    lab.submit(lab.version_ids[1])
    before, events = lab.office.contents(), lab.office.size()
    files = {f.name for f in (lab.settings.artifacts_folder / "files").iterdir()}

    simulated(lab, TOO_MANY, RANKING, AGAIN)

    after = lab.office.contents()
    assert {name for name in after if after[name] != before[name]} == {"job", "policy_simulation"}
    assert lab.office.actions(since=events) == [
        "policy_simulation.requested",
        "policy_simulation.finished",
    ]
    assert {f.name for f in (lab.settings.artifacts_folder / "files").iterdir()} == files


def test_what_a_model_was_asked_before_is_not_asked_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Asked(champion=NOBODY, replay=SAME).put_into(monkeypatch)
    measure_otherwise(monkeypatch, "champion_gain", "reproducibility")
    lab.publish(SIZE, RANKING, CHAMPION)
    lab.judge(lab.version_ids[0])
    answers.names.clear()

    simulated(lab, SIZE, RANKING, {**CHAMPION, "min": 0.0}, AGAIN)

    # The first version kept its champion; the second one was never asked anything.
    assert answers.names == ["replay", "champion", "replay"]


def test_every_verdict_of_the_shipped_packs_comes_out_again_from_what_was_kept(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.publish(*demands())
    lab.judge(lab.version_ids[0])
    auditor = lab.office.people["auditor"]
    recorded = models.gates(lab.office.database, auditor, lab.version_ids[0])
    assert recorded.probes_digest is not None
    kept = read_probes(lab.artifacts.file(recorded.probes_digest))
    asked_for = {name for name in PROBE_NAMES if getattr(kept, name) is not None}

    nothing_left = Asked(**dict.fromkeys(PROBE_NAMES, AssertionError())).put_into(monkeypatch)
    found = judged_again(lab)

    assert asked_for == set(PROBE_NAMES)
    assert kept.failed == {}
    assert nothing_left.names == []
    assert found.digest() == recorded.report_digest


def judged_again(lab: Lab) -> GateReport:
    """The gates of the first version once more, as a simulation of its own policy does."""
    bench = Bench(lab.settings.home / "again", 2, lambda *_: None)
    with workplace(lab.context("simulate", asked(lab))) as place:
        facts = simulated_case(place.database, place.actor, lab.version_ids[0])
        assert facts.kept is not None
        return judge(place, facts, facts.kept.policy, bench).report


def test_a_simulation_that_begins_again_judges_only_what_is_left(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Asked(replay=SAME, champion=NOBODY).put_into(monkeypatch)
    simulation_id = asked(lab, SIZE, RANKING, CHAMPION, AGAIN)
    job = lab.context("simulate", simulation_id)
    later = 0

    def dies_at_the_second(share: float, message: str) -> None:
        nonlocal later
        later += "evaluating" in message and "version 2" in message
        if later:
            raise Died

    with pytest.raises(Died):
        simulate(
            type(job)(
                **{name: getattr(job, name) for name in job.__dataclass_fields__}
                | {"progress": dies_at_the_second}
            )
        )
    assert answers.names == ["replay", "champion"] * 2
    (job.workspace / "versions" / str(lab.version_ids[0]) / "outcome.part").write_bytes(b"{")
    with lab.office.database.writing() as session:
        assert queue.requeue(session, job.job_id, lab.office.worker_id)

    lab.work("simulate", simulation_id)

    found = told(lab, simulation_id)
    assert answers.names == ["replay", "champion"] * 2, "even its finished probes are not lost"
    assert found.counts is not None
    assert found.counts["first_judged"] == 2


def test_progress_is_told_by_version(lab: Lab) -> None:
    lab.told.clear()

    simulated(lab, SIZE, RANKING)

    shares = [share for share, _ in lab.told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1
    assert {message.split(":")[0] for _, message in lab.told} == {
        "lab-model version 1 (1 of 2)",
        "lab-model version 2 (2 of 2)",
    }


@pytest.mark.parametrize(("state", "action"), [("failed", "failed"), ("cancelled", "cancelled")])
def test_a_simulation_that_ends_badly_is_told(lab: Lab, state: str, action: str) -> None:
    simulation_id = asked(lab, SIZE, RANKING)
    job_id = lab.office.broken(simulation_id, state=state)
    with lab.office.database.reading() as session:
        job = queue.facts(session, job_id)
    assert job is not None

    tell_domain(lab.settings, job, state, {"code": "x", "message": "y", "problems": []})

    assert told(lab, simulation_id).state == state
    assert lab.office.actions()[-1] == f"policy_simulation.{action}"
