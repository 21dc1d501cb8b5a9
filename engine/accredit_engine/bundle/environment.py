"""Versions of what a model was made with."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

PACKAGES: Final = (
    "accredit",
    "fairlearn",
    "lightgbm",
    "numpy",
    "optuna",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "shap",
)


def versions() -> dict[str, str]:
    """Version of Python and of each package; `absent` when it is not installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def environment_text() -> str:
    """Versions and kind of machine, one `name==version` per line."""
    lines = [f"{name}=={number}" for name, number in sorted(versions().items())]
    lines.append(f"platform=={platform.system().lower()}-{platform.machine()}")
    return "\n".join(lines) + "\n"
