"""What the demo needs of HTTP: one client per person, and waiting with a progress bar."""

import time
from typing import Any, Self

import httpx2
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Record = dict[str, Any]  # JSON answers of the API


class Refused(Exception):
    """The service said no. `problem` is its RFC 9457 answer."""

    def __init__(self, problem: Record) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = problem


class Person:
    """Somebody with a token of their own."""

    def __init__(self, base_url: str, name: str, title: str, token: str) -> None:
        self.name = name
        self.title = title
        self.base_url = base_url
        self._http = httpx2.Client(
            base_url=f"{base_url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
        )

    @classmethod
    def sign_in(cls, base_url: str, name: str, title: str, password: str) -> Self:
        """Exchange name and password for a token."""
        answer = httpx2.post(
            f"{base_url}/api/v1/tokens",
            json={"name": name, "password": password, "token_name": "demo", "days": 1},
            timeout=60,
        )
        return cls(base_url, name, title, _checked(answer)["token"])

    def get(self, path: str) -> Record:
        """Read."""
        return _checked(self._http.get(path))

    def text(self, path: str) -> bytes:
        """Read bytes."""
        answer = self._http.get(path)
        if answer.is_error:
            _checked(answer)
        return answer.content

    def post(self, path: str, body: Record | None = None) -> Record:
        """Act."""
        return _checked(self._http.post(path, json=body if body is not None else {}))

    def put(self, path: str, body: Record) -> Record:
        """Write."""
        return _checked(self._http.put(path, json=body))

    def upload(self, path: str, content: bytes) -> Record:
        """Send a file's bytes."""
        return _checked(
            self._http.post(path, content=content, headers={"Content-Type": "text/csv"})
        )

    def export(self, path: str) -> tuple[bytes, str]:
        """Pull the trail: its bytes, and the size of its checkpoint."""
        answer = self._http.post(path)
        if answer.is_error:
            _checked(answer)
        return answer.content, answer.headers["Accredit-Checkpoint-Size"]

    def wait(self, console: Console, job_id: str, label: str, *, limit_s: float = 240) -> Record:
        """Follow a job until it ended, with a progress bar."""
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
                job = self.get(f"/jobs/{job_id}")
                bar.update(task, completed=job["share"], note=job["message"][:60])
                # Only then does what the job worked on say so as well.
                if job["finished_at"] is not None:
                    return job
                time.sleep(0.25)
        raise TimeoutError(f"{label} took longer than {limit_s:g} s")

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def _checked(answer: httpx2.Response) -> Record:
    if answer.is_error:
        raise Refused(answer.json())
    body: Record = answer.json() if answer.content else {}
    return body
