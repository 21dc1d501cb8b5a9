"""The tree of RFC 6962, held against its definition and against known roots."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.audit.merkle import append, leaf_hash, node_hash, root, root_of

# Inputs and roots of the reference implementation of certificate transparency.
REFERENCE_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined_root(bodies: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word: split at the largest power of two below n."""
    n = len(bodies)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return hashlib.sha256(b"\x00" + bodies[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    left, right = defined_root(bodies[:k]), defined_root(bodies[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert root([]).hex() == expected
    assert root_of([]).hex() == expected


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference_implementation(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in REFERENCE_LEAVES[:size]]

    assert root_of(leaves).hex() == REFERENCE_ROOTS[size - 1]


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_frontier_has_the_root_of_the_definition(bodies: list[bytes]) -> None:
    assert root_of(leaf_hash(body) for body in bodies) == defined_root(bodies)


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_holds_one_node_per_set_bit(bodies: list[bytes]) -> None:
    frontier: list[bytes] = []
    for size, body in enumerate(bodies):
        frontier = append(frontier, size, leaf_hash(body))

    assert len(frontier) == len(bodies).bit_count()


def test_appending_leaves_the_given_frontier_as_it_was() -> None:
    frontier = [leaf_hash(b"a")]

    append(frontier, 1, leaf_hash(b"b"))

    assert frontier == [leaf_hash(b"a")]


def test_a_leaf_is_never_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != node_hash(left, right)
