"""The trees of a pipeline that comes from outside: scikit-learn follows their numbers unchecked.

A child that points back makes a tree without an end, and a feature or a child out of range reads
memory that is none of the tree's.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import UnsafeModel

_LEAF: Final = -1
_TREES: Final = "sklearn.tree."
_OF_TREES: Final = (
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting.",
    "sklearn.ensemble._iforest",
)
"""Models that hand their own matrix to their trees without another look."""

_Things = Iterator[tuple[Any, int | None]]  # Any: whatever an estimator is made of.


def refuse_broken_trees(estimator: Any) -> None:  # Any: scikit-learn ships no types.
    """Refuse an estimator with a tree that does not end or that reads out of its range.

    Raises:
        UnsafeModel: it has one.
    """
    waiting: list[tuple[Any, int | None]] = [(estimator, None)]
    seen: set[tuple[int, int | None]] = set()
    while waiting:
        thing, width = waiting.pop()
        if (id(thing), width) in seen:
            continue
        seen.add((id(thing), width))
        if not _is_sound(thing, width):
            raise UnsafeModel(
                "a tree of the pipeline does not lead from its root to its leaves, or asks for "
                "inputs that there are not"
            )
        waiting.extend(_parts(thing, width))


def _parts(thing: Any, width: int | None) -> _Things:
    """What a thing is made of, and how many columns the trees therein are surely given."""
    if isinstance(thing, dict):
        yield from ((value, width) for value in thing.values())
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from ((value, width) for value in thing)
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        yield from ((value, width) for value in thing.ravel().tolist())
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        yield from ((value, _width(thing, width)) for value in vars(thing).values())


def _width(thing: Any, width: int | None) -> int | None:
    module = f"{type(thing).__module__}."
    own = getattr(thing, "n_features_in_", None)
    if not isinstance(own, int | np.integer):
        return None
    if module.startswith(_TREES):
        return int(own) if width is None else min(int(own), width)
    return int(own) if module.startswith(_OF_TREES) else None


def _is_sound(thing: Any, width: int | None) -> bool:
    name = f"{type(thing).__module__}.{type(thing).__name__}"
    if name == "sklearn.tree._tree.Tree":
        # A count that is too great makes the arrays themselves reach too far.
        if not 0 < thing.node_count <= thing.capacity:
            return False
        inner = thing.children_left != _LEAF
        return _leads_down(thing.children_left, thing.children_right, thing.feature, inner, width)
    if name == "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor":
        nodes = thing.nodes
        inner = nodes["is_leaf"] == 0
        sets = inner & (nodes["is_categorical"] != 0)
        return (
            len(nodes) > 0
            and thing.raw_left_cat_bitsets.shape[1:] == (8,)
            and bool((nodes["bitset_idx"][sets] < len(thing.raw_left_cat_bitsets)).all())
            and _leads_down(nodes["left"], nodes["right"], nodes["feature_idx"], inner, width)
        )
    return True


def _leads_down(
    left: NDArray[Any],
    right: NDArray[Any],
    feature: NDArray[Any],
    inner: NDArray[np.bool_],
    width: int | None,
) -> bool:
    at = np.flatnonzero(inner)
    children = np.stack([left[at], right[at]]).astype(np.int64)
    return (
        width is not None
        and bool((children > at).all() and (children < len(left)).all())
        and bool(((feature[at] >= 0) & (feature[at] < width)).all())
    )
