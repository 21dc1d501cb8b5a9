"""What the demo needs of HTTP: one client per person."""

from typing import Final, Self

from accredit_platform.client import Client, Record, Retries
from accredit_platform.client.endpoint import Outgoing

ONCE: Final = Retries(attempts=1)
"""The story tells what the service says, not what it says after a while."""


class Person(Client):
    """Somebody with a token of their own."""

    def __init__(self, base_url: str, name: str, title: str, token: str) -> None:
        super().__init__(base_url, token, retries=ONCE)
        self.name = name
        self.title = title

    @classmethod
    def sign_in(cls, base_url: str, name: str, title: str, password: str) -> Self:
        """Exchange name and password for a token."""
        with Client(base_url, "", retries=ONCE) as nobody:
            body = {"name": name, "password": password, "token_name": "demo", "days": 1}
            return cls(base_url, name, title, nobody.post("/tokens", body)["token"])

    def sign(self, request: Record, password: str, **signature: str) -> Record:
        """Sign an approval request, with one's password once more for a ticket."""
        body = {"decision": "approve", "subject_digest": request["subject_digest"], **signature}
        ticket = self.ticket(request["subject_digest"], password)
        return self.post(
            f"/approval-requests/{request['id']}/sign-offs", {**body, "ticket": ticket}
        )

    def propose_waiver(self, evaluation: Record, password: str, **terms: str) -> Record:
        """Propose that a check of a judgement be waived."""
        ticket = self.ticket(evaluation["report_digest"], password)
        path = f"/gate-evaluations/{evaluation['id']}/waivers"
        return self.post(path, {**terms, "ticket": ticket})

    def confirm_waiver(self, waiver: Record, password: str) -> Record:
        """Agree to a waiver."""
        digest = waiver["subject_digest"]
        body = {"subject_digest": digest, "ticket": self.ticket(digest, password)}
        return self.post(f"/waivers/{waiver['id']}/confirmations", body)

    def sign_alias_change(self, asked: Record, password: str) -> Record:
        """Agree that an alias of a protected environment is moved."""
        digest = asked["subject_digest"]
        body = {"decision": "approve", "subject_digest": digest}
        body["ticket"] = self.ticket(digest, password)
        return self.post(f"/alias-changes/{asked['id']}/sign-offs", body)

    def ticket(self, subject_digest: str, password: str) -> str:
        """A ticket for one signature over a digest."""
        proof = {"subject_digest": subject_digest, "password": password}
        ticket: str = self.post("/me/signing-tickets", proof)["ticket"]
        return ticket

    def export(self, path: str) -> tuple[bytes, str]:
        """Pull the trail: its bytes, and the size of its checkpoint."""
        answer = self._calls.exchange(Outgoing("POST", path))
        return answer.content, answer.headers["Accredit-Checkpoint-Size"]
