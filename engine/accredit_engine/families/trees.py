"""Sums and means of decision trees as plain arrays: forests, histogram boosting, single trees.

Contributions (path-dependent TreeSHAP, Lundberg et al. 2020) are worked out by the explanation
package from the same arrays.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.arrays import array_bytes, floats_from, integers_from
from accredit_engine.families.family import FamilyName

_BLOCK_CELLS: Final = 400_000
_FLOATS: Final = ("threshold", "value", "weight")
_INTEGERS: Final = ("feature", "left", "right", "roots", "missing")
_SHAPE: Final = "shape.json"


@dataclass(frozen=True, slots=True)
class TreesMember:
    """All trees in one set of arrays; children are positions in the same arrays.

    Attributes:
        family: Its family.
        feature: int64 (nodes,): entry that is split on, -1 in leaves.
        threshold: float64 (nodes,): rows with value ≤ threshold go left.
        left: int64 (nodes,): left child; a leaf points at itself.
        right: int64 (nodes,): right child, likewise.
        missing: int64 (nodes,): child that rows with NaN go to, likewise.
        value: float64 (nodes, o): what a leaf adds; within the tree, the mean below the node.
        weight: float64 (nodes,): training weight that reached the node.
        roots: int64 (trees,): position of each root.
        base: float64 (o,): constant.
        divisor: The sum over the trees is divided by it: the number of trees makes a mean.
        rounded: Whether values are rounded to float32 before they are compared.
    """

    family: FamilyName
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing: NDArray[np.int64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    roots: NDArray[np.int64]
    base: NDArray[np.float64]
    divisor: float
    rounded: bool

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o), summed in the order of the trees."""
        inputs = self.inputs(matrix)
        step = max(1, _BLOCK_CELLS // (len(self.roots) * len(self.base)))
        parts = [self._sums(inputs[at : at + step]) for at in range(0, len(inputs), step)]
        if not parts:
            return np.zeros((0, len(self.base)))
        scores: NDArray[np.float64] = self.base + np.concatenate(parts) / self.divisor
        return scores

    def inputs(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values as the thresholds are compared with them."""
        return rounded(matrix) if self.rounded else np.ascontiguousarray(matrix)

    def _sums(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        rows, trees = len(inputs), len(self.roots)
        offset = np.repeat(np.arange(rows) * inputs.shape[1], trees)
        flat = inputs.ravel()
        has_missing = bool(np.isnan(flat).any())
        node = np.tile(self.roots, rows)
        active = np.flatnonzero(self.feature[node] >= 0)
        while len(active):
            here = node[active]
            values = flat[offset[active] + self.feature[here]]
            child = np.where(values <= self.threshold[here], self.left[here], self.right[here])
            if has_missing:
                child = np.where(np.isnan(values), self.missing[here], child)
            node[active] = child
            active = active[self.feature[child] >= 0]
        # Accumulated, not summed: a sum may group its terms by the shape of the batch.
        leaves = self.value[node].reshape(rows, trees, -1)
        return np.asarray(np.add.accumulate(leaves, axis=1)[:, -1], dtype=np.float64)

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`, and the constants."""
        names = (*_FLOATS, *_INTEGERS)
        shape = {"base": self.base.tolist(), "divisor": self.divisor, "rounded": self.rounded}
        files = {f"{name}.npy": array_bytes(getattr(self, name)) for name in names}
        return {**files, _SHAPE: json.dumps(shape, sort_keys=True).encode()}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`; also reads forests written before there were constants.

        Raises:
            KeyError, ValueError: the files are no trees.
        """
        floats = {key: floats_from(files[f"{key}.npy"]) for key in _FLOATS}
        integers = {
            key: integers_from(files[f"{key}.npy"]) for key in _INTEGERS if f"{key}.npy" in files
        }
        plain = {
            "base": [0.0] * floats["value"].shape[1],
            "divisor": len(integers["roots"]),
            "rounded": True,
        }
        shape: dict[str, Any] = json.loads(files[_SHAPE]) if _SHAPE in files else plain
        return cls(
            family=name,
            feature=integers["feature"],
            threshold=floats["threshold"],
            left=integers["left"],
            right=integers["right"],
            missing=integers.get("missing", integers["left"]),
            value=floats["value"],
            weight=floats["weight"],
            roots=integers["roots"],
            base=np.array(shape["base"], dtype=np.float64),
            divisor=float(shape["divisor"]),
            rounded=bool(shape["rounded"]),
        )


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; children are positions in its own arrays, and leaves have feature -1.

    Attributes are those of `TreesMember`; where `missing` is None, NaN goes left.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    missing: NDArray[np.int64] | None = None


def joined(
    name: FamilyName,
    trees: Sequence[Tree],
    *,
    base: NDArray[np.float64],
    divisor: float,
    is_rounded: bool,
) -> TreesMember:
    """One member from single trees."""
    sizes = np.array([len(tree.feature) for tree in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

    def children(tree: Tree, start: int, child: NDArray[np.int64]) -> NDArray[np.int64]:
        own = np.arange(len(child))
        return np.where(tree.feature < 0, own, child).astype(np.int64) + start

    pairs = list(zip(trees, roots.tolist(), strict=True))
    return TreesMember(
        family=name,
        feature=np.concatenate([tree.feature for tree in trees]).astype(np.int64),
        threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
        left=np.concatenate([children(tree, at, tree.left) for tree, at in pairs]),
        right=np.concatenate([children(tree, at, tree.right) for tree, at in pairs]),
        missing=np.concatenate(
            [
                children(tree, at, tree.left if tree.missing is None else tree.missing)
                for tree, at in pairs
            ]
        ),
        value=np.concatenate([tree.value for tree in trees]).astype(np.float64),
        weight=np.concatenate([tree.weight for tree in trees]).astype(np.float64),
        roots=roots,
        base=np.asarray(base, dtype=np.float64),
        divisor=float(divisor),
        rounded=is_rounded,
    )


def mean_trees(members: Sequence[TreesMember]) -> TreesMember:
    """One member whose raw scores are the mean of theirs.

    Raises:
        ValueError: the members are of different kinds.
    """
    first = members[0]
    if len({(member.family, member.rounded, len(member.base)) for member in members}) > 1:
        message = "only trees of one kind have a mean"
        raise ValueError(message)
    starts = np.concatenate([[0], np.cumsum([len(member.feature) for member in members])[:-1]])
    pairs = list(zip(members, starts.tolist(), strict=True))
    # All trees are brought to the first member's divisor, then divided once for the mean.
    scales = [first.divisor / member.divisor for member in members]
    return replace(
        first,
        feature=np.concatenate([member.feature for member in members]),
        threshold=np.concatenate([member.threshold for member in members]),
        left=np.concatenate([member.left + at for member, at in pairs]),
        right=np.concatenate([member.right + at for member, at in pairs]),
        missing=np.concatenate([member.missing + at for member, at in pairs]),
        value=np.concatenate(
            [member.value * scale for member, scale in zip(members, scales, strict=True)]
        ),
        weight=np.concatenate([member.weight for member in members]),
        roots=np.concatenate([member.roots + at for member, at in pairs]),
        base=np.mean([member.base for member in members], axis=0),
        divisor=first.divisor * len(members),
    )


def with_means(tree: Tree) -> Tree:
    """The tree with weights and values of inner nodes worked out from its leaves.

    Libraries round them, or keep none; attributions would miss the score by as much. Nodes must
    come after their parents, as all libraries write them.
    """
    value, weight = tree.value.copy(), tree.weight.copy()
    for node in range(len(tree.feature) - 1, -1, -1):
        if tree.feature[node] >= 0:
            one, other = int(tree.left[node]), int(tree.right[node])
            weight[node] = weight[one] + weight[other]
            share = weight[one] / weight[node] if weight[node] > 0 else 0.5
            value[node] = share * value[one] + (1 - share) * value[other]
    return replace(tree, value=value, weight=weight)


def rounded(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as scikit-learn's trees see them: rounded to float32 before any comparison."""
    # Values beyond float32 become infinite and still compare on the right side.
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32).astype(np.float64)


def classic_tree(tree: Any, *, binary: bool) -> Tree:  # Any: scikit-learn's Cython class.
    """A tree of scikit-learn's forests; for binary tasks the share of class 1 is kept."""
    value = tree.value[:, 0, :]
    return Tree(
        feature=np.where(tree.children_left < 0, -1, tree.feature).astype(np.int64),
        threshold=np.asarray(tree.threshold, dtype=np.float64),
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        value=value[:, 1:] if binary else value,
        weight=np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
    )
