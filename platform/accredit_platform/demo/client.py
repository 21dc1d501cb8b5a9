"""What the demo needs of HTTP: one client per person."""

from typing import Self

import httpx2

from accredit_platform.client import Client, Record, checked


class Person(Client):
    """Somebody with a token of their own."""

    def __init__(self, base_url: str, name: str, title: str, token: str) -> None:
        super().__init__(base_url, token)
        self.name = name
        self.title = title

    @classmethod
    def sign_in(cls, base_url: str, name: str, title: str, password: str) -> Self:
        """Exchange name and password for a token."""
        answer = httpx2.post(
            f"{base_url}/api/v1/tokens",
            json={"name": name, "password": password, "token_name": "demo", "days": 1},
            timeout=60,
        )
        return cls(base_url, name, title, checked(answer)["token"])

    def sign(self, request: Record, password: str, **signature: str) -> Record:
        """Sign an approval request, with one's password once more for a ticket."""
        proof = {"subject_digest": request["subject_digest"], "password": password}
        ticket = self.post("/me/signing-tickets", proof)["ticket"]
        body = {"decision": "approve", "subject_digest": request["subject_digest"], **signature}
        return self.post(
            f"/approval-requests/{request['id']}/sign-offs", {**body, "ticket": ticket}
        )

    def export(self, path: str) -> tuple[bytes, str]:
        """Pull the trail: its bytes, and the size of its checkpoint."""
        answer = self._http.post(path)
        if answer.is_error:
            checked(answer)
        return answer.content, answer.headers["Accredit-Checkpoint-Size"]
