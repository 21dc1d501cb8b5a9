"""From a frame and settings to what a search needs: inputs, target, roles and findings.

Procedure: 1. refuse what cannot be learned from; 2. read the target; 3. read kinds and give every
column a role; 4. decode the inputs; 5. look for leakage, then drop or refuse; 6. look for equal
rows, groups and time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, Label, LeftOut, Reason, Task
from accredit_engine.data.checks import column_findings, outlier_findings, table_findings
from accredit_engine.data.design import group_names, read_design
from accredit_engine.data.duplicates import find_duplicates
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.kinds import holds_nested, infer_kinds
from accredit_engine.data.leakage import find_leaks
from accredit_engine.data.schema import (
    ColumnSchema,
    Table,
    column_schema,
    decode,
    uniform,
    with_text_names,
)
from accredit_engine.data.source import refuse_columns
from accredit_engine.data.structure import group_structure, time_structure
from accredit_engine.data.target import class_findings, read_target, rows_with_target
from accredit_engine.errors import (
    EmptyFrame,
    LeakageFound,
    MissingTarget,
    NestedColumns,
    NoUsableColumns,
    UnknownColumn,
    UnknownSensitiveFeature,
)

_KINDS_LEFT_OUT: Final = {
    Kind.IDENTIFIER: Reason.IDENTIFIER,
    Kind.CONSTANT: Reason.CONSTANT,
}


@dataclass(frozen=True, slots=True)
class Roles:
    """What the caller says about the columns.

    Attributes:
        target: The column to predict.
        sensitive: Columns that are never inputs, kept for fairness.
        exclude: Columns that are ignored.
        kinds: Kinds stated by the caller, by column.
        favourable: The class that is good for the person; None takes the last class.
        leakage: Whether leaking columns are dropped (quarantine) or refused (refuse).
        groups: Rows with the same value here belong together, e.g. one customer; no input.
        time: When a row was known: a time or a number; it stays an input.
        weight: How much a row counts; no input.
    """

    target: str
    sensitive: tuple[str, ...]
    exclude: tuple[str, ...]
    kinds: Mapping[str, str]
    favourable: Label | None
    leakage: str
    groups: str | None = None
    time: str | None = None
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training table, ready for a search.

    Attributes:
        task: What is predicted.
        frame: The rows that are used, as given; input columns of mixed types are made uniform.
        schema: Inputs in order.
        table: The inputs, decoded.
        y: float64 (n,): the target; 1 for the favourable class; or the position of the class.
        classes: Classes in ascending order; empty for regression.
        favourable: The favourable class; None unless binary.
        groups: Group of every row by sensitive feature; missing values are `unknown`.
        kinds: Kind of every column of the frame but the target.
        left_out: Columns that are no inputs, and why.
        findings: What a person should know, critical first.
        group_of: int64 (n,): group of every row, from 0; a missing group is a group of one. None
            when no groups were named.
        time_of: float64 (n,): epoch seconds, or the number in the time column; never NaN. None when
            no time was named.
        weight: float64 (n,): weights, at least 0; None when none were named.
        duplicates: int64 (n,): equal for rows whose inputs are copies of each other, which must
            share a fold; all different when there are no copies.
    """

    task: Task
    frame: pd.DataFrame
    schema: tuple[ColumnSchema, ...]
    table: Table
    y: NDArray[np.float64]
    classes: tuple[Label, ...]
    favourable: Label | None
    groups: Mapping[str, NDArray[np.str_]]
    kinds: Mapping[str, Kind]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]
    group_of: NDArray[np.int64] | None
    time_of: NDArray[np.float64] | None
    weight: NDArray[np.float64] | None
    duplicates: NDArray[np.int64]

    @property
    def outputs(self) -> int:
        """Number of margins per row: one, or one per class for multiclass."""
        return len(self.classes) if self.task is Task.MULTICLASS else 1


