"""Plain sentences about a comparison of groups.

None of them calls a model fair: a pass says what was measured, of which groups, and that it is
within the limit beyond chance.
"""

from collections.abc import Iterable, Sequence

from accredit_governance.gates.answer import named
from accredit_governance.gates.contrast import ParityRule
from accredit_governance.gates.parity import Comparison, Parity
from accredit_governance.gates.results import Verdict


def parity_message(parity: Parity, rule: ParityRule, subject: str) -> str:
    """The verdict on a subject in one sentence, with the rates and numbers of rows behind it."""
    what = "ratio" if rule.kind == "ratio" else "gap"
    figures = (
        f"The {rule.rate.title} {what} for {subject} is {parity.value:.3f} "
        f"({_rate(parity.worst)} against {_rate(parity.reference)})"
    )
    return concluded(
        figures,
        parity.verdict,
        limit=rule.limit,
        warn=rule.warn,
        bad_side="below" if rule.kind == "ratio" else "above",
        p=parity.worst.p_holm,
        min_share=rule.min_share,
        small=[
            group.group
            for group in parity.groups
            if not group.gating
            and group.value is not None
            and rule.is_beyond(group.value, rule.limit)
        ],
        nobody_gates=parity.nobody_gates,
    )


def parity_remedy(parity: Parity, rule: ParityRule, subject: str) -> str | None:
    """What to do when it does not pass; None when it does."""
    return remedied(
        parity.verdict,
        subject,
        failing=[group.group for group in parity.groups if group.fails],
        collect=[(group.group, group.more_rows) for group in parity.groups],
        beyond=rule.is_beyond(parity.value, rule.limit),
        nobody_gates=parity.nobody_gates,
    )


def concluded(
    figures: str,
    verdict: Verdict,
    *,
    limit: float,
    warn: float | None,
    bad_side: str,
    p: float | None,
    min_share: float,
    small: Sequence[str] = (),
    nobody_gates: bool = False,
) -> str:
    """Figures and what they mean for a limit, as one sentence.

    Args:
        figures: `The selection rate ratio for race is 0.7 (…)`.
        verdict: Pass, warn, fail or insufficient evidence.
        limit: Of the policy.
        warn: Of the policy.
        bad_side: `below` or `above`.
        p: Adjusted p-value of the worst group.
        min_share: Share of the rows from which a group gates.
        small: Groups with a smaller share that are beyond the limit.
        nobody_gates: Whether no known group beside the reference has that share.
    """
    good_side = "above" if bad_side == "below" else "below"
    if verdict is Verdict.FAIL:
        chance = "" if p is None else f" (adjusted p = {p:.2g})"
        return f"{figures}: {bad_side} the limit {limit:g}, and not by chance{chance}."
    if verdict is Verdict.INSUFFICIENT_EVIDENCE and nobody_gates:
        return (
            f"{figures}: no known group beside the reference makes up {100 * min_share:g}% of the "
            "rows, so nothing is shown."
        )
    if verdict is Verdict.INSUFFICIENT_EVIDENCE:
        return f"{figures}: too few rows to tell whether it is {good_side} {limit:g}."
    beside = small_groups(small, f"{bad_side} the limit")
    if verdict is Verdict.WARN:
        return f"{figures}: within the limit {limit:g}, but {bad_side} {warn:g}{beside}."
    return (
        f"{figures}: {good_side} or at the limit {limit:g} for {every_group(min_share)}, beyond "
        f"chance{beside}."
    )


def every_group(min_share: float) -> str:
    """Of whom a pass speaks: groups with a smaller share of the rows do not gate."""
    return (
        f"every group of at least {100 * min_share:g}% of the rows" if min_share else "every group"
    )


def small_groups(groups: Sequence[str], where: str) -> str:
    """Groups too small to gate that are `where`, as the end of a sentence; empty without any."""
    if not groups:
        return ""
    smaller = "a smaller group" if len(groups) == 1 else f"{len(groups)} smaller groups"
    return f"; {smaller} ({named(groups)}) {'is' if len(groups) == 1 else 'are'} {where}"


def remedied(
    verdict: Verdict,
    subject: str,
    *,
    failing: Sequence[str],
    collect: Iterable[tuple[str, int | None]],
    beyond: bool,
    nobody_gates: bool = False,
) -> str | None:
    """What to do when a comparison of groups does not pass; None when it does.

    Args:
        verdict: Of the comparison.
        subject: `race`.
        failing: Groups that fail.
        collect: Further rows per group; None where rows are not what is missing.
        beyond: Whether the worst value is on the bad side of the limit.
        nobody_gates: Whether no known group beside the reference is large enough to gate.
    """
    if verdict is Verdict.FAIL:
        return (
            f"Find the inputs behind the difference for {', '.join(failing)} (see the proxy "
            "ranking), remove or repair them, or choose a less discriminatory alternative, and "
            "train again. A fail cannot be accepted."
        )
    if verdict is not Verdict.INSUFFICIENT_EVIDENCE:
        return None
    if nobody_gates:
        return (
            f"Collect more rows of the smaller groups of {subject}, or learn the group of more "
            "rows: a pass takes a known group beside the reference with the minimum share."
        )
    wanted = [f"{more:,} more rows of {name}" for name, more in collect if more is not None]
    if wanted:
        cause = " The worst value is beyond the limit: look for its cause, too." if beyond else ""
        return f"Collect at least {', '.join(wanted)}; a pass is not certain then.{cause}"
    if beyond:
        return (
            f"The groups of {subject} differ by more than the limit, perhaps by chance: find the "
            "cause, or collect more rows of every group to decide."
        )
    return f"Collect more rows of every group of {subject}, above all of the reference group."


def _rate(group: Comparison) -> str:
    rate = "no rate" if group.rate is None else f"{group.rate:.1%}"
    return f"{group.group} {rate} of {group.trials:,}"
