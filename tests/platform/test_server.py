"""The API process stays light, and the command starts where settings say."""

import json
import subprocess
import sys

HEAVY = {
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "lightgbm",
    "shap",
    "fairlearn",
    "evidently",
    "dbos",
    "optuna",
}
PROGRAM = """
import json, sys, tempfile
from pathlib import Path
import accredit_platform.server
import accredit_platform.cli.main
from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare
settings = Settings(home=Path(tempfile.mkdtemp()) / "home")
prepare(settings)
services = open_services(settings)
create_app(services)
services.close()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_the_api_process_loads_no_job_engine_and_no_learning_library() -> None:
    answer = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    loaded = set(json.loads(answer.stdout))

    assert {"accredit_governance", "fastapi", "sqlalchemy"} <= loaded
    assert not loaded & HEAVY
