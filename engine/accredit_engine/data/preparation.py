"""From a frame and settings to what a search needs: inputs, target, roles and findings.

Procedure: 1. refuse what cannot be learned from; 2. read the target; 3. read kinds and give every
column a role; 4. decode the inputs; 5. look for leakage, then drop or refuse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, Label, LeftOut, Reason, Task
from accredit_engine.data.checks import class_findings, column_findings, table_findings
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.leakage import leakage_findings, strengths
from accredit_engine.data.schema import (
    ColumnSchema,
    Table,
    decode,
    infer_kinds,
    levels_of,
    with_text_names,
)
from accredit_engine.data.source import refuse_columns
from accredit_engine.data.split import fold_count
from accredit_engine.errors import (
    ConstantTarget,
    EmptyFrame,
    LeakageFound,
    MissingTarget,
    MissingTargetValues,
    NoUsableColumns,
    RareClass,
    TooFewRows,
    UnfitTarget,
    UnknownColumn,
    UnknownFavourableClass,
    UnknownSensitiveFeature,
    WrongClassCount,
)

MIN_ROWS: Final = 30
_MAX_MISSING_TARGET: Final = 0.05
_MAX_CLASSES: Final = 100
_KINDS_LEFT_OUT: Final = {
    Kind.IDENTIFIER: Reason.IDENTIFIER,
    Kind.CONSTANT: Reason.CONSTANT,
    Kind.TEXT: Reason.TEXT,
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
    """

    target: str
    sensitive: tuple[str, ...]
    exclude: tuple[str, ...]
    kinds: Mapping[str, str]
    favourable: Label | None
    leakage: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training table, ready for a search.

    Attributes:
        task: What is predicted.
        frame: The rows that are used, as given.
        schema: Inputs in order.
        table: The inputs, decoded.
        y: float64 (n,): the target; 1 for the favourable class; or the position of the class.
        classes: Classes in ascending order; empty for regression.
        favourable: The favourable class; None unless binary.
        groups: Group of every row by sensitive feature; missing values are `unknown`.
        kinds: Kind of every column of the frame but the target.
        left_out: Columns that are no inputs, and why.
        findings: What a person should know, critical first.
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
    used, findings = _rows_with_target(frame, roles.target)
    y, classes, favourable = _target(used[roles.target], roles, task)
    if task is not Task.REGRESSION:
        findings += class_findings(classes, _positions(y, classes, favourable, task), roles.target)
    # 3. Roles.
    inputs = used.drop(columns=[roles.target])
    kinds = infer_kinds(inputs, overrides=roles.kinds)
    left_out = _left_out(kinds, roles, inputs)
    dropped = {column.name for column in left_out}
    caller_dropped = {*roles.sensitive, *roles.exclude}
    judged = {name: kind for name, kind in kinds.items() if name not in caller_dropped}
    findings += table_findings(used, [str(name) for name in used.columns])
    findings += column_findings(inputs, judged)
    # 4. Decode.
    schema = tuple(
        ColumnSchema(name, kind, levels_of(inputs[name]) if kind is Kind.CATEGORICAL else ())
        for name, kind in kinds.items()
        if name not in dropped
    )
    _refuse_nothing(schema)
    table = decode(inputs, schema)
    # 5. Leakage.
    found = strengths(table, y, schema, task=task, seed=seed)
    reports, leaks = leakage_findings(found, target=roles.target, task=task)
    if leaks and roles.leakage == "refuse":
        raise _leakage_error(reports, leaks)
    schema = tuple(column for column in schema if column.name not in leaks)
    _refuse_nothing(schema)
    left_out += [
        LeftOut(report.column, Reason.LEAKAGE, report.message)
        for report in reports
        if report.column is not None and report.column in leaks
    ]
    return Prepared(
        task=task,
        frame=used,
        schema=schema,
        table=decode(inputs, schema) if leaks else table,
        y=y,
        classes=classes,
        favourable=favourable,
        groups={name: group_names(used[name]) for name in roles.sensitive},
        kinds=kinds,
        left_out=tuple(left_out),
        findings=tuple(sorted([*reports, *findings], key=_gravity)),
    )


def group_names(column: pd.Series) -> NDArray[np.str_]:
    """Group of every row as text; missing values form the group `unknown`."""
    names = column.astype(object).where(column.notna(), "unknown")
    return np.asarray([str(name) for name in names], dtype=np.str_)


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
    for name in roles.exclude:
        if name not in frame.columns or name == roles.target:
            message = f"exclude names {name!r}, which is no column of the frame beside the target"
            raise UnknownColumn(message)


