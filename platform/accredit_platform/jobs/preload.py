"""The libraries that jobs need, loaded once in the fork server so that a job starts in no time.

Import this nowhere else: the point is that the worker and the API process never load them.
A library that is missing or cannot be loaded (LightGBM without libgomp is an OSError) is left out:
the job that needs it says so itself. Evidently is left out on purpose: it doubles the memory, and
only drift reports use it.
"""

import contextlib
import importlib
from typing import Final

MODULES: Final = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "lightgbm",
    "optuna",
    "shap",
    "fairlearn.metrics",
    "fairlearn.postprocessing",
)

for _module in MODULES:
    with contextlib.suppress(ImportError, OSError):
        importlib.import_module(_module)
