"""One fit of one framework, in the framework's own interpreter. Started by `runner.py`.

    python one_run.py probe NAME,NAME     prints versions as JSON; null for absent frameworks
    python one_run.py fit FOLDER          reads job.json, train.parquet and test.parquet there;
                                          writes predicted.npy and outcome.json

The process never sees the target of the test rows.
"""

import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from peers import PEERS, Fitted, Job, Peer

_MAX_ROWS: Final = 40
_MAX_SECONDS: Final = 10.0


def is_installed(peer: Peer) -> bool:
    """Whether its module can be found."""
    try:
        return importlib.util.find_spec(peer.module) is not None
    except ModuleNotFoundError:
        return False


def version_of(peer: Peer) -> str:
    """Installed version, and that of Python."""
    own = "" if peer.distribution is None else importlib.metadata.version(peer.distribution)
    return f"{own} (Python {platform.python_version()})".strip()


def plain_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Text as objects and missing text as NaN, whichever pandas read it."""
    texts = [name for name in frame.columns if _is_text(frame[name])]
    return frame.assign(
        **{name: frame[name].astype(object).where(frame[name].notna(), np.nan) for name in texts}
    )


def _is_text(column: "pd.Series[Any]") -> bool:  # Any: whatever the file holds.
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def row_times_ms(fitted: Fitted, test: pd.DataFrame) -> list[float]:
    """Milliseconds of single-row predictions, after one that is not counted."""
    fitted.predict(test.iloc[[0]])
    started, times = time.perf_counter(), []
    for at in range(min(_MAX_ROWS, len(test))):
        row = test.iloc[[at]].reset_index(drop=True)
        before = time.perf_counter()
        fitted.predict(row)
        times.append(1000 * (time.perf_counter() - before))
        if time.perf_counter() - started > _MAX_SECONDS:
            break
    return times


def megabytes(path: Path) -> float:
    """Size of a file or folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def fit(folder: Path) -> None:
    """Fit, predict, time, save."""
    document = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    job = Job(**{**document, "classes": tuple(document["classes"]), "scratch": folder})
    peer = PEERS[job.framework]
    train = plain_objects(pd.read_parquet(folder / "train.parquet"))
    test = plain_objects(pd.read_parquet(folder / "test.parquet"))
    marks = [time.perf_counter()]
    importlib.import_module(peer.module)
    marks.append(time.perf_counter())
    if peer.start is not None:
        peer.start(job)
    marks.append(time.perf_counter())
    fitted = peer.fit(job, train)
    marks.append(time.perf_counter())
    fitted.load()
    started = time.perf_counter()
    predicted = fitted.predict(test)
    predict_s = time.perf_counter() - started
    np.save(folder / "predicted.npy", predicted)
    times = row_times_ms(fitted, test)
    (folder / "saved").mkdir()
    kept = fitted.save(folder / "saved")
    steps = zip(("import_s", "start_s", "fit_s"), np.diff(marks).tolist(), strict=True)
    outcome = {
        **dict(steps),
        "predict_s": predict_s,
        "row_p50_ms": float(np.percentile(times, 50)),
        "row_p95_ms": float(np.percentile(times, 95)),
        "rows_timed": len(times),
        "model_mb": megabytes(kept),
    }
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    fitted.close()


def main(command: str, argument: str) -> int:
    """See the module."""
    # Modules of this folder must not stand in for packages of the frameworks.
    sys.path.remove(str(Path(__file__).resolve().parent))
    if command == "fit":
        fit(Path(argument))
        return 0
    asked = {name: PEERS[name] for name in argument.split(",")}
    versions = {n: version_of(peer) if is_installed(peer) else None for n, peer in asked.items()}
    print(json.dumps(versions))
    return 0


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity") and "BENCHMARK_CORES" in os.environ:
        os.sched_setaffinity(0, {int(core) for core in os.environ["BENCHMARK_CORES"].split(",")})
    sys.exit(main(*sys.argv[1:3]))
