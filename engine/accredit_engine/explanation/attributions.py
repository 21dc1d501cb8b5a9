"""Attributions of single predictions, exactly additive on the margin.

Linear and additive members: each entry's own term less its mean (corollary 1 of Lundberg and Lee
2017). LightGBM: its own path-dependent TreeSHAP. Copied trees: path-dependent TreeSHAP (Lundberg
et al. 2020) of the raw score by the shap library, which is imported by this module alone;
predicting never needs it. Members without structure to use (networks, neighbours, support vectors,
rates): Shapley values sampled along a few fixed orders of the raw columns against a few background
rows (Štrumbelj and Kononenko 2014). A walk along an order adds up to the score by construction, so
these are as complete as the others, but they are estimates: see `is_exact`.

Contributions of entries are summed *with their signs* to the raw column that owns them; absolute
values would inflate columns with many categories.
"""

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import shap
from numpy.typing import NDArray

from accredit_engine.errors import AttributionsIncomplete
from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import Additive, Member, Sampled
from accredit_engine.families.trees import TreesMember

TOLERANCE: Final = 1e-6
_ORDER_SEED: Final = 1
_STEPS_AT_ONCE: Final = 5_000
"""Rows that are scored in one call: calling some libraries costs more than a thousand rows."""


def contributions(
    member: Member, matrix: NDArray[np.float64], owners: Sequence[Hashable] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contributions (n, m, o) of the entries to the raw scores, and their base (o,).

    Args:
        member: Whose raw scores are explained.
        matrix: Rows (n, m).
        owners: What each entry belongs to (m,). Sampled contributions are those of owners, put on
            the first entry of each; exact ones ignore it. None: every entry is its own.

    Raises:
        TypeError: the member is of a kind without contributions.
    """
    if isinstance(member, BagMember):
        pairs = [contributions(one, matrix, owners) for one in member.members]
        phi = np.mean([phi for phi, _ in pairs], axis=0)
        return phi, np.mean([base for _, base in pairs], axis=0)
    if isinstance(member, TreesMember):
        return _trees(member, matrix)
    if isinstance(member, Additive):
        return member.contributions(matrix)
    if isinstance(member, Sampled):
        return _sampled(member, matrix, owners)
    message = f"{type(member).__name__} has no contributions"
    raise TypeError(message)


def is_exact(member: Member) -> bool:
    """Whether contributions are worked out, not sampled."""
    if isinstance(member, BagMember):
        return all(is_exact(one) for one in member.members)
    return isinstance(member, TreesMember | Additive)


def owned(
    phi: NDArray[np.float64], owners: tuple[tuple[str, ...], ...], columns: tuple[str, ...]
) -> NDArray[np.float64]:
    """Contributions (n, m, o) of entries summed to raw columns: (n, c, o).

    An entry made from several columns is shared among them in equal parts: the Shapley value of a
    game that only all of them together can win.
    """
    position = {name: at for at, name in enumerate(columns)}
    total = np.zeros((phi.shape[0], len(columns), phi.shape[2]))
    for entry, parents in enumerate(owners):
        share = phi[:, entry] / len(parents)
        for parent in parents:
            total[:, position[parent]] += share
    return total


def refuse_incomplete(
    phi: NDArray[np.float64], base: NDArray[np.float64], margin: NDArray[np.float64]
) -> None:
    """Check Σφ + base = margin for every row, within 1e-6 of max(1, |margin|).

    Raises:
        AttributionsIncomplete: the sum misses the margin.
    """
    if not len(margin):
        return
    gap = np.abs(phi.sum(axis=1) + base - margin) / np.maximum(1.0, np.abs(margin))
    worst = float(gap.max())
    if not worst <= TOLERANCE:
        message = f"attributions miss the margin by {worst:.3g}; at most {TOLERANCE:g} is served"
        raise AttributionsIncomplete(message)


def _sampled(
    member: Sampled, matrix: NDArray[np.float64], owners: Sequence[Hashable] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Walk from each background row to the row itself, owner by owner, forth and back.

    Every background row has an order of its own and its reverse, fixed for all rows, so a row
    alone gives the same contributions as within a batch.
    """
    background = member.background
    groups = _positions(owners, matrix.shape[1])
    start = member.raw(background)
    base = start.sum(axis=0) / len(background)
    phi = np.zeros((*matrix.shape, start.shape[1]))
    if not len(matrix) or not groups:
        return phi, base
    orders = _orders(len(groups), len(background))
    # The walks end at the row itself, and all but the first step is scored here.
    first = start[np.arange(len(orders)) // 2, None]
    together = max(1, _STEPS_AT_ONCE // (len(orders) * len(groups)))
    for at in range(0, len(matrix), together):
        rows = matrix[at : at + together]
        steps = np.stack([_walks(row, background, groups, orders) for row in rows])
        scores = member.raw(steps.reshape(-1, matrix.shape[1])).reshape(*steps.shape[:3], -1)
        for walked, phi_row in zip(scores, phi[at : at + together], strict=True):
            gains = np.diff(walked, axis=1, prepend=first)
            for order, gain in zip(orders, gains, strict=True):
                for group, change in zip(order, gain, strict=True):
                    phi_row[groups[group][0]] += change / len(orders)
    return phi, base


def _positions(owners: Sequence[Hashable] | None, entries: int) -> list[list[int]]:
    """Positions of the entries of each owner, in order of appearance."""
    found: dict[Hashable, list[int]] = {}
    for at in range(entries):
        found.setdefault(at if owners is None else owners[at], []).append(at)
    return list(found.values())


def _orders(groups: int, backgrounds: int) -> list[NDArray[np.intp]]:
    """Two orders per background row, each the reverse of the other."""
    random = np.random.default_rng(_ORDER_SEED)
    drawn = [random.permutation(groups) for _ in range(backgrounds)]
    return [order for one in drawn for order in (one, one[::-1])]


def _walks(
    row: NDArray[np.float64],
    background: NDArray[np.float64],
    groups: Sequence[Sequence[int]],
    orders: Sequence[NDArray[np.intp]],
) -> NDArray[np.float64]:
    """Rows (orders, groups, m): after step s of a walk, s + 1 groups have the row's own values."""
    walks = np.empty((len(orders), len(groups), len(row)))
    for at, order in enumerate(orders):
        state = background[at // 2].copy()
        for step, group in enumerate(order):
            state[groups[group]] = row[groups[group]]
            walks[at, step] = state
    return walks


def _trees(
    member: TreesMember, matrix: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    outputs = len(member.base)
    base = member.base + member.value[member.roots].sum(axis=0) / member.divisor
    if not len(matrix):
        return np.zeros((*matrix.shape, outputs)), base
    explainer = shap.TreeExplainer(
        {"trees": _described(member), "input_dtype": np.float64},
        feature_perturbation="tree_path_dependent",
    )
    phi = np.asarray(
        explainer.shap_values(member.inputs(matrix), check_additivity=False), dtype=np.float64
    )
    return phi.reshape(len(matrix), matrix.shape[1], outputs), base


def _described(member: TreesMember) -> list[dict[str, object]]:
    """Trees in shap's own description, each scaled to its share of the score."""
    ends = [*member.roots[1:], len(member.feature)]
    described: list[dict[str, object]] = []
    for start, end in zip(member.roots, ends, strict=True):
        nodes = slice(int(start), int(end))
        is_leaf = member.feature[nodes] < 0
        left, right, missing = (
            np.where(is_leaf, -1, child[nodes] - start).astype(np.int32)
            for child in (member.left, member.right, member.missing)
        )
        described.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": missing,
                "features": np.where(is_leaf, -2, member.feature[nodes]).astype(np.int32),
                "thresholds": member.threshold[nodes],
                "values": member.value[nodes] / member.divisor,
                "node_sample_weight": member.weight[nodes],
            }
        )
    return described