def _rows_with_target(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, list[Finding]]:
    known = frame[target].notna()
    if pd.api.types.is_float_dtype(frame[target].dtype):
        known &= ~np.isinf(frame[target].to_numpy(dtype=np.float64, na_value=np.nan))
    missing = int((~known).sum())
    share = missing / len(frame)
    if share >= _MAX_MISSING_TARGET:
        message = (
            f"the target {target!r} is missing in {missing} of {len(frame)} rows ({share:.1%}); "
            f"below {_MAX_MISSING_TARGET:.0%} the rows are dropped; find out why they are missing"
        )
        raise MissingTargetValues(message)
    if len(frame) - missing < MIN_ROWS:
        message = f"{len(frame) - missing} rows with a target; at least {MIN_ROWS} are needed"
        raise TooFewRows(message)
    if not missing:
        return frame.copy(deep=False), []
    finding = Finding(
        "missing_target",
        Severity.WARNING,
        target,
        f"{missing} rows without a target are dropped",
        {"rows": missing, "share": round(share, 6)},
        "Find out why the outcome is unknown; dropping can bias the model.",
    )
    return frame.loc[known].copy(deep=False), [finding]


def _target(
    column: pd.Series, roles: Roles, task: Task
) -> tuple[NDArray[np.float64], tuple[Label, ...], Label | None]:
    if column.nunique() < 2:
        message = f"the target {roles.target!r} has a single value: nothing can be learned"
        raise ConstantTarget(message)
    if task is Task.REGRESSION:
        if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(
            column.dtype
        ):
            message = f"the target {roles.target!r} is {column.dtype}; regression needs numbers"
            raise UnfitTarget(message)
        return column.to_numpy(dtype=np.float64), (), None
    classes = _classes(column, roles.target)
    _refuse_classes(classes, column, roles.target, task)
    codes = pd.Categorical(column.astype(object), categories=list(classes)).codes
    y = np.asarray(codes, dtype=np.float64)
    if task is Task.MULTICLASS:
        return y, classes, None
    favourable = classes[-1] if roles.favourable is None else roles.favourable
    if favourable not in classes:
        message = f"the favourable class {favourable!r} is not among {list(classes)}"
        raise UnknownFavourableClass(message)
    favourable = classes[classes.index(favourable)]
    return (y == classes.index(favourable)).astype(np.float64), classes, favourable


def _classes(column: pd.Series, target: str) -> tuple[Label, ...]:
    labels = []
    for value in column.unique():
        plain = value.item() if isinstance(value, np.generic) else value
        if not isinstance(plain, str | int | float | bool):
            message = f"the target {target!r} holds {type(plain).__name__}; use text or numbers"
            raise UnfitTarget(message)
        labels.append(plain)
    if len({isinstance(label, str) for label in labels}) > 1:
        message = f"the target {target!r} mixes text and numbers"
        raise UnfitTarget(message)
    return tuple(sorted(labels))


def _refuse_classes(classes: tuple[Label, ...], column: pd.Series, target: str, task: Task) -> None:
    count = len(classes)
    if task is Task.BINARY and count != 2:
        message = f"the target {target!r} has {count} classes; binary needs 2"
        raise WrongClassCount(message)
    if task is Task.MULTICLASS and not 3 <= count <= _MAX_CLASSES:
        message = f"the target {target!r} has {count} classes; multiclass takes 3 to {_MAX_CLASSES}"
        raise WrongClassCount(message)
    needed = 2 * fold_count(len(column))
    fewest = int(column.value_counts().min())
    if fewest < needed:
        message = f"a class of {target!r} has {fewest} members; each needs at least {needed}"
        raise RareClass(message)


def _positions(
    y: NDArray[np.float64], classes: tuple[Label, ...], favourable: Label | None, task: Task
) -> NDArray[np.float64]:
    if task is Task.BINARY and favourable == classes[0]:
        return 1 - y
    return y


def _left_out(kinds: Mapping[str, Kind], roles: Roles, inputs: pd.DataFrame) -> list[LeftOut]:
    left_out = []
    for name, kind in kinds.items():
        if name in roles.sensitive:
            left_out.append(LeftOut(name, Reason.SENSITIVE, "named as a sensitive feature"))
        elif name in roles.exclude:
            left_out.append(LeftOut(name, Reason.EXCLUDED, "excluded by the caller"))
        elif kind is Kind.CONSTANT and not inputs[name].notna().any():
            left_out.append(LeftOut(name, Reason.EMPTY, "has no values"))
        elif kind in _KINDS_LEFT_OUT:
            left_out.append(LeftOut(name, _KINDS_LEFT_OUT[kind], f"is of kind {kind.value}"))
    return left_out


def _refuse_nothing(schema: Sequence[ColumnSchema]) -> None:
    if not schema:
        message = "no column is left as an input: all are constant, identifiers, text or excluded"
        raise NoUsableColumns(message)


def _leakage_error(reports: Sequence[Finding], leaks: tuple[str, ...]) -> LeakageFound:
    evidence = "; ".join(report.message for report in reports if report.column in leaks)
    message = (
        f"{evidence}. If they are known only after the outcome, fit with exclude={list(leaks)}; "
        'leakage="quarantine" drops and reports them'
    )
    return LeakageFound(message, columns=leaks)
