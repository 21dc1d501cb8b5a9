"""A model process that misbehaves as the name of its bundle says, and loads no libraries."""

import os
import socket
import sys
import time
from pathlib import Path

from accredit_platform.serving import frames


def main() -> None:
    bundle = Path(sys.argv[1])
    channel = socket.socket(fileno=os.dup(0))
    if bundle.name == "slow_to_load":
        time.sleep(60)
    if bundle.name == "aborts_loading":
        os.abort()
    frames.send(channel, {"ready": True})
    while True:
        try:
            request = frames.receive(channel)
        except frames.BrokenFrame:
            return
        if bundle.name == "hangs":
            time.sleep(60)
        if bundle.name == "takes_its_time":
            time.sleep(0.02)
        if bundle.name == "crashes":
            os.abort()
        if bundle.name == "crashes_once" and not (trace := bundle.with_suffix(".trace")).exists():
            trace.touch()
            os.abort()
        if bundle.name == "babbles":
            channel.sendall(b"\xff\xff\xff\xff nonsense")
        if bundle.name == "too_few":
            frames.send(channel, {"answers": []})
        if {"bad": True} in request["rows"]:
            frames.send(channel, {"refused": {"code": "unfit", "message": "a bad row"}})
            continue
        answers = [
            {"score": 0.5, "pid": os.getpid(), "row": row, "batch": len(request["rows"])}
            for row in request["rows"]
        ]
        frames.send(channel, {"answers": answers})


if __name__ == "__main__":
    main()
