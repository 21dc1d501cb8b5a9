"""A draft policy tried out on every version; nothing of it is recorded but its own report."""

import logging
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from accredit_governance.gates.results import GateReport
from accredit_governance.gates.simulation import (
    Change,
    VersionOutcome,
    change_of,
    changed_checks,
    simulation_report,
)
from accredit_governance.operations.simulations import finish_simulation
from accredit_governance.policy.document import Policy
from accredit_governance.questions.simulations import (
    SimulatedVersion,
    simulated_case,
    simulated_version,
    simulation_facts,
)
from accredit_platform.jobs.child import error_of
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.judging import Bench, judge
from accredit_platform.jobs.handlers.records import Workplace, workplace

_LOG: Final = logging.getLogger(__name__)


def simulate(job: JobContext) -> None:
    """Judge every version under the draft and record what would change.

    A job that was interrupted goes on with the versions that are not judged yet.
    """
    with workplace(job) as place:
        facts = simulation_facts(place.database, place.actor, job.subject_id)
        outcomes = [
            _outcome(job, place, facts.policy, version_id, at, len(facts.version_ids))
            for at, version_id in enumerate(facts.version_ids)
        ]
        report = simulation_report(
            policy=facts.policy.name,
            policy_version=facts.policy.version,
            policy_digest=facts.policy.digest(),
            outcomes=outcomes,
        )
        finish_simulation(place.database, place.actor, job.job_id, job.fence, report=report)


def _outcome(
    job: JobContext, place: Workplace, draft: Policy, version_id: UUID, at: int, count: int
) -> VersionOutcome:
    """What the draft makes of one version; worked out once per job."""
    folder = job.workspace / "versions" / str(version_id)
    done = _done(folder / "outcome.json")
    if done is not None:
        return done
    version = simulated_version(place.database, place.actor, job.subject_id, version_id)
    name = f"{version.model_name} version {version.number} ({at + 1} of {count})"
    bench = Bench(
        folder,
        job.settings.cores,
        lambda share, message: job.progress((at + share) / count, f"{name}: {message}"),
    )
    bench.progress(0, "looking at what it is")
    folder.mkdir(parents=True, exist_ok=True)
    found = _judged(place, draft, version, bench)
    part = folder / "outcome.part"
    part.write_bytes(found.canonical())
    part.replace(folder / "outcome.json")
    for probe in folder.glob("*.npz"):
        probe.unlink()
    return found


def _done(path: Path) -> VersionOutcome | None:
    """What an earlier attempt of this job found out."""
    try:
        return VersionOutcome.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _judged(
    place: Workplace, draft: Policy, version: SimulatedVersion, bench: Bench
) -> VersionOutcome:
    if not version.scope.covered:
        return _told(version, Change.OUT_OF_SCOPE, reasons=version.scope.reasons)
    try:
        facts = simulated_case(place.database, place.actor, version.id)
        report = judge(place, facts, draft, bench).report
    except Exception as error:  # noqa: BLE001  one version that cannot be judged leaves the others
        _LOG.exception("version %s cannot be judged", version.id)
        return _told(version, Change.NOT_JUDGED, reasons=(str(error_of(error)["message"]),))
    before = version.before
    passes_before = None if before is None else not before.blocking
    change = change_of(passes_before, passes_after=not report.blocking)
    return _told(version, change, report=report, reasons=version.scope.reasons)


def _told(
    version: SimulatedVersion,
    change: Change,
    *,
    report: GateReport | None = None,
    reasons: tuple[str, ...],
) -> VersionOutcome:
    before = version.before
    return VersionOutcome(
        model_version_id=version.id,
        model_name=version.model_name,
        number=version.number,
        state=version.state,
        change=change,
        policy_before=None
        if before is None
        else f"{before.policy} version {before.policy_version}",
        passes_before=None if before is None else not before.blocking,
        passes_after=None if report is None else not report.blocking,
        blocking_before=() if before is None else before.blocking,
        blocking_after=() if report is None else tuple(r.key for r in report.blocking),
        checks=()
        if report is None
        else changed_checks(None if before is None else before.report, report),
        reasons=reasons,
    )
