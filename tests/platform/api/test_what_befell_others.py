"""Classes of vulnerability that products like ours have had, tried here.

`docs/security.md` has the table of all classes; those not tried here are tried by the tests
that it names.
"""

import io
import pickle
import tarfile
import uuid
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.operations.sessions import password_hash_of
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare
from tests.platform.api.conftest import bearer

NOWHERE = uuid.UUID(int=7)
WAYS_UP = (
    "../" * 8 + "etc/passwd",
    "..%2f" * 8 + "etc/passwd",
    "%2e%2e/" * 8 + "etc/passwd",
    "%2e%2e%2f" * 8 + "etc%2fpasswd",
    "..%252f" * 8 + "etc%252fpasswd",
    "%252e%252e%252f" * 8 + "etc%252fpasswd",
    "..%5c" * 8 + "etc%5cpasswd",
    "..%c0%af" * 8 + "etc/passwd",
    "%00../../etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("way", WAYS_UP)
@pytest.mark.parametrize(
    "under",
    ["/static/", "/api/v1/model-versions/", f"/api/v1/models/{NOWHERE}/files/", "/runs/", "/"],
)
def test_no_spelling_of_a_path_leads_to_a_file(
    client: TestClient, tokens: dict[Role, str], under: str, way: str
) -> None:
    """MLflow CVE-2023-1177, -2356, -2780, -6909; CVE-2024-1560 went past the fix by decoding twice.

    Some of them a client straightens out to another address of ours; none shows a file.
    """
    answer = client.get(under + way, headers=bearer(tokens[Role.DEVELOPER]), follow_redirects=False)

    assert answer.status_code in {303, 400, 401, 404, 405, 422}, answer.text[:200]
    assert "root:" not in answer.text


def test_a_name_of_an_upload_is_never_a_path(client: TestClient, tokens: dict[Role, str]) -> None:
    """MLflow CVE-2023-6831: what a client calls a file led to another one."""
    for name in ("../../etc/passwd", "..\\..\\x.csv", "/etc/passwd", "a\x00.csv"):
        answer = client.post(
            f"/api/v1/datasets/{NOWHERE}/versions",
            params={"file_name": name},
            content=b"a\n1\n",
            headers=bearer(tokens[Role.DEVELOPER]) | {"Content-Type": "text/csv"},
        )
        assert answer.status_code in {404, 422}, answer.text


def test_no_client_says_where_a_model_comes_from(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    """MLflow CVE-2025-11201: the `source` of a new model led to code of the client's choice."""
    for path, body in (
        ("/models", {"use_case_id": str(NOWHERE), "name": "x"}),
        (f"/models/{NOWHERE}/versions", {"run_id": str(NOWHERE)}),
    ):
        answer = client.post(
            f"/api/v1{path}",
            json={**body, "source": "file:///tmp/model"},
            headers=bearer(tokens[Role.DEVELOPER]),
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/source"


def test_a_new_installation_has_nobody_in_it(tmp_path: Path) -> None:
    """MLflow CVE-2026-2635 and CVE-2025-11200 shipped `admin` with a password that all knew."""
    settings = Settings(home=tmp_path / "home")
    prepare(settings)
    services = open_services(settings)

    found = [
        password_hash_of(services.database, name)
        for name in ("admin", "root", "accredit", "system", "test", "user")
    ]
    services.close()

    assert found == [None] * 6


def test_what_a_header_says_is_shown_by_no_page(client: TestClient) -> None:
    """MLflow CVE-2023-6568: a page echoed the content type of the request."""
    script = "<script>alert(1)</script>"
    named = ("Content-Type", "User-Agent", "Referer", "X-Forwarded-Host", "Accept-Language")

    for path in ("/sign-in", "/nowhere", "/api/v1/nowhere", "/api/v1/me"):
        for method in ("GET", "POST"):
            answer = client.request(method, path, headers=dict.fromkeys(named, script))
            assert "<script>alert" not in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_bytes_that_would_run_code_are_only_bytes(
    client: TestClient, tokens: dict[Role, str], tmp_path: Path
) -> None:
    """BentoML CVE-2025-27520, CVE-2024-2912: a pickle in a request was loaded."""
    mark = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (mark,))  # type: ignore[return-value]

    for kind in ("application/vnd.bentoml+pickle", "application/octet-stream", "application/json"):
        for path in (f"/deployments/{NOWHERE}/predictions", f"/models/{NOWHERE}/files"):
            answer = client.post(
                f"/api/v1{path}",
                params={"file_name": "model.pkl"},
                content=pickle.dumps(Trap()),
                headers=bearer(tokens[Role.DEVELOPER]) | {"Content-Type": kind},
            )
            assert 400 <= answer.status_code < 500, answer.text
    assert not mark.exists()


def test_archives_are_no_uploads(client: TestClient, tokens: dict[Role, str]) -> None:
    """BentoML CVE-2026-27905: a link inside a tar file led out of the folder."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        link = tarfile.TarInfo("model")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    answer = client.post(
        f"/api/v1/models/{NOWHERE}/files",
        params={"file_name": "model.tar.gz"},
        content=file.getvalue(),
        headers=bearer(tokens[Role.DEVELOPER]) | {"Content-Type": "application/gzip"},
    )

    assert answer.status_code in {404, 415, 422}


def test_a_form_of_endless_parts_is_cut_off(client: TestClient) -> None:
    """BentoML CVE-2024-9056: a long boundary or many parts kept a server busy."""
    long = {"Content-Type": f"multipart/form-data; boundary={'x' * 60_000}"}
    many = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(1_000)
    )

    answers = [
        client.post("/sign-in", content=b"-" * 90_000, headers=long),
        client.post(
            "/sign-in",
            content=many + b"--b--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        ),
    ]

    assert all(400 <= answer.status_code < 500 for answer in answers)
