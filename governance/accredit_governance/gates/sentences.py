"""Plain sentences about a comparison of groups."""

from accredit_governance.gates.contrast import ParityRule
from accredit_governance.gates.parity import Comparison, Parity
from accredit_governance.gates.results import Verdict


def parity_message(parity: Parity, rule: ParityRule, subject: str) -> str:
    """The verdict on a subject in one sentence, with the rates and numbers of rows behind it."""
    what = "ratio" if rule.kind == "ratio" else "gap"
    side = ("below", "above") if rule.kind == "ratio" else ("above", "below")
    figures = (
        f"The {rule.rate.title} {what} for {subject} is {parity.value:.3f} "
        f"({_rate(parity.worst)} against {_rate(parity.reference)})"
    )
    if parity.verdict is Verdict.FAIL:
        p = parity.worst.p_holm
        chance = "" if p is None else f" (adjusted p = {p:.2g})"
        return f"{figures}: {side[0]} the limit {rule.limit:g}, and not by chance{chance}."
    if parity.verdict is Verdict.INSUFFICIENT_EVIDENCE:
        return f"{figures}: too few rows to tell whether it is {side[1]} {rule.limit:g}."
    if parity.verdict is Verdict.WARN:
        return f"{figures}: within the limit {rule.limit:g}, but {side[0]} {rule.warn:g}."
    return f"{figures}: {side[1]} or at the limit {rule.limit:g} for every group, beyond chance."


def parity_remedy(parity: Parity, rule: ParityRule, subject: str) -> str | None:
    """What to do when it does not pass; None when it does."""
    if parity.verdict is Verdict.FAIL:
        failing = ", ".join(group.group for group in parity.groups if group.fails)
        return (
            f"Find the inputs behind the difference for {failing} (see the proxy ranking), remove "
            "or repair them, or choose a less discriminatory alternative, and train again. "
            "A fail cannot be accepted."
        )
    if parity.verdict is not Verdict.INSUFFICIENT_EVIDENCE:
        return None
    collect = [
        f"{group.more_rows:,} more rows of {group.group}"
        for group in parity.groups
        if group.more_rows is not None
    ]
    if collect:
        return f"Collect about {', '.join(collect)}; a pass is not certain then."
    if rule.is_beyond(parity.value, rule.limit):
        return (
            f"The groups of {subject} differ by more than the limit, perhaps by chance: find the "
            "cause, or collect more rows of every group to decide."
        )
    return f"Collect more rows of every group of {subject}, above all of the reference group."


def _rate(group: Comparison) -> str:
    rate = "no rate" if group.rate is None else f"{group.rate:.1%}"
    return f"{group.group} {rate} of {group.trials:,}"
