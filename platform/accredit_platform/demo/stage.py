"""The demo's server and its people."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from accredit_governance.operations.identity import create_first_admin
from accredit_platform.auth.secrets import hash_password
from accredit_platform.demo.client import Person
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare

CAST: Final[Mapping[str, tuple[str, str]]] = {
    "olivia": ("Olivia Owens, head of mortgage lending", "owner"),
    "dan": ("Dan Diaz, data scientist", "developer"),
    "vera": ("Vera Voss, model validator", "validator"),
    "carl": ("Carl Chen, compliance officer", "compliance"),
}
START_WITHIN_S: Final = 60.0
MARKER: Final = ".accredit-demo"


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody who takes part, signed in."""

    admin: Person
    owner: Person
    developer: Person
    validator: Person
    compliance: Person
    ids: Mapping[str, str]
    passwords: Mapping[str, str]

    def close(self) -> None:
        """Give all connections back."""
        for person in (self.admin, self.owner, self.developer, self.validator, self.compliance):
            person.close()


def fresh_folder(output: Path) -> Path:
    """An empty output folder; only a folder that an earlier demo made is emptied.

    Raises:
        FileExistsError: the folder holds something else.
    """
    if output.exists() and any(output.iterdir()):
        if not (output / MARKER).exists():
            raise FileExistsError(f"{output} is not empty and was not made by the demo")
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    (output / MARKER).touch()
    return output


def free_port(wanted: int) -> int:
    """The wanted port if nobody listens there, else a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(home: Path, port: int, log: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """`accredit serve` as a process of its own, stopped at the end."""
    command = [sys.executable, "-P", "-m", "accredit_platform.cli.main", "serve"]
    command += ["--home", str(home), "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCREDIT_")}
    base_url = f"http://127.0.0.1:{port}"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)  # noqa: S603  ours
        try:
            _wait_for(base_url, process, log)
            yield base_url, process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(base_url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx2.get(f"{base_url}/api/v1/health", timeout=2).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start; see {log}")


def found_company(home: Path) -> str:
    """Prepare the installation and its first admin. Returns the admin's password."""
    settings = Settings(home=home)
    prepare(settings)
    services = open_services(settings)
    password = secrets.token_urlsafe(12)
    try:
        create_first_admin(
            services.database,
            name="ada",
            title="Ada Adams, administrator",
            password_hash=hash_password(password),
        )
    finally:
        services.close()
    return password


def hire(base_url: str, admin_password: str) -> Company:
    """Create the people over the API; each signs in with a password of their own."""
    admin = Person.sign_in(base_url, "ada", "Ada Adams, administrator", admin_password)
    ids, passwords, people = {}, {"ada": admin_password}, {}
    for name, (title, role) in CAST.items():
        passwords[name] = secrets.token_urlsafe(12)
        body = {"kind": "user", "name": name, "title": title, "password": passwords[name]}
        ids[name] = admin.post("/principals", body)["id"]
        admin.post(f"/principals/{ids[name]}/role-bindings", {"role": role})
        people[name] = Person.sign_in(base_url, name, title, passwords[name])
    return Company(
        admin=admin,
        owner=people["olivia"],
        developer=people["dan"],
        validator=people["vera"],
        compliance=people["carl"],
        ids=ids,
        passwords=passwords,
    )
