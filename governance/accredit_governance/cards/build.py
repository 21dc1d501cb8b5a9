"""Building a card: records in, one document out. Pure; nothing is invented and nothing is rounded.

1. What people wrote is taken over as it is; what they left empty stays empty and blocks.
2. What a record does not say is left out of the card, with the place where it was looked for.
3. Category names are shown only when at least five rows hold them: nothing points to a person.
"""

from typing import Any, Final, cast

from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.groups import calibration_of, group_tables
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.limits import limits_of
from accredit_governance.cards.method import method_of, run_versions
from accredit_governance.cards.reading import (
    Record,
    at,
    count,
    integer,
    number,
    plain,
    record,
    records,
    text,
)
from accredit_governance.cards.sections import (
    MAX_CATEGORIES_SHOWN,
    Attribution,
    Change,
    ColumnFacts,
    Explanation,
    FigureChange,
    FindingFacts,
    LineageStep,
    Metric,
    Performance,
    Reproduction,
    TrainingData,
)
from accredit_governance.gates.results import CheckResult

MIN_ROWS_TO_NAME: Final = 5

_QUALITY_GATES: Final = frozenset({"performance", "quality", "calibration", "accuracy"})


def build_card(inputs: CardInputs) -> ModelCard:
    """Card of one model version.

    Raises:
        ValueError: the inputs hold a value that canonical JSON cannot carry.
    """
    data = _training_data(inputs)
    performance = _performance(inputs)
    explanation = _explanation(inputs)
    groups = group_tables(inputs.gates.results)
    card = ModelCard(
        identity=inputs.identity,
        purpose=inputs.purpose,
        statements=inputs.statements,
        data=data,
        method=method_of(inputs.run, inputs.contract),
        performance=performance,
        groups=groups,
        policy=inputs.gates.policy,
        policy_version=inputs.gates.policy_version,
        policy_digest=inputs.gates.policy_digest,
        gates=tuple(_without_nan(r) for r in inputs.gates.results),
        explanation=explanation,
        limits=limits_of(inputs.gates.results, data),
        monitoring=inputs.monitoring,
        lineage=_lineage(inputs),
        change=_change(inputs, performance),
        reproduction=_reproduction(inputs),
    )
    card.canonical()
    return card


def _training_data(inputs: CardInputs) -> TrainingData:
    rows = count(at(inputs.profile, "rows"))
    target = text(at(inputs.contract, "target")) or text(
        at(inputs.run, "target", "settings.target")
    )
    findings = at(inputs.run, "findings", "data.findings")
    return TrainingData(
        name=inputs.dataset_name,
        version=inputs.dataset_version,
        content_digest=inputs.identity.dataset_digest,
        rows=rows or 0,
        rows_train=count(at(inputs.run, "rows_train", "rows")),
        rows_test=inputs.rows_test,
        target=target or "unknown",
        favourable=_favourable(inputs),
        columns=_columns(inputs, rows, target),
        findings=tuple(_finding(f) for f in records(findings)),
        evidence="dataset/profile",
    )


def _favourable(inputs: CardInputs) -> str | None:
    label = at(inputs.contract, "favourable")
    return text(at(record(label), "value")) if record(label) else text(label)


def _columns(inputs: CardInputs, rows: int | None, target: str | None) -> tuple[ColumnFacts, ...]:
    contract = {text(c.get("name")): c for c in records(at(inputs.contract, "columns"))}
    left_out = {text(c.get("name")): c for c in records(at(inputs.contract, "left_out"))}
    profiled = {text(c.get("name")): c for c in records(at(inputs.profile, "columns"))}
    names = list(dict.fromkeys([*profiled, *contract, *left_out]))
    return tuple(
        _column(
            name,
            profiled.get(name, {}),
            contract.get(name),
            left_out.get(name),
            rows=rows,
            is_target=name == target,
        )
        for name in names
        if name is not None
    )


def _column(
    name: str,
    profiled: Record,
    contract: Record | None,
    left_out: Record | None,
    *,
    rows: int | None,
    is_target: bool,
) -> ColumnFacts:
    seen = contract or {}
    missing = count(profiled.get("missing"))
    categories, total = _categories(profiled, seen)
    kind = text(seen.get("kind")) or text(profiled.get("kind")) or "unknown"
    # The range of a text is that of its length, which nobody asks a card about.
    ranges = seen if kind != "text" else {}
    return ColumnFacts(
        name=name,
        kind=kind,
        role=_role(contract, left_out, is_target=is_target),
        missing_share=min(1.0, missing / rows) if rows and missing is not None else None,
        distinct=count(profiled.get("unique")),
        low=number(at(ranges, "minimum")) if contract else number(at(profiled, "min")),
        high=number(at(ranges, "maximum")) if contract else number(at(profiled, "max")),
        categories=categories,
        categories_total=total,
        reason=_reason(left_out),
    )


def _role(contract: Record | None, left_out: Record | None, *, is_target: bool) -> str:
    if is_target:
        return "target"
    if left_out is not None:
        return "sensitive" if text(left_out.get("reason")) == "sensitive" else "left_out"
    return "input" if contract is not None else "left_out"


def _reason(left_out: Record | None) -> str | None:
    if left_out is None:
        return None
    parts = text(left_out.get("reason")), text(left_out.get("detail"))
    return ": ".join(p for p in parts if p) or "no reason recorded"


