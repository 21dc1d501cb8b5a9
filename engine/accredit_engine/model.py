"""A fitted model: typed columns in, probabilities, decisions and attributions out.

For binary tasks the *margin* is the log-odds of the favourable class. For several classes there is
one margin per class (softmax gives the probabilities); for regression the margin is the prediction.
The margin is a weighted sum of the members' raw scores and a constant, so attributions of the
members add up to it exactly.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Contract, Label, Task
from accredit_engine.data.schema import ColumnSchema, Table, decode
from accredit_engine.errors import NoConformal, NotBinary
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.conformal import Conformal
from accredit_engine.evaluation.costs import CostMatrix, decide_by_cost
from accredit_engine.families.family import Member
from accredit_engine.features.encoder import Encoder
from accredit_engine.features.encoding import Encoding

Labels: TypeAlias = NDArray[np.generic]
"""Classes with their own type, or values of a regression."""


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the blend.

    Attributes:
        trial: Number of the trial it comes from.
        encoding: What it is fed with.
        weight: Its share of the blend, in (0, 1].
        slope: float64 (o,): factor of its raw scores in the margin, all calibration included.
        member: The trained model.
    """

    trial: int
    encoding: Encoding
    weight: float
    slope: NDArray[np.float64]
    member: Member


@dataclass(frozen=True, slots=True)
class Attributions:
    """How much each raw column moved each margin.

    Attributes:
        values: Rows as in the frame. Binary and regression: one column per input. Multiclass: two
            column levels, class then input.
        base: float64 (1,) or (k,): the margin before any column is known.
        margin: float64 (n,), or (n, k) for multiclass; equals the row's values plus the base.
        exact: Whether they are exact; those of some members have to be sampled, and then the
            shares of single columns are estimates, though they add up all the same.
    """

    values: pd.DataFrame
    base: NDArray[np.float64]
    margin: NDArray[np.float64]
    exact: bool

    def of_class(self, label: Label) -> pd.DataFrame:
        """Attributions to the margin of one class (multiclass), one column per input."""
        found = self.values.xs(label, axis=1, level=0)
        if not isinstance(found, pd.DataFrame):
            message = f"{label!r} is no class"
            raise TypeError(message)
        return found


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model that answers.

    Attributes:
        contract: What it takes and answers.
        schema: Its inputs with the levels of categories.
        encoders: Encoders by encoding.
        parts: Members of the blend.
        offset: float64 (o,): constant of the margin.
        digest: Digest of the bundle it was saved to or loaded from; empty before.
        conformal: Quantiles of intervals or sets; None unless asked for.
        costs: Costs that decide between several classes; None decides for the likeliest.
    """

    contract: Contract
    schema: tuple[ColumnSchema, ...]
    encoders: Mapping[Encoding, Encoder]
    parts: tuple[Part, ...]
    offset: NDArray[np.float64]
    digest: str = ""
    conformal: Conformal | None = None
    costs: CostMatrix | None = None

    @property
    def threshold(self) -> float | None:
        """Smallest P(favourable) that is decided favourably; None unless binary."""
        return self.contract.threshold

    @property
    def classes(self) -> Labels:
        """Classes in the order of the probabilities; empty for regression."""
        return np.array(self.contract.classes)

    def predict(self, frame: pd.DataFrame) -> Labels:
        """Classes or values (n,). Binary classes are decided at the frozen threshold.

        Raises:
            MissingColumn: the frame lacks an input.
            UnparsableValue: an input holds values of another kind.
        """
        margin = self._margin(self._decode(frame))
        if self.contract.task is Task.REGRESSION:
            return margin[:, 0]
        output = probabilities(margin, self.contract.task)
        if self.contract.task is Task.MULTICLASS:
            if self.costs is not None:
                cheapest: Labels = self.classes[decide_by_cost(output, self.costs)]
                return cheapest
            likeliest: Labels = self.classes[output.argmax(axis=1)]
            return likeliest
        chosen = output[:, 0] >= self._cut()
        positions = np.where(chosen, self._favourable_at(), 1 - self._favourable_at())
        decided: Labels = self.classes[positions]
        return decided

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Probabilities (n, k) in the order of the classes; rows sum to 1.

        Raises:
            NotBinary: the task is regression.
            MissingColumn, UnparsableValue: as for `predict`.
        """
        if self.contract.task is Task.REGRESSION:
            message = "a regression has no class probabilities; use predict"
            raise NotBinary(message)
        output = probabilities(self._margin(self._decode(frame)), self.contract.task)
        if self.contract.task is Task.MULTICLASS:
            return output
        pair = np.stack([1 - output[:, 0], output[:, 0]], axis=1)
        return pair if self._favourable_at() == 1 else pair[:, ::-1].copy()

    def predict_interval(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Columns `low` and `high`, rows as in the frame, that hold the truth as often as promised.

        Raises:
            NoConformal: the model was fitted without, or is no regression.
            MissingColumn, UnparsableValue: as for `predict`.
        """
        conformal = self._conformal(Task.REGRESSION)
        low, high = conformal.interval(self._margin(self._decode(frame))[:, 0])
        return pd.DataFrame({"low": low, "high": high}, index=frame.index)

    def predict_set(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One boolean column per class: whether the class is in the row's prediction set.

        Raises:
            NoConformal: the model was fitted without, or is a regression.
            MissingColumn, UnparsableValue: as for `predict`.
        """
        conformal = self._conformal(self.contract.task)
        output = probabilities(self._margin(self._decode(frame)), self.contract.task)
        chosen = conformal.sets(output)
        if self.contract.task is Task.BINARY and self._favourable_at() == 0:
            chosen = chosen[:, ::-1]
        return pd.DataFrame(chosen, index=frame.index, columns=list(self.contract.classes))

    def _conformal(self, task: Task) -> Conformal:
        is_values = task is Task.REGRESSION
        if self.conformal is None or is_values != (self.contract.task is Task.REGRESSION):
            kind = "intervals" if is_values else "sets"
            message = f"the model has no prediction {kind}; fit it with conformal=0.9, for example"
            raise NoConformal(message)
        return self.conformal

    def margin(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Margin (n,), or (n, k) for multiclass; see the module."""
        return self._flat(self._margin(self._decode(frame)))

    def favourable_probability(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """P(favourable class) (n,).

        Raises:
            NotBinary: the task is not binary.
        """
        self._cut()
        return probabilities(self._margin(self._decode(frame)), Task.BINARY)[:, 0]

    def decide(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Favourable decisions (n,) at the frozen threshold.

        Raises:
            NotBinary: the task is not binary.
        """
        return self.favourable_probability(frame) >= self._cut()

    def explain(self, frame: pd.DataFrame) -> Attributions:
        """Attributions of every row, checked to add up.

        Raises:
            AttributionsIncomplete: they miss the margin; nothing is returned then.
            MissingColumn, UnparsableValue: as for `predict`.
        """
        method = _attributions()
        table = self._decode(frame)
        columns = tuple(column.name for column in self.contract.columns)
        margin = self._margin(table)
        total = np.zeros((table.rows, len(columns), len(self.offset)))
        base = self.offset.copy()
        matrices = self._matrices(table)
        for part in self.parts:
            owners = self.encoders[part.encoding].owners
            phi, member_base = method.contributions(part.member, matrices[part.encoding], owners)
            total += part.slope * method.owned(phi, owners, columns)
            base += part.slope * member_base
        method.refuse_incomplete(total, base, margin)
        return Attributions(
            values=self._labelled(total, columns, frame.index),
            base=base,
            margin=self._flat(margin),
            exact=all(method.is_exact(part.member) for part in self.parts),
        )

    def _labelled(
        self, total: NDArray[np.float64], columns: tuple[str, ...], index: pd.Index
    ) -> pd.DataFrame:
        if self.contract.task is not Task.MULTICLASS:
            return pd.DataFrame(total[:, :, 0], index=index, columns=list(columns))
        wide = np.concatenate([total[:, :, at] for at in range(total.shape[2])], axis=1)
        names = pd.MultiIndex.from_product([self.contract.classes, columns])
        return pd.DataFrame(wide, index=index, columns=names)

    def _decode(self, frame: pd.DataFrame) -> Table:
        return decode(frame, self.schema)

    def _matrices(self, table: Table) -> dict[Encoding, NDArray[np.float64]]:
        return {key: encoder.transform(table) for key, encoder in self.encoders.items()}

    def _margin(self, table: Table) -> NDArray[np.float64]:
        matrices = self._matrices(table)
        margin = np.tile(self.offset, (table.rows, 1))
        for part in self.parts:
            margin += part.slope * part.member.raw(matrices[part.encoding])
        return margin

    def _flat(self, margin: NDArray[np.float64]) -> NDArray[np.float64]:
        return margin if self.contract.task is Task.MULTICLASS else margin[:, 0]

    def _favourable_at(self) -> int:
        return 1 if self.contract.favourable == self.contract.classes[1] else 0

    def _cut(self) -> float:
        if self.contract.threshold is None:
            message = f"decisions exist for binary tasks, not for {self.contract.task.value}"
            raise NotBinary(message)
        return self.contract.threshold


def _attributions() -> ModuleType:
    """Loaded when first asked for: shap costs seconds and memory that predicting must not pay."""
    return importlib.import_module("accredit_engine.explanation.attributions")
