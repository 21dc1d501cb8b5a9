"""The worker program of the tests: `python -m tests.platform.jobs.sample_worker OPTIONS`."""

import argparse
import json
import logging
import sys
from pathlib import Path

from accredit_platform.jobs.context import JobLimits, Tick
from accredit_platform.jobs.worker import PRELOAD, run_worker
from accredit_platform.settings import Settings
from tests.platform.jobs import sample_handlers

HANDLERS = "tests.platform.jobs.sample_handlers"
KINDS = (
    "quick",
    "telling",
    "endless",
    "searching",
    "second_time",
    "deaf",
    "refusing",
    "refusing_engine",
    "broken",
    "crashing",
    "leaving",
    "greedy",
    "looking_around",
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    parser.add_argument("--lifeline", action="store_true")
    parser.add_argument("--heavy", action="store_true")
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--memory", type=int)
    parser.add_argument("--concurrency", type=int, default=1)
    options = parser.parse_args()
    settings = Settings(**json.loads(options.settings))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(message)s")

    def tick() -> None:
        modules = [name for name in ("sklearn", "lightgbm", "shap") if name in sys.modules]
        (Path(settings.home) / "tick.json").write_text(json.dumps(modules))

    run_worker(
        settings,
        handlers={kind: f"{HANDLERS}:{kind}" for kind in KINDS},
        ticks=[Tick("sample", 0.2, tick)],
        on_end=sample_handlers.tell,
        lifeline=options.lifeline,
        concurrency=options.concurrency,
        limits=JobLimits(time_s=options.time_limit, memory_bytes=options.memory),
        preload=PRELOAD if options.heavy else (),
    )


if __name__ == "__main__":
    main()