def _categories(profiled: Record, contract: Record) -> tuple[tuple[str, ...], int | None]:
    """Names held by enough rows, most frequent first, and how many categories there are."""
    pairs = [
        (text(pair[0]), count(pair[1]))
        for pair in cast("list[object]", at(contract, "categories") or [])  # JSON of the contract
        if isinstance(pair, list | tuple) and len(pair) == 2
    ] or [(text(t.get("value")), count(t.get("count"))) for t in records(profiled.get("top"))]
    if not pairs:
        return (), None
    named = [name for name, rows in pairs if name and (rows or 0) >= MIN_ROWS_TO_NAME]
    total = count(profiled.get("unique"))
    return tuple(named[:MAX_CATEGORIES_SHOWN]), max(len(pairs), total or 0)


def _finding(found: Record) -> FindingFacts:
    numbers = record(found.get("evidence"))
    return FindingFacts(
        code=text(found.get("code")) or "unnamed",
        severity=text(found.get("severity")) or "info",
        column=text(found.get("column")),
        message=text(found.get("message")) or "",
        numbers={name: _number_or_text(value) for name, value in numbers.items()},
        remedy=text(found.get("remedy")),
    )


def _number_or_text(value: object) -> float | str:
    found = number(value)
    return found if found is not None else text(value) or ""


def _performance(inputs: CardInputs) -> Performance:
    results = inputs.gates.results
    metrics = [
        Metric(name=r.check, value=r.value, interval=r.interval, n=r.n, evidence=f"gates/{r.key}")
        for r in results
        if r.gate in _QUALITY_GATES and r.subject is None
    ]
    metrics += [
        Metric(name=name, value=number(value), evidence=f"run/metrics/{name}")
        for name, value in record(at(inputs.run, "metrics", "test.metrics", "scores")).items()
        if number(value) is not None
    ]
    curves = ((r, calibration_of(r)) for r in results)
    key, curve = next(((r.key, points) for r, points in curves if points), (None, ()))
    return Performance(
        metrics=tuple(metrics),
        calibration=curve,
        calibration_evidence=f"gates/{key}" if key else None,
    )


def _explanation(inputs: CardInputs) -> Explanation:
    known = {c: v for c, v in inputs.attribution.items() if number(v) is not None and v >= 0}
    total = sum(known.values())
    ordered = sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))
    return Explanation(
        method=inputs.explanation_method,
        background=inputs.explanation_background,
        ranking=tuple(
            Attribution(column=c, mean_abs=float(v), share=float(v / total) if total else 0.0)
            for c, v in ordered
        ),
        evidence="evidence/attributions",
    )


def _lineage(inputs: CardInputs) -> tuple[LineageStep, ...]:
    it = inputs.identity
    dataset = f"{inputs.dataset_name} v{inputs.dataset_version}"
    policy = f"{inputs.gates.policy} v{inputs.gates.policy_version}"
    return (
        LineageStep(noun="dataset version", name=dataset, content_digest=it.dataset_digest),
        LineageStep(noun="run", name=str(it.run_id), content_digest=it.run_digest),
        LineageStep(
            noun="bundle", name=f"{it.model} v{it.version}", content_digest=it.bundle_digest
        ),
        LineageStep(noun="policy", name=policy, content_digest=inputs.gates.policy_digest),
        LineageStep(noun="gate report", name=policy, content_digest=inputs.gates.digest()),
    )


def _change(inputs: CardInputs, performance: Performance) -> Change | None:
    before = inputs.previous
    if before is None:
        return None
    old = {m.name: m.value for m in before.performance.metrics}
    new = {m.name: m.value for m in performance.metrics}
    gates_old = {r.key: r.value for r in before.gates}
    gates_new = {r.key: r.value for r in inputs.gates.results}
    old, new = {**gates_old, **old}, {**gates_new, **new}
    return Change(
        previous_version=before.identity.version,
        previous_digest=before.digest(),
        figures=tuple(
            FigureChange(name=n, before=old.get(n), after=new.get(n))
            for n in sorted({*old, *new})
            if old.get(n) != new.get(n)
        ),
        notes=_notes(before, inputs),
    )


def _notes(before: ModelCard, inputs: CardInputs) -> tuple[str, ...]:
    pairs = (
        ("dataset", before.identity.dataset_digest, inputs.identity.dataset_digest),
        ("bundle", before.identity.bundle_digest, inputs.identity.bundle_digest),
        ("policy", before.policy_digest, inputs.gates.policy_digest),
    )
    return tuple(f"the {noun} is another one" for noun, old, new in pairs if old != new)


def _reproduction(inputs: CardInputs) -> Reproduction:
    # JSON data of the run: `plain` gives text keys and finite numbers.
    settings = cast("dict[str, Any]", plain(record(at(inputs.run, "settings", "spec"))))
    return Reproduction(
        settings=settings,
        seed=integer(at(inputs.run, "seed", "settings.seed")),
        versions=run_versions(inputs.run),
        expected_digest=inputs.identity.bundle_digest,
    )


def _without_nan(result: CheckResult) -> CheckResult:
    """The same result; NaN and infinity in its details become None."""
    return result.model_copy(update={"details": plain(result.details)})
