"""Signed checkpoints: C2SP form, and nothing but the right key opens them."""

import base64
import hashlib
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.audit.checkpoint import (
    Checkpoint,
    CheckpointInvalid,
    SigningKey,
    VerifierKey,
)

ROOT = hashlib.sha256(b"root").digest()
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_a_signed_checkpoint_opens_to_what_was_signed() -> None:
    note = KEY.sign(42, ROOT)

    opened = KEY.verifier.open(note)

    assert opened == Checkpoint(KEY.verifier.name, 42, ROOT)


def test_a_checkpoint_has_the_form_of_c2sp() -> None:
    """tlog-checkpoint inside signed-note, read here without our own code."""
    note = KEY.sign(42, ROOT)

    body, signature = note.split("\n\n")
    origin, size, root = body.split("\n")
    assert (size, base64.b64decode(root)) == ("42", ROOT)
    dash, name, encoded = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", origin)
    raw = base64.b64decode(encoded)
    public = KEY.verifier.public
    assert raw[:4] == hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], (body + "\n").encode())


def test_another_key_does_not_open_it() -> None:
    other = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))

    with pytest.raises(CheckpointInvalid, match="not signed by"):
        other.verifier.open(KEY.sign(1, ROOT))


def test_another_key_under_the_same_name_does_not_open_it() -> None:
    other = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    impostor = VerifierKey(KEY.verifier.name, other.verifier.public)

    with pytest.raises(CheckpointInvalid):
        impostor.open(KEY.sign(1, ROOT))


def test_a_signature_by_another_key_with_our_key_id_does_not_count() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    text = Checkpoint(KEY.verifier.name, 9, ROOT).text()
    forged = base64.b64encode(KEY.verifier.key_id + other.sign(text.encode())).decode()

    with pytest.raises(CheckpointInvalid, match="does not hold"):
        KEY.verifier.open(f"{text}\n— {KEY.verifier.name} {forged}\n")


def test_a_cosignature_beside_ours_does_no_harm() -> None:
    note = KEY.sign(42, ROOT)
    cosigned = note + "— witness.example/w1 " + base64.b64encode(bytes(80)).decode() + "\n"

    assert KEY.verifier.open(cosigned).size == 42


NOTE = KEY.sign(1042, ROOT)
BODY_LENGTH = NOTE.index("\n\n")


@given(st.integers(0, BODY_LENGTH), st.characters(codec="ascii"))
def test_a_note_whose_text_was_touched_does_not_open(position: int, sign: str) -> None:
    touched = NOTE[:position] + sign + NOTE[position + 1 :]
    if touched == NOTE:
        return

    with pytest.raises(CheckpointInvalid):
        KEY.verifier.open(touched)


@given(st.integers(0, len(NOTE) - 2))
def test_a_note_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(CheckpointInvalid):
        KEY.verifier.open(NOTE[:length])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\n\n", id="no text"),
        pytest.param(f"a\n1\n\n— {KEY.verifier.name} !!!\n", id="not base64"),
        pytest.param(f"a\n1\n\n— {KEY.verifier.name} \n", id="empty signature"),
    ],
)
def test_a_malformed_note_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        KEY.verifier.open(text)


def signed(text: str) -> str:
    raw = KEY.verifier.key_id + KEY._private.sign(text.encode())
    return f"{text}\n— {KEY.verifier.name} {base64.b64encode(raw).decode()}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("origin\n", id="no size"),
        pytest.param("origin\n-1\nAAAA\n", id="negative size"),
        pytest.param("origin\n²\nAAAA\n", id="size is no number"),
        pytest.param("origin\n1\n!!!\n", id="root is not base64"),
    ],
)
def test_a_note_that_is_signed_but_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        KEY.verifier.open(signed(text))


def test_a_public_key_survives_being_written_and_read() -> None:
    assert VerifierKey.parse(KEY.verifier.text() + "\n") == KEY.verifier


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("name+id", id="two parts"),
        pytest.param("name+00000000+!!!", id="not base64"),
        pytest.param(KEY.verifier.text().replace("+", "x+", 1), id="another name"),
        pytest.param(f"n+00000000+{base64.b64encode(bytes(33)).decode()}", id="no Ed25519"),
        pytest.param(f"n+00000000+{base64.b64encode(bytes([1])).decode()}", id="too short"),
    ],
)
def test_a_public_key_that_does_not_fit_its_id_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        VerifierKey.parse(text)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"

    first = SigningKey.create(path)
    second = SigningKey.create(path)

    assert first.verifier == second.verifier == SigningKey.load(path).verifier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["audit.key"]


def test_a_missing_key_is_never_made_anew_by_loading_it(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="is missing"):
        SigningKey.load(tmp_path / "audit.key")

    assert list(tmp_path.iterdir()) == []


def pem(key: object) -> bytes:
    return key.private_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a key", id="garbage"),
        pytest.param(pem(generate_private_key(SECP256R1())), id="another algorithm"),
    ],
)
def test_a_file_without_an_ed25519_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "audit.key"
    path.write_bytes(content)

    with pytest.raises(CheckpointInvalid):
        SigningKey.load(path)


def test_a_missing_key_is_named_and_never_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"

    with pytest.raises(CheckpointInvalid, match="is missing"):
        SigningKey.load(path)

    assert not path.exists()
