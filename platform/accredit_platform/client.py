"""Calling a running service over HTTP: requests, refusals, and waiting with a progress bar."""

import time
from typing import Any, Final

import httpx2
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Record = dict[str, Any]  # JSON answers of the API

TIMEOUT_S: Final = 120
POLL_S: Final = 0.25


class Refused(Exception):
    """The service said no. `problem` is its RFC 9457 answer."""

    def __init__(self, problem: Record) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = problem


class Client:
    """The API of one service, called under one token. Paths leave `/api/v1` out.

    Raises:
        Refused: from every call, when the service answers with a problem.
        httpx2.TransportError: from every call, when it does not answer.
    """

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self._http = httpx2.Client(
            base_url=f"{base_url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )

    def get(self, path: str, **query: Any) -> Record:  # Any: whatever a query takes
        """Read."""
        return checked(self._http.get(path, params=query or None))

    def text(self, path: str) -> bytes:
        """Read bytes."""
        answer = self._http.get(path)
        if answer.is_error:
            checked(answer)
        return answer.content

    def post(self, path: str, body: Record | None = None) -> Record:
        """Act."""
        return checked(self._http.post(path, json=body if body is not None else {}))

    def put(self, path: str, body: Record) -> Record:
        """Write over whatever is there."""
        return checked(self._http.put(path, json=body, headers={"If-Match": "*"}))

    def upload(self, path: str, content: bytes) -> Record:
        """Send a file's bytes."""
        return checked(self._http.post(path, content=content, headers={"Content-Type": "text/csv"}))

    def wait(self, console: Console, job_id: str, label: str, *, limit_s: float = 240) -> Record:
        """Follow a job until it ended, with a progress bar.

        Raises:
            TimeoutError: it took longer than `limit_s`.
        """
        columns = (
            TextColumn("   {task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        deadline = time.monotonic() + limit_s
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(label, total=1.0, note="waiting for a worker")
            while time.monotonic() < deadline:
                job = self.get(f"/operations/{job_id}")
                bar.update(task, completed=job["share"], note=escape(job["message"][:60]))
                # Only then does what the job worked on say so as well.
                if job["finished_at"] is not None:
                    return job
                time.sleep(POLL_S)
        raise TimeoutError(f"{label} took longer than {limit_s:g} s")

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def checked(answer: httpx2.Response) -> Record:
    """Body of an answer.

    Raises:
        Refused: it is a problem.
        ValueError: it is no JSON, so it is not this service that answers.
    """
    if answer.is_error:
        raise Refused(answer.json())
    body: Record = answer.json() if answer.content else {}
    return body
