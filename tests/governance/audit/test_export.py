"""The exported trail: whatever was done to the file is found, and nothing is found where
nothing was done."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.access.permissions import Role
from accredit_governance.audit.checkpoint import CheckpointInvalid, SigningKey, VerifierKey
from accredit_governance.audit.export import line, lines, split_line
from accredit_governance.audit.merkle import leaf_hash, root_of
from accredit_governance.audit.verify import MAX_PROBLEMS, Verification, verify_export
from accredit_governance.documents import canonical_json
from accredit_governance.errors import FourEyes, GovernanceError, NotAllowed
from accredit_governance.operations import identity
from accredit_governance.operations.trail import export_trail, sign_now
from tests.governance.office import STAFF, TERMS, Office

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@dataclass(frozen=True)
class Trail:
    file: bytes
    note: str

    @property
    def lines(self) -> list[bytes]:
        return self.file.splitlines(keepends=True)


def trail(events: int, *, word: str = "event") -> Trail:
    bodies = [
        canonical_json(
            {"seq": n, "at": f"2026-11-02T09:00:{n:02}Z", "fact": {"name": f"{word} {n}"}}
        )
        for n in range(events)
    ]
    leaves = [leaf_hash(body) for body in bodies]
    file = b"".join(lines(iter(zip(leaves, bodies, strict=True))))
    return Trail(file, KEY.sign(events, root_of(leaves)))


def verify(file: bytes | Sequence[bytes], note: str) -> Verification:
    # BytesIO gives lines as an open file does: they end with a line feed and nothing else.
    return verify_export(io.BytesIO(file) if isinstance(file, bytes) else file, note, KEY.verifier)


SIZE = 21
TRAIL = trail(SIZE)


@pytest.mark.parametrize("events", [0, 1, 2, 3, 7, 8, 9, 64])
def test_an_untouched_export_holds(events: int) -> None:
    made = trail(events)

    found = verify(made.file, made.note)

    assert found.holds
    assert (found.events, found.checkpoint_size) == (events, events)


def test_the_verification_says_what_span_of_time_was_verified() -> None:
    found = verify(TRAIL.file, TRAIL.note)

    assert found.first_at == "2026-11-02T09:00:00Z"
    assert found.last_at == "2026-11-02T09:00:20Z"


@given(st.integers(0, len(TRAIL.file) - 1), st.integers(0, 255))
def test_an_edited_byte_is_found(position: int, value: int) -> None:
    if TRAIL.file[position] == value:
        return
    edited = TRAIL.file[:position] + bytes([value]) + TRAIL.file[position + 1 :]

    assert not verify(edited, TRAIL.note).holds


@given(st.integers(0, len(TRAIL.file) - 1), st.integers(0, 255))
def test_an_inserted_byte_is_found(position: int, value: int) -> None:
    edited = TRAIL.file[:position] + bytes([value]) + TRAIL.file[position:]

    assert not verify(edited, TRAIL.note).holds


@given(st.integers(0, len(TRAIL.file) - 2))
def test_a_file_that_was_cut_off_is_found(length: int) -> None:
    assert not verify(TRAIL.file[:length], TRAIL.note).holds


@given(st.integers(0, SIZE - 1))
def test_a_removed_line_is_found(at: int) -> None:
    parts = TRAIL.lines
    del parts[at]

    assert not verify(parts, TRAIL.note).holds


@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_swapped_lines_are_found(one: int, other: int) -> None:
    if one == other:
        return
    parts = TRAIL.lines
    parts[one], parts[other] = parts[other], parts[one]

    found = verify(parts, TRAIL.note)

    assert not found.holds
    assert any("reordered" in problem for problem in found.problems)


@given(st.integers(0, SIZE - 1), st.integers(0, SIZE))
def test_a_duplicated_line_is_found(which: int, to: int) -> None:
    parts = TRAIL.lines
    parts.insert(to, parts[which])

    assert not verify(parts, TRAIL.note).holds


@given(st.integers(0, SIZE))
def test_a_line_that_was_made_up_is_found(at: int) -> None:
    body = canonical_json({"seq": at, "at": "2026-11-02T09:00:00Z", "fact": {}})
    parts = TRAIL.lines
    parts.insert(at, line(leaf_hash(body), body))

    assert not verify(parts, TRAIL.note).holds


@given(st.integers(0, SIZE - 1))
def test_an_event_that_was_edited_together_with_its_leaf_is_found(at: int) -> None:
    parts = TRAIL.lines
    body = canonical_json({"seq": at, "at": "2026-11-02T09:00:00Z", "fact": {"name": "other"}})
    parts[at] = line(leaf_hash(body), body)

    found = verify(parts, TRAIL.note)

    assert found.problems == ("the Merkle root of the file is not the one that was signed",)


def renumbered(file: Sequence[bytes], dropped: int) -> list[bytes]:
    """Remove an event and write all later ones anew, as an insider would."""
    parts = []
    for text in [text for n, text in enumerate(file) if n != dropped]:
        split = split_line(text)
        assert split is not None
        body = canonical_json({**json.loads(split[1]), "seq": len(parts)})
        parts.append(line(leaf_hash(body), body))
    return parts


@given(st.integers(0, SIZE - 1))
def test_an_event_that_was_removed_with_all_later_ones_renumbered_is_found(at: int) -> None:
    assert not verify(renumbered(TRAIL.lines, at), TRAIL.note).holds


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda f: f.replace(b"\n", b"\r\n"), id="CRLF everywhere"),
        pytest.param(lambda f: f.replace(b"\n", b"\r\n", 1), id="CRLF once"),
        pytest.param(lambda f: f.replace(b"\n", b"\n\n", 1), id="empty line"),
        pytest.param(lambda f: b"\xef\xbb\xbf" + f, id="byte order mark"),
        pytest.param(lambda f: f + f, id="twice"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda f: f.replace(b'"seq":3', b'"seq": 3'), id="equal JSON, other bytes"),
        pytest.param(lambda f: f.upper(), id="upper case"),
        pytest.param(lambda f: f.replace(b"event 3", b"event 4"), id="another name"),
        pytest.param(lambda f: b'{"leaf":"' + b"[" * 200_000 + b"\n" + f, id="garbage"),
    ],
)
def test_what_programs_do_to_files_is_found(touch: Callable[[bytes], bytes]) -> None:
    assert not verify(touch(TRAIL.file), TRAIL.note).holds


def test_a_body_that_no_parser_survives_is_a_problem_and_not_a_crash() -> None:
    body = b"[" * 200_000
    parts = [line(leaf_hash(body), body), *TRAIL.lines[1:]]

    found = verify(parts, TRAIL.note)

    assert "event 0 cannot be read" in found.problems


def test_a_final_line_feed_that_an_editor_removed_changes_no_event() -> None:
    assert verify(TRAIL.file[:-1], TRAIL.note).holds


def test_the_edited_event_is_named() -> None:
    found = verify(TRAIL.file.replace(b"event 7", b"event x"), TRAIL.note)

    assert found.problems[0] == "event 7 was edited: its bytes do not hash to its leaf"


def test_no_more_problems_are_listed_than_a_person_reads() -> None:
    found = verify(TRAIL.file.replace(b"event", b"other"), TRAIL.note)

    assert len(found.problems) == MAX_PROBLEMS


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(trail(SIZE, word="other"), id="same size"),
        pytest.param(trail(SIZE + 1), id="a later one"),
        pytest.param(trail(SIZE - 1), id="an earlier one"),
    ],
)
def test_the_checkpoint_of_another_log_does_not_fit(other: Trail) -> None:
    assert not verify(TRAIL.file, other.note).holds


def test_a_checkpoint_by_another_key_is_refused() -> None:
    other = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))

    with pytest.raises(CheckpointInvalid):
        verify_export(TRAIL.lines, TRAIL.note, other.verifier)


def test_a_trail_that_really_happened_holds(office: Office) -> None:
    office.approved()

    export = export_trail(office.database, office.people["auditor"], KEY)
    file = b"".join(export.lines)

    found = verify(file, export.checkpoint)
    assert found.problems == ()
    assert found.events == export.size == office.size()
    assert VerifierKey.parse(export.public_key) == KEY.verifier


def test_the_export_holds_the_event_that_it_was_pulled(office: Office) -> None:
    export = export_trail(office.database, office.people["auditor"], KEY)

    last = json.loads(list(export.lines)[-1])["event"]
    assert last["action"] == "audit.exported"
    assert last["actor"]["id"] == str(office.people["auditor"].id)


def test_a_refused_signature_is_in_the_export(office: Office) -> None:
    request = office.in_review()
    office.sign("validator", request)
    with pytest.raises(FourEyes):
        office.sign("validator", request)

    export = export_trail(office.database, office.people["auditor"], KEY)

    refusals = [
        event
        for event in (json.loads(text)["event"] for text in export.lines)
        if event["outcome"] == "denied"
    ]
    assert [(r["fact"]["operation"], r["fact"]["code"]) for r in refusals] == [
        ("sign_off", "four_eyes")
    ]
    assert refusals[0]["resource"] == str(request.id)


def test_a_role_in_one_project_does_not_export_the_whole_trail(office: Office) -> None:
    with pytest.raises(NotAllowed):
        export_trail(office.database, office.people["compliance"], KEY)


def test_a_signed_checkpoint_still_fits_after_the_log_has_grown(office: Office) -> None:
    kept = KEY.verifier.open(sign_now(office.database, KEY))
    office.finished_run()
    export = export_trail(office.database, office.people["auditor"], KEY)

    old = list(export.lines)[: kept.size]

    assert verify(old, sign_now(office.database, KEY)).holds is False
    leaves = [bytes.fromhex(json.loads(text)["leaf"]) for text in old]
    assert root_of(leaves) == kept.root


def test_no_personal_data_gets_into_the_log(office: Office) -> None:
    """Names and titles of people, and what they wrote, stay in tables where they can be erased."""
    people = [*STAFF, "stranger"]
    request = office.in_review()
    office.sign("validator", request, comment="Signed by Vera Validator herself.")

    export = export_trail(office.database, office.people["auditor"], KEY)
    file = b"".join(export.lines).decode()

    for name in people:
        assert f"{name.title()} Personson" not in file
    assert "Personson" not in file
    assert "Vera" not in file
    assert TERMS.purpose not in file
    assert TERMS.title not in file


def test_no_personal_data_gets_into_the_log_by_way_of_a_refusal(office: Office) -> None:
    admin, size = office.people["admin"], office.size()
    attempts: list[Callable[[], object]] = [
        lambda: identity.create_principal(
            office.database, admin, kind="user", name="Eva Mustermann", title="Eva Mustermann"
        ),
        lambda: identity.create_principal(
            office.database, admin, kind="user", name="preparer", title="Eva Mustermann"
        ),
        lambda: identity.create_principal(
            office.database, admin, kind="pet", name="eva", title="Eva Mustermann"
        ),
        lambda: identity.bind_role(
            office.database,
            admin,
            office.people["preparer"].id,
            role=Role.DEVELOPER,
            project_id=office.project_id,
        ),
    ]

    for attempt in attempts:
        with pytest.raises(GovernanceError):
            attempt()

    refusals = office.events(since=size)
    assert len(refusals) == len(attempts)
    for refusal in refusals:
        said = json.dumps(refusal)
        assert "Eva" not in said
        assert "preparer" not in said
