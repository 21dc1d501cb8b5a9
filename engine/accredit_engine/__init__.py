"""AutoML: a DataFrame in, a fitted model and its record out. Knows no user, no database, no HTTP.

Importing this package is cheap: names that need scikit-learn or pandas are loaded when first used.
"""

import importlib
from typing import TYPE_CHECKING, Final

from accredit_engine.bundle.contract import Contract
from accredit_engine.bundle.digests import verify_digests
from accredit_engine.errors import EngineError

if TYPE_CHECKING:
    from accredit_engine.automl import AutoML
    from accredit_engine.bundle.bundle import load_bundle
    from accredit_engine.data.finding import Finding
    from accredit_engine.evaluation.costs import CostMatrix
    from accredit_engine.evaluation.custom_score import CustomScore
    from accredit_engine.model import Attributions, FittedModel
    from accredit_engine.record import Progress, RunRecord
    from accredit_engine.search.limits import Limits
    from accredit_engine.search.mitigation import Mitigation

__all__ = [
    "Attributions",
    "AutoML",
    "Contract",
    "CostMatrix",
    "CustomScore",
    "EngineError",
    "Finding",
    "FittedModel",
    "Limits",
    "Mitigation",
    "Progress",
    "RunRecord",
    "load_bundle",
    "verify_digests",
]

_HOMES: Final = {
    "Attributions": "accredit_engine.model",
    "AutoML": "accredit_engine.automl",
    "CostMatrix": "accredit_engine.evaluation.costs",
    "CustomScore": "accredit_engine.evaluation.custom_score",
    "Finding": "accredit_engine.data.finding",
    "FittedModel": "accredit_engine.model",
    "Limits": "accredit_engine.search.limits",
    "load_bundle": "accredit_engine.bundle.bundle",
    "Mitigation": "accredit_engine.search.mitigation",
    "Progress": "accredit_engine.record",
    "RunRecord": "accredit_engine.record",
}


def __getattr__(name: str) -> object:
    """Load a heavy name on first use (PEP 562)."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)
