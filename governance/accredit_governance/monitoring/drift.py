"""Drift: the detector that raises alerts. Two windows in, one report out.

1. Columns are aligned; one that is missing or holds no value is reported and spares the rest.
2. Windows with fewer than `min_rows` rows are not judged: `insufficient_evidence`.
3. Each column is counted into cells that the reference fixes, and tested for a divergence beyond
   the tolerance; Benjamini-Hochberg decides over all columns, the score and the decision together.
4. A column that moved beyond the tolerance warns or alerts by the size of its PSI. Faults (missing
   values, new categories, values out of range) alert at once.
5. Where attribution is given, a column that hardly matters is one step milder and one that
   dominates one step sharper. Broken columns (missing, empty, unreadable) always alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from accredit_governance.monitoring.divergence import discoveries
from accredit_governance.monitoring.observation import Column, Observation, observe, outline
from accredit_governance.monitoring.report import (
    ColumnDrift,
    ColumnKind,
    ColumnRole,
    DriftReport,
    DriftVerdict,
    Symptom,
)
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.sentences import column_sentence, report_sentence
from accredit_governance.monitoring.windows import Alignment, Window, align

SCORE: Final = "model score"
DECISION: Final = "model decision"

BROKEN: Final = frozenset({Symptom.MISSING_COLUMN, Symptom.ALL_NULL, Symptom.UNREADABLE})

_FAULTS_PER_COLUMN: Final = 2
_RANK: Final = (
    DriftVerdict.NONE,
    DriftVerdict.INSUFFICIENT_EVIDENCE,
    DriftVerdict.WARNING,
    DriftVerdict.ALERT,
)


def measure_drift(
    reference: Window,
    current: Window,
    rules: DriftRules,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    attribution: Mapping[str, float] | None = None,
) -> DriftReport:
    """Compare the current window with the reference window.

    Args:
        reference: rows the model was judged on; its columns are those that count.
        current: rows of the period in question.
        rules: what is tolerated.
        kinds: declared kinds of columns; the rest is read from the reference.
        attribution: raw column → share of mean |attribution| in [0, 1]. None: all count alike.

    Returns:
        A verdict per column and one for the whole. The frames are not changed.

    Raises:
        ValueError: the reference has no column, or a column name occurs twice in a frame.
    """
    aligned = align(reference.inputs, current.inputs, kinds)
    enough = min(len(reference.inputs), len(current.inputs)) >= rules.min_rows
    columns = [*_input_columns(reference, current, aligned), *_model_columns(reference, current)]
    significance = rules.false_discovery / (_FAULTS_PER_COLUMN * len(columns))
    seen = [_look(c, rules, significance, enough=enough) for c in columns]
    tested = [o.p_value for o in seen if o.p_value is not None]
    flags = iter(discoveries(tested, false_discovery=rules.false_discovery))
    judged = [
        _judge(
            o,
            rules,
            enough=enough,
            beyond=next(flags) if o.judged else False,
            attribution=attribution.get(o.column) if attribution is not None else None,
        )
        for o in seen
    ]
    return _report(reference, current, rules, judged, aligned)


def _input_columns(reference: Window, current: Window, aligned: Alignment) -> list[Column]:
    absent = pd.Series([], dtype=object)
    return [
        Column(
            name=name,
            role=ColumnRole.INPUT,
            kind=kind,
            reference=reference.inputs[name],
            current=absent if name in aligned.missing else current.inputs[name],
            absent=name in aligned.missing,
        )
        for name, kind in aligned.kinds.items()
    ]


def _model_columns(reference: Window, current: Window) -> list[Column]:
    """Score and decision, as far as the reference holds them."""
    wanted = (
        (SCORE, ColumnRole.SCORE, ColumnKind.NUMERIC, reference.score, current.score),
        (DECISION, ColumnRole.DECISION, ColumnKind.BOOLEAN, reference.selected, current.selected),
    )
    return [
        Column(
            name=name,
            role=role,
            kind=kind,
            reference=before.astype(object),
            current=pd.Series([], dtype=object) if after is None else after.astype(object),
            absent=after is None,
        )
        for name, role, kind, before, after in wanted
        if before is not None
    ]


def _look(column: Column, rules: DriftRules, significance: float, *, enough: bool) -> Observation:
    if column.absent:
        return replace(outline(column), symptoms=(Symptom.MISSING_COLUMN,))
    if not enough or column.reference.isna().all():
        return outline(column)
    if column.current.isna().all():
        return replace(outline(column), symptoms=(Symptom.ALL_NULL,))
    return observe(column, rules, significance=significance)


def _judge(
    seen: Observation,
    rules: DriftRules,
    *,
    enough: bool,
    beyond: bool,
    attribution: float | None,
) -> ColumnDrift:
    symptoms = seen.symptoms
    if beyond and seen.psi is not None and seen.psi >= _limits(seen, rules)[0]:
        symptoms = (*symptoms, Symptom.DISTRIBUTION)
    if (
        beyond
        and seen.rate_change is not None
        and abs(seen.rate_change) >= rules.selection_rate_change
    ):
        symptoms = (*symptoms, Symptom.SELECTION_RATE)
    seen = replace(seen, symptoms=symptoms)
    verdict = _weighed(_verdict(seen, rules, enough=enough), seen, rules, attribution)
    return ColumnDrift(
        column=seen.column,
        role=seen.role,
        kind=seen.kind,
        n_reference=seen.n_reference,
        n_current=seen.n_current,
        psi=seen.psi,
        p_value=seen.p_value,
        beyond_tolerance=beyond,
        null_share_reference=seen.null_share_reference,
        null_share_current=seen.null_share_current,
        unseen_share=seen.unseen_share,
        unseen=seen.unseen,
        range_low=seen.range_low,
        range_high=seen.range_high,
        range_breaches=seen.range_breaches,
        unreadable=seen.unreadable,
        attribution_share=attribution,
        symptoms=symptoms,
        verdict=verdict,
        sentence=column_sentence(seen, verdict, rules, beyond=beyond),
        cells=seen.cells,
    )


def _verdict(seen: Observation, rules: DriftRules, *, enough: bool) -> DriftVerdict:
    """Verdict before attribution is weighed."""
    mild = {Symptom.DISTRIBUTION, Symptom.SELECTION_RATE}
    if set(seen.symptoms) - mild:
        return DriftVerdict.ALERT
    if seen.symptoms:
        large = seen.psi is not None and seen.psi >= _limits(seen, rules)[1]
        return DriftVerdict.ALERT if large else DriftVerdict.WARNING
    if not enough:
        return DriftVerdict.INSUFFICIENT_EVIDENCE
    if seen.judged or seen.kind is ColumnKind.DATETIME or _empty_in_both(seen):
        return DriftVerdict.NONE
    return DriftVerdict.INSUFFICIENT_EVIDENCE


def _weighed(
    verdict: DriftVerdict, seen: Observation, rules: DriftRules, share: float | None
) -> DriftVerdict:
    if share is None or BROKEN & set(seen.symptoms):
        return verdict
    if verdict is DriftVerdict.ALERT and share < rules.attribution_low:
        return DriftVerdict.WARNING
    if verdict is DriftVerdict.WARNING and share >= rules.attribution_high:
        return DriftVerdict.ALERT
    return verdict


def _limits(seen: Observation, rules: DriftRules) -> tuple[float, float]:
    if seen.role is ColumnRole.INPUT:
        return rules.psi_warn, rules.psi_alert
    return rules.score_psi_warn, rules.score_psi_alert


def _empty_in_both(seen: Observation) -> bool:
    return seen.null_share_reference == 1.0 and seen.null_share_current == 1.0


def _report(
    reference: Window,
    current: Window,
    rules: DriftRules,
    columns: Sequence[ColumnDrift],
    aligned: Alignment,
) -> DriftReport:
    inputs = [c for c in columns if c.role is ColumnRole.INPUT]
    known = [c for c in inputs if c.verdict is not DriftVerdict.INSUFFICIENT_EVIDENCE]
    drifted = sum(1 for c in known if c.symptoms)
    share = drifted / len(known) if known else 0.0
    verdict = max((c.verdict for c in columns), key=_RANK.index)
    if verdict is DriftVerdict.WARNING and share >= rules.drifted_share:
        verdict = DriftVerdict.ALERT
    return DriftReport(
        reference=reference.facts,
        current=current.facts,
        rules=rules,
        columns=tuple(columns),
        unexpected_columns=aligned.unexpected[:100],
        drifted_share=share,
        verdict=verdict,
        sentence=report_sentence(columns, verdict, len(reference.inputs), len(current.inputs)),
    )
