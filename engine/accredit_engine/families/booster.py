"""LightGBM models as their own text, scaled and joined without retraining.

Contributions come from LightGBM itself (`pred_contrib`), which knows its native categorical splits:
other explainers are silently wrong on them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import TrialFailed
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import FamilyName

_PARAMETERS: Final = "\nparameters:"
_PARAMETERS_END: Final = "end of parameters\n"
_TEXT: Final = "model.txt"
_BACKGROUND: Final = "background.npy"
_TREE: Final = re.compile(r"^Tree=\d+$", re.MULTILINE)
_SCALED: Final = re.compile(r"^(leaf_value|internal_value)=(.*)$", re.MULTILINE)
_SIZES: Final = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
_TREES_END: Final = "end of trees"
_EXPLAINED_ALONE: Final = 64
"""Rows below which one thread explains them."""
_LARGEST_LOG: Final = 700.0


@dataclass(frozen=True, slots=True)
class BoosterMember:
    """A LightGBM model as text, and the parsed form of that text.

    Attributes:
        family: Its family.
        text: The model without the echo of its training parameters.
        outputs: Raw scores per row.
        booster: The parsed model.
    """

    family: FamilyName
    text: str
    outputs: int
    booster: Any = field(repr=False, compare=False)  # Any: LightGBM ships no types.

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        if not len(matrix):
            return np.zeros((0, self.outputs))
        scores = self.booster.predict(matrix, raw_score=True, num_threads=_threads(matrix))
        return np.asarray(scores, dtype=np.float64).reshape(len(matrix), self.outputs)

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Path-dependent TreeSHAP (Lundberg et al. 2020): contributions (n, m, o) and base (o,)."""
        entries = matrix.shape[1]
        if not len(matrix):
            return np.zeros((0, entries, self.outputs)), np.zeros(self.outputs)
        flat = self.booster.predict(matrix, pred_contrib=True, num_threads=_explaining(matrix))
        phi = np.asarray(flat, dtype=np.float64).reshape(len(matrix), self.outputs, entries + 1)
        return phi[:, :, :-1].transpose(0, 2, 1), phi[0, :, -1].copy()

    def files(self) -> dict[str, bytes]:
        """Its text."""
        return {_TEXT: self.text.encode()}

    @classmethod
    def from_text(cls, family: FamilyName, text: str, outputs: int) -> Self:
        """Parse. The text must have been checked against a digest: damage aborts the process.

        Raises:
            ValueError: LightGBM refuses the text.
        """
        try:
            return cls(family, text, outputs, lgb.Booster(model_str=text))
        except lgb.basic.LightGBMError as error:
            message = f"LightGBM refuses the model: {error}"
            raise ValueError(message) from error


