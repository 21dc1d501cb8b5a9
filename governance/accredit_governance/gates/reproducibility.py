"""Check whether the model comes out the same when it is made again from its record."""

from collections.abc import Iterator
from typing import Final

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Replay
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceUnusable, probed
from accredit_governance.policy.model_checks import Reproducibility

_LISTED: Final = 50


def reproducibility(
    spec: Reproducibility, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Greatest difference of a margin between the model and the same model made once more.

    Every member is trained again on the training rows, with the settled parameters and the seeds of
    the record, and folded with the recorded weights and calibration. The search that chose them is
    not repeated. Files that differ within the limit are named but pass: sums in another order
    change the last bits. Beyond the limit, other versions of the packages are insufficient
    evidence, for they may compute otherwise without anything being wrong; under the same versions
    it is a fail.
    """
    found = probed(evidence.probes.replay, "replay", evidence)
    if not found.rows:
        raise EvidenceUnusable("the model that was made again was asked about no row")
    verdict = Verdict.PASS
    if not found.margin_gap <= spec.max:
        verdict = Verdict.INSUFFICIENT_EVIDENCE if found.versions else Verdict.FAIL
    elif spec.warn is not None and found.margin_gap > spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=_message(spec, found),
            value=found.margin_gap,
            n=found.rows,
            remedy=_remedy(found),
            details={
                "differing": found.differing[:_LISTED],
                "differing_files": len(found.differing),
                "versions": [
                    {"package": name, "versions": both} for name, both in found.versions.items()
                ],
            },
        ),
    )


def _message(spec: Reproducibility, found: Replay) -> str:
    count = len(found.differing)
    files = "every file came out byte for byte the same"
    if count:
        some = ", ".join(found.differing[:3]) + (", …" if count > 3 else "")
        files = f"{count} of its files did not come out byte for byte the same ({some})"
    others = ""
    if found.versions:
        others = f", under other versions of {', '.join(found.versions)}"
    return (
        f"Made again from its record{others}, the model gives margins that differ by at most "
        f"{found.margin_gap:.2g} on {found.rows:,} test rows (at most {spec.max:g} is allowed), "
        f"and {files}; the search itself was not repeated."
    )


def _remedy(found: Replay) -> str:
    if found.versions:
        wanted = ", ".join(
            f"{name} {both.split(',')[0]}" for name, both in sorted(found.versions.items())
        )
        return f"Evaluate the gates where the recorded versions are installed: {wanted}."
    return (
        "Look for what the record does not hold, such as another kind of machine (`accredit "
        "replay` shows which trials differ); then train again and submit a new version."
    )
