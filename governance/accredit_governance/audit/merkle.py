"""Merkle tree hashing of RFC 6962 §2.1 (the same in RFC 9162 §2.1), appended leaf by leaf."""

import hashlib
from collections.abc import Iterable, Sequence


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body), 32 bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(frontier: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Frontier after one more leaf.

    Args:
        frontier: roots of the perfect subtrees of the tree, largest first; one per set bit of
            `size`.
        size: number of leaves before.
        leaf: hash of the new leaf.
    """
    grown = list(frontier)
    node = leaf
    while size & 1:
        node = node_hash(grown.pop(), node)
        size >>= 1
    grown.append(node)
    return grown


def root(frontier: Sequence[bytes]) -> bytes:
    """Root hash; of the empty tree it is SHA-256 of nothing."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes in order."""
    frontier: list[bytes] = []
    for size, leaf in enumerate(leaves):
        frontier = append(frontier, size, leaf)
    return root(frontier)
