"""What a person should know about the rows that a model built elsewhere was trained on."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from accredit_engine.data.finding import Finding
from accredit_engine.data.preparation import Roles, prepare
from accredit_engine.errors import EngineError
from accredit_engine.external.stated import Stated

_SEED: Final = 0


def findings_of(
    rows: pd.DataFrame, stated: Stated, sensitive: Sequence[str]
) -> tuple[Finding, ...] | None:
    """Findings as a run would make them of the same rows, all columns included.

    None when a run could not learn from such rows, and so would not have looked at them either.
    """
    inputs = {column.name: column.kind.value for column in stated.inputs}
    roles = Roles(
        target=stated.target,
        sensitive=tuple(name for name in sensitive if name in rows and name not in inputs),
        exclude=(),
        kinds=inputs,
        favourable=stated.favourable,
        leakage="quarantine",
    )
    try:
        return prepare(rows, roles, task=stated.task, seed=_SEED).findings
    except EngineError:
        return None
