"""A large made-up table of applicants: numbers, categories, missing values, two features of groups.

Numbers come in correlated blocks, as columns of one bureau do. The outcome depends on some of them,
on a category and on two numbers together; nothing depends on the groups but a few weak proxies.
"""

from typing import Final

import numpy as np
import pandas as pd

TARGET: Final = "repaid"
SENSITIVE: Final = ("race", "sex")
RISING: Final = ("number 0", "number 5")
"""Columns with which the chance of the favourable outcome rises."""

_BLOCK: Final = 7
_MISSING: Final = 0.03
_CATEGORY_SHARE: Final = 0.3


def applicants(rows: int, columns: int, *, seed: int = 0) -> pd.DataFrame:
    """A table with `columns` columns beside the target, two of them sensitive."""
    random = np.random.default_rng(seed)
    categories = round(_CATEGORY_SHARE * (columns - len(SENSITIVE)))
    numbers = columns - len(SENSITIVE) - categories
    race = random.choice(["a", "b", "c", "d"], rows, p=[0.6, 0.2, 0.15, 0.05])
    frame: dict[str, object] = {}
    margin = np.zeros(rows)
    for at in range(numbers):
        if at % _BLOCK == 0:
            common = random.normal(size=rows)
        values = 0.6 * common + 0.8 * random.normal(size=rows)
        if at % _BLOCK == 3:
            values = values + 0.2 * (race == "b")
        if at % 5 == 0:
            margin += values / (1 + at / 5)
        if at % 4 == 1:
            values = np.round(np.exp(values))
        holes = random.random(rows) < _MISSING
        frame[f"number {at}"] = np.where(holes, np.nan, values) if at % 3 == 2 else values
    for at in range(categories):
        levels = 3 + 5 * (at % 8)
        codes = np.minimum(random.geometric(2.5 / levels, rows) - 1, levels - 1)
        names = np.array([f"level {level}" for level in range(levels)])
        frame[f"category {at}"] = names[codes]
        if at < 3:
            margin += 0.3 * np.sin(codes)
    first, second = (np.asarray(frame[f"number {at}"]) for at in (0, min(7, numbers - 1)))
    margin += 0.5 * np.clip(first * second, -2, 2) + random.logistic(size=rows)
    frame |= {"race": race, "sex": random.choice(["female", "male"], rows)}
    return pd.DataFrame({**frame, TARGET: (margin > -0.5).astype(int)})