def prepare(frame: pd.DataFrame, roles: Roles, *, task: Task, seed: int) -> Prepared:
    """Prepare a frame, which is not changed.

    Raises:
        EngineError: one of the subclasses named in `errors`, for data that cannot be learned from.
    """
    # 1. Refuse.
    frame = with_text_names(frame)
    _refuse(frame, roles)
    # 2. Target.
    used, findings = rows_with_target(frame, roles.target)
    column = used[roles.target]
    y, classes, favourable = read_target(
        column, name=roles.target, task=task, favourable=roles.favourable
    )
    if task is not Task.REGRESSION:
        findings += class_findings(column, roles.target)
    # 3. Roles.
    inputs = used.drop(columns=[roles.target])
    kinds = infer_kinds(inputs, overrides=roles.kinds)
    left_out = _left_out(kinds, roles, inputs)
    dropped = {column.name for column in left_out}
    design = read_design(inputs, groups=roles.groups, time=roles.time, weight=roles.weight)
    findings += table_findings(used) + design.findings
    findings += column_findings(inputs, _judged(kinds, roles))
    # 4. Decode.
    schema = tuple(
        column_schema(inputs[name], name, kind, stated=name in roles.kinds)
        for name, kind in kinds.items()
        if name not in dropped
    )
    _refuse_nothing(schema)
    table = decode(inputs, schema)
    findings += outlier_findings(table, schema)
    # 5. Leakage.
    reports, leaks = find_leaks(
        table, y, schema, target=roles.target, task=task, seed=seed, known_at=design.epoch_s
    )
    if leaks and roles.leakage == "refuse":
        raise _leakage_error(reports, leaks)
    schema = tuple(column for column in schema if column.name not in leaks)
    _refuse_nothing(schema)
    table = table.only([column.name for column in schema]) if leaks else table
    left_out += [
        LeftOut(name, Reason.LEAKAGE, next(r.message for r in reports if r.column == name))
        for name in leaks
    ]
    # 6. Structure.
    duplicates, repeats = find_duplicates(table, y, task=task)
    findings += repeats
    if roles.groups is None:
        findings += group_structure(inputs, kinds, y, task=task, skipped=_named(roles))
    if roles.time is None:
        findings += time_structure(table, y, schema, task=task, seed=seed)
    return Prepared(
        task=task,
        frame=uniform(used, schema, table),
        schema=schema,
        table=table,
        y=y,
        classes=classes,
        favourable=favourable,
        groups={name: group_names(used[name]) for name in roles.sensitive},
        kinds=kinds,
        left_out=tuple(left_out),
        findings=tuple(sorted([*reports, *findings], key=_gravity)),
        group_of=design.group_of,
        time_of=design.time_of,
        weight=design.weight,
        duplicates=duplicates,
    )


def _gravity(finding: Finding) -> int:
    return [Severity.CRITICAL, Severity.WARNING, Severity.INFO].index(finding.severity)


def _refuse(frame: pd.DataFrame, roles: Roles) -> None:
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        message = f"the frame has {frame.shape[0]} rows and {frame.shape[1]} columns"
        raise EmptyFrame(message)
    refuse_columns([str(name) for name in frame.columns])
    if roles.target not in frame.columns:
        message = f"the target {roles.target!r} is no column of the frame"
        raise MissingTarget(message)
    for name in roles.sensitive:
        if name not in frame.columns or name == roles.target:
            message = f"the sensitive feature {name!r} is no column of the frame beside the target"
            raise UnknownSensitiveFeature(message)
    parts = [
        *(("exclude", name) for name in roles.exclude),
        ("groups", roles.groups),
        ("time", roles.time),
        ("weight", roles.weight),
    ]
    for part, named in parts:
        if named is not None and (named not in frame.columns or named == roles.target):
            message = f"{part} names {named!r}, which is no column of the frame beside the target"
            raise UnknownColumn(message)
    nested = [str(name) for name in frame.columns if holds_nested(frame[name])]
    if nested:
        raise NestedColumns(nested)


def _named(roles: Roles) -> frozenset[str]:
    """Columns that the caller gave a part to play other than input."""
    parts = (roles.groups, roles.weight, *roles.sensitive, *roles.exclude)
    return frozenset(name for name in parts if name is not None)


def _judged(kinds: Mapping[str, Kind], roles: Roles) -> dict[str, Kind]:
    named = _named(roles)
    return {name: kind for name, kind in kinds.items() if name not in named}


def _left_out(kinds: Mapping[str, Kind], roles: Roles, inputs: pd.DataFrame) -> list[LeftOut]:
    left_out = []
    for name, kind in kinds.items():
        if name in roles.sensitive:
            left_out.append(LeftOut(name, Reason.SENSITIVE, "named as a sensitive feature"))
        elif name in roles.exclude:
            left_out.append(LeftOut(name, Reason.EXCLUDED, "excluded by the caller"))
        elif name == roles.groups:
            left_out.append(LeftOut(name, Reason.GROUP, "says which rows belong together"))
        elif name == roles.weight:
            left_out.append(LeftOut(name, Reason.WEIGHT, "says how much a row counts"))
        elif kind is Kind.CONSTANT and not inputs[name].notna().any():
            left_out.append(LeftOut(name, Reason.EMPTY, "has no values"))
        elif kind in _KINDS_LEFT_OUT:
            left_out.append(LeftOut(name, _KINDS_LEFT_OUT[kind], f"is of kind {kind.value}"))
    return left_out


def _refuse_nothing(schema: Sequence[ColumnSchema]) -> None:
    if not schema:
        message = "no column is left as an input: all are constant, identifiers, leaks or excluded"
        raise NoUsableColumns(message)


def _leakage_error(reports: Sequence[Finding], leaks: tuple[str, ...]) -> LeakageFound:
    evidence = "; ".join(report.message for report in reports if report.column in leaks)
    message = (
        f"{evidence}. If they are known only after the outcome, fit with exclude={list(leaks)}; "
        'leakage="quarantine" drops and reports them'
    )
    return LeakageFound(message, columns=leaks)
