"""The API process stays light, and the command starts where settings say."""

import asyncio
import json
import subprocess
import sys
import threading
import time

import httpx2
import uvicorn
from starlette.types import Receive, Scope, Send

from accredit_platform.server import Service

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


def test_streams_are_told_that_the_service_stops() -> None:
    stopping = threading.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while not stopping.is_set():
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    config = uvicorn.Config(stream, port=0, lifespan="off", log_level="warning")
    service = Service(config, stopping)
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    while not service.started:
        time.sleep(0.01)
    port = service.servers[0].sockets[0].getsockname()[1]
    with httpx2.stream("GET", f"http://127.0.0.1:{port}/") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"x"
        service.should_exit = True
        assert list(parts) == []
    thread.join(5)

    assert not thread.is_alive()


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
