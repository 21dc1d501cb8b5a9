"""The program of a model process: `python -m accredit_platform.serving.host BUNDLE DIGEST`.

It alone loads the libraries of the model; a model that kills its process kills nothing else.

1. The digests of all files are compared before anything is parsed.
2. The bundle is loaded, which makes the golden rows come out exactly as recorded.
3. Requests are answered until the other side closes the connection, which is standard input (a
   socket); then the process ends at once. Standard output leads to the log, so a library that
   prints disturbs nobody.
"""

import argparse
import importlib
import logging
import os
import queue
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from accredit_engine.bundle.digests import MANIFEST, verify_digests
from accredit_engine.errors import DamagedBundle, EngineError
from accredit_platform.jobs.confinement import confine
from accredit_platform.log_lines import write_log
from accredit_platform.serving import frames

_LOG: Final = logging.getLogger(__name__)
_PREDICTOR: Final = "accredit_platform.serving.predictor"


class Answerer(Protocol):
    """What a predictor does; it is loaded late, so only its shape is known here."""

    def answer(self, rows: Sequence[Mapping[str, Any]], *, reasons: bool) -> list[dict[str, Any]]:
        """One answer per row."""
        ...


def main() -> int:
    """Serve one bundle until nobody asks any more."""
    parser = argparse.ArgumentParser(prog="accredit-model-host")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("digest")
    parser.add_argument("--memory-bytes", type=int)
    options = parser.parse_args()
    write_log()
    channel = _standard_input()
    try:
        answerer = _load(options.bundle, options.digest)
    except EngineError as error:
        frames.send(channel, _refusal(error))
        return 1
    confine(options.memory_bytes)
    frames.send(channel, {"ready": True})
    requests: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(channel, requests), daemon=True).start()
    while True:
        frames.send(channel, _reply(answerer, requests.get()))


def _load(bundle: Path, digest: str) -> Answerer:
    found = verify_digests(bundle)
    if found != digest:
        raise DamagedBundle("the bundle is not the one that was asked for", file=MANIFEST)
    # Loaded only now: a damaged bundle is refused in a moment, without the libraries.
    answerer: Answerer = importlib.import_module(_PREDICTOR).Predictor(bundle)
    return answerer


def _reply(answerer: Answerer, request: Mapping[str, Any]) -> Mapping[str, object]:
    try:
        answers = answerer.answer(request["rows"], reasons=request["reasons"])
    except EngineError as error:
        return _refusal(error)
    return {"answers": answers}


def _refusal(error: EngineError) -> Mapping[str, object]:
    return {"refused": {"code": error.code, "message": str(error)}}


def _read(channel: socket.socket, requests: "queue.SimpleQueue[Mapping[str, Any]]") -> None:
    # A thread of its own, so that the end of the parent is noticed in the middle of an answer.
    try:
        while True:
            requests.put(frames.receive(channel))
    except (frames.BrokenFrame, OSError):
        os._exit(0)


def _standard_input() -> socket.socket:
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


if __name__ == "__main__":
    sys.exit(main())
