"""The target: which rows have one, what is learned from it, and whether there is enough of it.

Limits: at most 5 % of the values missing, 30 rows, 10 rows per class of two. Of several classes two
must have 10 rows; rarer ones are kept with a warning, because a class of one row still has a name
that the model must be able to answer.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Label, Task
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.errors import (
    ConstantTarget,
    MissingTargetValues,
    RareClass,
    TooFewRows,
    UnfitTarget,
    UnknownFavourableClass,
    WrongClassCount,
)

MIN_ROWS: Final = 30
MIN_CLASS_ROWS: Final = 10
"""Two rows in each of five folds."""
_MAX_MISSING: Final = 0.05
_MAX_CLASSES: Final = 100
_RARE_SHARE: Final = 0.1
_NAMED: Final = 10


def rows_with_target(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows whose target is known and finite, and a finding when others were dropped.

    Raises:
        MissingTargetValues: the target is missing too often.
        TooFewRows: fewer than `MIN_ROWS` are left.
    """
    known = frame[target].notna()
    if pd.api.types.is_float_dtype(frame[target].dtype):
        known &= ~np.isinf(frame[target].to_numpy(dtype=np.float64, na_value=np.nan))
    missing = int((~known).sum())
    share = missing / len(frame)
    if share >= _MAX_MISSING:
        message = (
            f"the target {target!r} is missing in {missing} of {len(frame)} rows ({share:.1%}); "
            f"below {_MAX_MISSING:.0%} the rows are dropped; find out why they are missing"
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


def read_target(
    column: pd.Series, *, name: str, task: Task, favourable: Label | None
) -> tuple[NDArray[np.float64], tuple[Label, ...], Label | None]:
    """Target (n,), classes in ascending order, and the favourable class.

    The target is the number itself, 1 for the favourable class of two, or the position of the
    class.

    Raises:
        ConstantTarget, UnfitTarget, WrongClassCount, RareClass: it does not suit the task.
        UnknownFavourableClass: `favourable` is no class.
    """
    if column.nunique() < 2:
        message = f"the target {name!r} has a single value: nothing can be learned"
        raise ConstantTarget(message)
    if task is Task.REGRESSION:
        if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(
            column.dtype
        ):
            message = f"the target {name!r} is {column.dtype}; regression needs numbers"
            raise UnfitTarget(message)
        return column.to_numpy(dtype=np.float64), (), None
    classes = _classes(column, name)
    _refuse_classes(classes, column, name, task)
    codes = pd.Categorical(column.astype(object), categories=list(classes)).codes
    y = np.asarray(codes, dtype=np.float64)
    if task is Task.MULTICLASS:
        return y, classes, None
    wanted = classes[-1] if favourable is None else favourable
    if wanted not in classes:
        message = f"the favourable class {wanted!r} is not among {list(classes)}"
        raise UnknownFavourableClass(message)
    wanted = classes[classes.index(wanted)]
    return (y == classes.index(wanted)).astype(np.float64), classes, wanted


def class_findings(column: pd.Series, target: str) -> list[Finding]:
    """Imbalance of the classes, and classes too rare for two rows in every fold."""
    counts = {str(label): int(count) for label, count in column.value_counts().items() if count}
    findings = _rare_classes(counts, target)
    fewest, rows = min(counts.values()), sum(counts.values())
    share = fewest / rows
    if share < _RARE_SHARE:
        findings.append(
            Finding(
                "class_imbalance",
                Severity.WARNING if share < 0.05 else Severity.INFO,
                target,
                f"the rarest class has {fewest} of {rows} rows",
                {"rows": fewest, "share": round(share, 6)},
                "Judge by AUC or average precision, not by accuracy.",
            )
        )
    return findings


def _rare_classes(counts: Mapping[str, int], target: str) -> list[Finding]:
    rare = sorted((rows, name) for name, rows in counts.items() if rows < MIN_CLASS_ROWS)
    if not rare:
        return []
    named = ", ".join(f"{name!r} ({rows})" for rows, name in rare[:_NAMED])
    more = f" and {len(rare) - _NAMED} more" if len(rare) > _NAMED else ""
    return [
        Finding(
            "rare_class",
            Severity.WARNING,
            target,
            f"{len(rare)} classes have fewer than {MIN_CLASS_ROWS} rows: {named}{more}",
            {"classes": len(rare), "fewest_rows": rare[0][0], "rows": sum(row for row, _ in rare)},
            "Merge rare classes, or collect more rows: scores say nothing about them.",
        )
    ]


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
    counts = column.value_counts()
    second = int(counts.iloc[1])
    if second < MIN_CLASS_ROWS:
        members = "1 member" if second == 1 else f"{second} members"
        what = "a class" if task is Task.BINARY else "the second largest class"
        needs = "each needs" if task is Task.BINARY else "two classes need"
        message = (
            f"{what} of {target!r} has {members}; {needs} at least {MIN_CLASS_ROWS} to be learned "
            "and checked; collect more rows of it"
        )
        raise RareClass(message)
