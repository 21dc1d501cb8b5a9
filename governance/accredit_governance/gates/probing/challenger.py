"""Probe: the best model of the run that a person can read as a whole."""

from accredit_governance.gates.probes import Challenger
from accredit_governance.gates.probing.asking import answers_of
from accredit_governance.gates.probing.case import Case
from accredit_governance.registry.choices import INTERPRETABLE


def probe(case: Case) -> Challenger:
    """Make the best finished trial of an interpretable family again and ask it.

    Trials are compared by their score out of fold; ties go to the earlier one. A model all of whose
    members are interpretable needs no challenger.
    """
    if all(part.member.family.value in INTERPRETABLE for part in case.model.parts):
        return Challenger("", True, None, case.rationale)
    simple = [
        trial
        for trial in case.record["trials"]
        if trial["family"] in INTERPRETABLE
        and trial["state"] == "finished"
        and trial["score"] is not None
    ]
    if not simple:
        return Challenger("", False, None, case.rationale)
    best = max(simple, key=lambda trial: (trial["score"], -trial["number"]))
    model = case.rebuilder.of_trial(best["number"])
    return Challenger(
        name=f"trial {best['number']} ({best['family']})",
        is_the_model=False,
        answers=answers_of(model, case.inputs),
        rationale=case.rationale,
    )
