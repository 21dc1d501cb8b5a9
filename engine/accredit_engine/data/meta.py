"""Meta-features: what a table is like, in numbers that place it among earlier ones.

A warm start looks for the nearest earlier run. All values are finite; logarithms are natural.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.schema import Table

_SKEW_ROWS: Final = 5_000
_MAX_SKEW: Final = 50.0


def meta_features(table: Table, y: NDArray[np.float64], task: Task) -> dict[str, float]:
    """Meta-features of a table, by name; the same names in the same order for every table.

    Args:
        table: Inputs.
        y: float64 (n,): target, or positions of classes.
        task: What is predicted.

    Returns:
        log_rows, log_columns, log_rows_per_column; share_numeric (with booleans and times),
        share_categorical (with ordinals), share_text, in [0, 1]; missing_share of all cells;
        log_max_cardinality of the categoricals; mean_abs_skew of the numbers; classes,
        class_entropy (1 is balanced) and rarest_class_share, 0 for regression; target_skew, 0 for
        classes.
    """
    columns = len(table.numbers) + len(table.codes) + len(table.texts)
    shared = max(columns, 1)
    sample = np.linspace(0, table.rows - 1, min(table.rows, _SKEW_ROWS)).astype(np.intp)
    skews = [abs(_skew(values[sample])) for values in table.numbers.values()]
    levels = [int(codes.max()) + 1 for codes in table.codes.values()]
    classes, entropy, rarest = _class_shape(y, task)
    return {
        "log_rows": float(np.log(max(table.rows, 1))),
        "log_columns": float(np.log(shared)),
        "log_rows_per_column": float(np.log(max(table.rows, 1) / shared)),
        "share_numeric": len(table.numbers) / shared,
        "share_categorical": len(table.codes) / shared,
        "share_text": len(table.texts) / shared,
        "missing_share": _missing_share(table, columns),
        "log_max_cardinality": float(np.log(max([1, *levels]))),
        "mean_abs_skew": float(np.mean(skews)) if skews else 0.0,
        "classes": float(classes),
        "class_entropy": entropy,
        "rarest_class_share": rarest,
        "target_skew": _skew(y) if task is Task.REGRESSION else 0.0,
    }


def _missing_share(table: Table, columns: int) -> float:
    missing = sum(int(np.isnan(values).sum()) for values in table.numbers.values())
    missing += sum(int((codes == MISSING).sum()) for codes in table.codes.values())
    missing += sum(int((texts == "").sum()) for texts in table.texts.values())
    return missing / max(columns * table.rows, 1)


def _class_shape(y: NDArray[np.float64], task: Task) -> tuple[int, float, float]:
    if task is Task.REGRESSION:
        return 0, 0.0, 0.0
    counts = np.bincount(y.astype(np.int64))
    shares = counts[counts > 0] / len(y)
    entropy = float(-(shares * np.log(shares)).sum() / np.log(max(len(shares), 2)))
    return len(shares), entropy, float(shares.min())


def _skew(values: NDArray[np.float64]) -> float:
    """Skewness, clipped to [-50, 50]; 0 for constants."""
    present = values[~np.isnan(values)]
    if not len(present):
        return 0.0
    largest = float(np.abs(present).max())
    # Scaled first: cubes of large numbers overflow.
    scaled = present / largest if largest > 0 else present
    centred = scaled - scaled.mean()
    spread = float(np.sqrt((centred**2).mean()))
    if spread < 1e-9:
        return 0.0
    return float(np.clip(((centred / spread) ** 3).mean(), -_MAX_SKEW, _MAX_SKEW))
