"""Gates as durable work: what was asked is kept, and a job that begins again asks no more."""

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates import evaluate
from accredit_governance.gates.kept import read_probes
from accredit_governance.gates.probes import Champion, Probes, Refits, Replay
from accredit_governance.gates.registry import MEASURES
from accredit_governance.gates.results import Verdict
from accredit_governance.operations import versions
from accredit_governance.operations.work import Superseded
from accredit_governance.questions import models
from accredit_governance.registry import queue
from accredit_governance.registry.records import GateEvaluationRecord
from accredit_platform.jobs.handlers.ending import tell_domain
from accredit_platform.jobs.handlers.gates import gates
from accredit_platform.jobs.handlers.records import unseen
from tests.platform.jobs.lab import (
    AGAIN,
    CHAMPION,
    RANKING,
    SEEDS,
    SIZE,
    Asked,
    Lab,
    measure_otherwise,
)

NOBODY = Champion("", np.arange(0), 0, None)
SAME = Replay(3, 0.0, (), {})
REFITS = Refits(np.arange(3), ("income",), np.array([1.0]), np.full((3, 4), -1), ())


class Died(BaseException):
    """What a worker that is killed leaves no time to catch."""


def judgement(lab: Lab, at: int = 0) -> GateEvaluationRecord:
    auditor = lab.office.people["auditor"]
    return models.gates(lab.office.database, auditor, lab.version_ids[at])


def verdicts(lab: Lab) -> dict[str, Verdict]:
    return {result.check: result.verdict for result in judgement(lab).results}


def test_what_the_model_was_asked_is_kept_and_named_in_record_and_event(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(champion=NOBODY, replay=SAME).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION, AGAIN)

    lab.judge(lab.version_ids[0])

    digest = judgement(lab).probes_digest
    assert digest is not None
    kept = read_probes(lab.artifacts.file(digest))
    assert kept.replay == SAME
    assert kept.champion is not None
    assert kept.champion.name == ""
    (event,) = [e for e in lab.office.events() if e["action"] == "gate_evaluation.finished"]
    assert event["fact"]["probes_digest"] == digest


def test_a_policy_that_asks_for_nothing_more_keeps_that(lab: Lab) -> None:
    lab.publish(SIZE, RANKING)

    lab.judge(lab.version_ids[0])

    digest = judgement(lab).probes_digest
    assert digest is not None
    assert read_probes(lab.artifacts.file(digest)) == Probes()


def test_a_probe_that_raises_is_an_error_of_its_own_check_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(replay=OSError("disk full"), champion=NOBODY).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, {**AGAIN, "required": True})

    lab.judge(lab.version_ids[0])

    assert verdicts(lab) == {
        "holdout_size": Verdict.PASS,
        "discrimination": Verdict.PASS,
        "reproducibility": Verdict.ERROR,
    }
    assert lab.office.state_of(lab.version_ids[0]) == "gate_failed"
    digest = judgement(lab).probes_digest
    assert digest is not None
    assert read_probes(lab.artifacts.file(digest)).failed == {"replay": "OSError"}


def test_a_probe_that_cannot_be_kept_is_an_error_of_its_own_check_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(replay=Replay(3, "none", (), {})).put_into(monkeypatch)  # type: ignore[arg-type] # what is tested
    lab.publish(SIZE, RANKING, AGAIN)

    lab.judge(lab.version_ids[0])

    assert verdicts(lab)["reproducibility"] is Verdict.ERROR
    assert lab.office.state_of(lab.version_ids[0]) == "in_review"


