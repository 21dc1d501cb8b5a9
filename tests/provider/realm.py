"""Starting the provider, and turning the knobs of its realms."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]


@dataclass
class Realm:
    """One issuer of the provider's process."""

    issuer: str
    http: httpx2.Client

    def set(self, **knobs: Any) -> dict[str, Any]:
        return self._post("knobs", knobs)

    def mint(self, subject: str = "svc", **more: Any) -> str:
        return str(self._post("mint", {"subject": subject, **more})["token"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(f"{self.issuer}/{path}", json=body)
        answer.raise_for_status()
        return dict(answer.json())


@contextmanager
def provider() -> Iterator[tuple[Realm, ...]]:
    """A provider process on a free port, with its three realms."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.provider.server", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    http = httpx2.Client(timeout=10)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(http, f"{base}/one/keys", process)
        yield tuple(Realm(f"{base}/{name}", http) for name in ("one", "two", "three"))
    finally:
        http.close()
        process.terminate()
        process.wait(timeout=10)


def _wait(http: httpx2.Client, address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if http.get(address).is_success:
                return
        except httpx2.TransportError:
            assert process.poll() is None, "the provider did not start"
        time.sleep(0.05)
    raise AssertionError("the provider does not answer")