@dataclass(frozen=True, slots=True)
class RateMember:
    """LightGBM models of a logarithm (Poisson, gamma, Tweedie): raw scores are rates.

    A product of effects is no sum of contributions, so these are sampled.

    Attributes:
        logarithm: The model of the logarithm of the rate.
        background: float64 (b, m): typical training rows.
    """

    logarithm: BoosterMember
    background: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return self.logarithm.family

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rates (n, 1)."""
        return np.exp(np.minimum(self.logarithm.raw(matrix), _LARGEST_LOG))

    def files(self) -> dict[str, bytes]:
        """Text and background."""
        return {**self.logarithm.files(), _BACKGROUND: array_bytes(self.background)}


def load_booster(
    name: FamilyName, files: Mapping[str, bytes], outputs: int
) -> BoosterMember | RateMember:
    """A member from its files, which must have been checked against a digest.

    Raises:
        KeyError, ValueError: the files are no such member.
    """
    plain = BoosterMember.from_text(name, files[_TEXT].decode(), outputs)
    if _BACKGROUND in files:
        return RateMember(plain, floats_from(files[_BACKGROUND]))
    return plain


def trained_member(booster: Any, name: FamilyName, outputs: int) -> BoosterMember:  # Any: untyped.
    """The trained rounds of a booster up to its best one, as a member."""
    best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
    text = _without_parameters(booster.model_to_string(num_iteration=best))
    return BoosterMember.from_text(name, text, outputs)


def mean_booster(members: Sequence[BoosterMember]) -> BoosterMember:
    """One booster of all trees, their values divided by the number of members.

    Raises:
        ValueError: the members were trained on other entries or outputs.
    """
    first = members[0]
    if len({(member.outputs, member.booster.num_feature()) for member in members}) > 1:
        message = "only boosters of the same entries and outputs have a mean"
        raise ValueError(message)
    share = 1.0 / len(members)
    blocks = [block for member in members for block in _blocks(member.text)]
    head = first.text[: _start(first.text)]
    trees = "".join(f"Tree={at}\n{_scaled(block, share)}" for at, block in enumerate(blocks))
    # Without the sizes of the trees LightGBM reads them one after the other, and writes new ones.
    joined = f"{_SIZES.sub('', head)}{trees}{_TREES_END}\n"
    parsed = BoosterMember.from_text(first.family, joined, first.outputs)
    return trained_member(parsed.booster, first.family, first.outputs)


def count_trees(
    trees: list[int], wanted: int | None, *, patience: int
) -> Callable[[Any], None]:  # Any: LightGBM's own type.
    """A callback that notes the trees after each round, and ends training at the wanted number.

    A round whose drawn rows cannot be split adds no tree. Counted as one, it would leave a fit of
    so many rounds with fewer trees than the fit that it repeats.
    """

    def count(environment: Any) -> None:  # Any: as above.
        trees.append(environment.model.current_iteration())
        is_stuck = len(trees) > patience and trees[-1] == trees[-1 - patience]
        if wanted is not None and (trees[-1] >= wanted or is_stuck):
            results = environment.evaluation_result_list
            raise lgb.callback.EarlyStopException(environment.iteration, results)

    return count


def give_up_when_expired(
    expired: Callable[[], bool], enough: Callable[[], bool]
) -> Callable[[Any], None]:  # Any: LightGBM's own type.
    """A callback that ends training when `enough`, and aborts it when `expired`."""

    def look(environment: Any) -> None:  # Any: as above.
        if environment.iteration % 5:
            return
        if enough():
            results = environment.evaluation_result_list
            raise lgb.callback.EarlyStopException(environment.iteration, results)
        if expired():
            message = "out of time"
            raise TrialFailed(message)

    return look


def _start(text: str) -> int:
    found = _TREE.search(text)
    return found.start() if found else text.index(_TREES_END)


def _blocks(text: str) -> list[str]:
    """Bodies of the trees, each without its number."""
    body = text[_start(text) : text.index(_TREES_END)]
    return [block.lstrip("\n") for block in _TREE.split(body)[1:]]


def _scaled(block: str, share: float) -> str:
    def scale(found: re.Match[str]) -> str:
        values = (float(value) * share for value in found.group(2).split())
        return f"{found.group(1)}={' '.join(repr(value) for value in values)}"

    return _SCALED.sub(scale, block)


def _without_parameters(text: str) -> str:
    """Leave the echo of the parameters out: it names threads and paths, not the model."""
    start, end = text.find(_PARAMETERS), text.find(_PARAMETERS_END)
    if start < 0 or end < 0:
        return text
    return text[: start + 1] + text[end + len(_PARAMETERS_END) :]


def _explaining(matrix: NDArray[np.float64]) -> int:
    """Explaining a row takes milliseconds, so a second thread pays off early."""
    return 1 if len(matrix) < _EXPLAINED_ALONE else 2


def _threads(matrix: NDArray[np.float64]) -> int:
    """One thread for few rows: starting more costs more than the work."""
    return 1 if len(matrix) < 20_000 else 2