def test_a_check_that_raises_is_an_error_and_blocks(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("Jane Doe, born 1970")

    monkeypatch.setattr(
        evaluate, "MEASURES", MappingProxyType({**MEASURES, "discrimination": broken})
    )
    lab.publish(SIZE, RANKING)

    lab.judge(lab.version_ids[0])

    assert verdicts(lab) == {"holdout_size": Verdict.PASS, "discrimination": Verdict.ERROR}
    assert judgement(lab).blocking == ("performance.discrimination",)
    assert "Jane" not in judgement(lab).model_dump_json()


def test_a_job_that_begins_again_asks_only_what_was_not_finished(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(champion=NOBODY, seed_refits=Died(), replay=SAME).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION, SEEDS, AGAIN)
    lab.submit(lab.version_ids[0])
    before = lab.office.contents()
    job = lab.context("gates", lab.version_ids[0])
    with pytest.raises(Died):
        gates(job)
    # What a writer that is killed leaves behind, under either kind of name.
    (job.workspace / "probes" / "seed_refits.part").write_bytes(b"half")
    (job.workspace / "probes" / "replay.npz").write_bytes(b"half")
    after = lab.office.contents()

    asked.answers["seed_refits"] = REFITS
    with lab.office.database.writing() as session:
        assert queue.requeue(session, job.job_id, lab.office.worker_id)
    lab.work("gates", lab.version_ids[0])

    assert {name for name in after if after[name] != before[name]} == {"job"}
    assert asked.names == ["champion", "seed_refits", "seed_refits", "replay"]
    digest = judgement(lab).probes_digest
    assert digest is not None
    kept = read_probes(lab.artifacts.file(digest))
    assert None not in (kept.champion, kept.seed_refits, kept.replay)
    assert lab.office.actions().count("gate_evaluation.finished") == 1


def test_a_worker_that_was_thought_dead_records_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(champion=NOBODY).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION)
    lab.submit(lab.version_ids[0])
    slow = lab.context("gates", lab.version_ids[0])
    with lab.office.database.writing() as session:
        assert queue.requeue(session, slow.job_id, lab.office.worker_id)
    lab.work("gates", lab.version_ids[0])

    with pytest.raises(Superseded):
        gates(slow)

    assert lab.office.actions().count("gate_evaluation.finished") == 1


def test_gates_that_are_repeated_ask_only_what_the_error_was_about(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(champion=NOBODY, replay=OSError("disk full")).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION, {**AGAIN, "required": True})
    measure_otherwise(monkeypatch, "champion_gain")
    lab.judge(lab.version_ids[0])
    first = judgement(lab)

    asked.answers["replay"] = SAME
    versions.repeat_gates(lab.office.database, lab.office.people["submitter"], lab.version_ids[0])
    lab.work("gates", lab.version_ids[0])

    assert asked.names == ["champion", "replay", "replay"]
    assert first.probes_digest != judgement(lab).probes_digest


def test_kept_probes_that_are_damaged_are_asked_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(champion=NOBODY, replay=OSError("disk full")).put_into(monkeypatch)
    lab.publish(SIZE, RANKING, CHAMPION, {**AGAIN, "required": True})
    lab.judge(lab.version_ids[0])
    digest = judgement(lab).probes_digest
    assert digest is not None
    lab.artifacts.file(digest).write_bytes(b"damaged")

    asked.answers["replay"] = SAME
    versions.repeat_gates(lab.office.database, lab.office.people["submitter"], lab.version_ids[0])
    lab.work("gates", lab.version_ids[0])

    assert asked.names == ["champion", "replay", "champion", "replay"]


def test_gates_that_cannot_be_run_leave_the_version_failed_and_say_why(lab: Lab) -> None:
    lab.publish(SIZE, RANKING)
    lab.submit(lab.version_ids[0])
    job_id = lab.office.broken(lab.version_ids[0])
    with lab.office.database.reading() as session:
        job = queue.facts(session, job_id)
    assert job is not None

    tell_domain(lab.settings, job, "failed", {"code": "x", "message": "y", "problems": []})

    assert lab.office.state_of(lab.version_ids[0]) == "gate_failed"
    assert lab.office.actions()[-1] == "gate_evaluation.errored"


def test_every_newer_row_counts_where_nobody_has_the_rows_of_the_training() -> None:
    newer = pd.DataFrame({"income": [1.0, 2.0]}, index=[7, 9])

    rows = unseen(newer, pd.DataFrame())

    assert rows.index.tolist() == [0, 1]
    assert rows["income"].tolist() == [1.0, 2.0]
