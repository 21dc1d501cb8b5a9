"""Verification of an exported trail, with nothing but the file, a checkpoint and a public key.

1. The checkpoint is signed by the key.
2. Each line has the form of the export and its body hashes to the leaf beside it.
3. The bodies count 0, 1, 2, … without gap, repeat or change of order.
4. There are exactly as many events as the checkpoint says.
5. The Merkle root over the leaves is the root in the checkpoint.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from accredit_governance.audit.checkpoint import VerifierKey
from accredit_governance.audit.export import split_line
from accredit_governance.audit.merkle import append, leaf_hash, root

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verification found. `problems` is empty when everything holds."""

    events: int
    first_at: str | None
    last_at: str | None
    checkpoint_size: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the file is the log that was signed."""
        return not self.problems


def verify_export(export: Iterable[bytes], note: str, key: VerifierKey) -> Verification:
    """Check an export line by line, in constant memory.

    Args:
        export: lines of the exported file.
        note: the signed checkpoint.
        key: public key, obtained from a place that the operator cannot change.

    Raises:
        CheckpointInvalid: the checkpoint is malformed or not signed by the key.
    """
    checkpoint = key.open(note)
    problems: list[str] = []
    frontier: list[bytes] = []
    times: list[str] = []
    events = 0
    for number, text in enumerate(export):
        parts = split_line(text)
        if parts is None:
            problems.append(f"line {number + 1} is not an event of an export")
            leaf = leaf_hash(text)
        else:
            claimed, body = parts
            leaf = leaf_hash(body)
            problems.extend(_body_problems(number, claimed, leaf, body, times))
        frontier = append(frontier, events, leaf)
        events += 1
    if events != checkpoint.size:
        problems.append(
            f"the checkpoint was signed over {checkpoint.size} events, the file has {events}"
        )
    elif root(frontier) != checkpoint.root:
        problems.append("the Merkle root of the file is not the one that was signed")
    return Verification(
        events=events,
        first_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        checkpoint_size=checkpoint.size,
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


def _body_problems(
    number: int, claimed: str, leaf: bytes, body: bytes, times: list[str]
) -> list[str]:
    problems = []
    if claimed != leaf.hex():
        problems.append(f"event {number} was edited: its bytes do not hash to its leaf")
    try:
        event = json.loads(body)
        seq, at = event["seq"], str(event["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return [*problems, f"event {number} cannot be read"]
    if seq != number:
        problems.append(
            f"position {number} holds event {seq}: events were removed, inserted or reordered"
        )
    if times:
        times[1:] = [at]
    else:
        times.append(at)
    return problems
