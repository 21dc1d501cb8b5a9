"""What workers do: a trial, or a refit. Importing this module loads all that they need."""

from collections.abc import Mapping
from typing import Final

from threadpoolctl import threadpool_limits

from accredit_engine.families.family import FamilyName, ForeignName
from accredit_engine.search.evaluate import Evaluator, TrialOrder
from accredit_engine.search.trials import Trial, TrialState

_LONGEST: Final = 500


def run_trial(evaluator: Evaluator, order: TrialOrder) -> Trial:
    """Run one trial; whatever goes wrong in a library costs the trial, not the run."""
    # One thread for linear algebra: its sums, and so the last bits of a model, depend on the count.
    with threadpool_limits(1, user_api="blas"), threadpool_limits(evaluator.threads, "openmp"):
        try:
            return evaluator.run(order)
        except Exception as error:  # noqa: BLE001  the loop of the worker: recorded as a failure
            return ended(order, TrialState.FAILED, f"{type(error).__name__}: {error}"[:_LONGEST])


def ended(order: TrialOrder, state: TrialState, reason: str) -> Trial:
    """A trial without a result."""
    proposal = order.proposal
    return Trial(
        number=order.number,
        family=proposal.family,
        origin=proposal.origin,
        derived=proposal.derived,
        params=proposal.params,
        settled=proposal.params,
        fold_rounds=(),
        state=state,
        reason=reason,
        score=None,
        fold_scores=(),
        ratio=None,
        seconds=0.0,
        member_bytes=0,
        row_ms=0.0,
        offset=(),
        slope=(),
        raw_digest="",
        raw=None,
    )


def run_refit(
    evaluator: Evaluator, trial: Trial, draw: int
) -> tuple[FamilyName | ForeignName, Mapping[str, bytes], float]:
    """Refit a trial on all rows; the member comes back as its files, with the seconds it took."""
    with threadpool_limits(1, user_api="blas"), threadpool_limits(evaluator.threads, "openmp"):
        member, seconds = evaluator.refit(trial, draw)
    return member.family, member.files(), seconds
