"""Neural networks: scikit-learn's perceptrons, trained epoch by epoch and kept as plain arrays.

Several small networks are averaged; numbers enter as pieces between their quantiles, which lets a
small network bend where the data do (Gorishniy et al. 2022). Each network is trained by Adam under
a learning rate that falls along a cosine, and keeps the weights of its best epoch on the held rows.

Another library plugs in as a family of its own that returns a `NetworksMember`: see `networks`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training, spread_rows
from accredit_engine.families.networks import NetworksMember, Pieces, pieces_of, stacked
from accredit_engine.features.plan import PlanName
from accredit_engine.seeds import child

_MOST_CELLS: Final = 20_000_000
_LAST_RATE: Final = 0.02
"""Share of the first learning rate that is left at the end of the cosine."""
_PATIENCE: Final = 0.3
"""Share of all epochs without improvement after which a network stops."""

_UNIFORM_SPREAD: Final = 12**0.5
"""Width of the uniform distribution whose standard deviation is one."""
_BATCHES: Final = ((600, 16), (2_000, 32), (5_000, 64), (20_000, 256), (math.inf, 512))
"""Rows per step of Adam, by the number of rows: enough steps for few, speed for many."""
_ENCODINGS: Final = ("plain", "quantile", "piecewise")

_Layers: TypeAlias = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


class NeuralFamily:
    """Trains averaged perceptrons."""

    name = FamilyName.NEURAL
    plan = PlanName.LINEAR
    traits = TRAITS[FamilyName.NEURAL]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """An epoch must stay within a few seconds."""
        del task
        if rows * entries > _MOST_CELLS:
            return f"networks learn too slowly above {_MOST_CELLS} cells"
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Two layers; smaller steps over more epochs for few rows."""
        del task
        return {
            "numeric": "piecewise",
            "pieces": 8,
            "nets": 2,
            "layers": 2,
            "units": 64,
            "epochs": 40 if rows < 5_000 else 20,
            "batch": next(size for limit, size in _BATCHES if rows < limit),
            "learning_rate": 2e-3,
            "decay": 0.3,
        }

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Encoding, shape, speed and penalty."""
        del task, rows
        return {
            "numeric": CategoricalDistribution(["plain", "quantile", "piecewise"]),
            "pieces": IntDistribution(4, 16),
            "layers": IntDistribution(1, 3),
            "units": IntDistribution(32, 128, log=True),
            "learning_rate": FloatDistribution(3e-4, 1e-2, log=True),
            "decay": FloatDistribution(1e-3, 3.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[NetworksMember, Params]:
        """Fit for `rounds` epochs of the params, or keep the best epoch on the held rows."""
        training.refuse_constraints(self.name)
        entry = _Entry.of(training.matrix, params)
        lesson = _Lesson.of(training, entry, watches="rounds" not in params)
        nets: list[_Layers] = []
        epochs: list[int] = []
        # One thread: the order of sums in a matrix product depends on their number.
        with threadpool_limits(1, user_api="blas"):
            while len(nets) < int(params["nets"]) and not (nets and training.enough()):
                seed = child(training.seed, "network", len(nets))
                layers, best = _learned(lesson, params, seed)
                nets.append(entry.unfolded(lesson.unscaled(layers)))
                epochs.append(best)
        member = NetworksMember(
            pieces=entry.pieces,
            layers=tuple(
                (np.stack([weights for weights, _ in same]), np.stack([off for _, off in same]))
                for same in zip(*nets, strict=True)
            ),
            background=training.matrix[:0],
        )
        sample = training.matrix[:: max(1, len(training.matrix) // 200)]
        background = spread_rows(sample, member.raw(sample))
        rounds = max(1, round(sum(epochs) / len(epochs)))
        return replace(member, background=background), {**params, "rounds": rounds}

    def merged(self, members: Sequence[NetworksMember]) -> NetworksMember | BagMember:
        """All networks in one stack."""
        return stacked(members) or BagMember(self.name, tuple(members))


@dataclass(frozen=True, slots=True)
class _Entry:
    """How rows enter the networks.

    Attributes:
        pieces: Encoding of the entries.
        mixing: (w, u) sums the pieces of one entry up to its quantile, or None.
        shift: (u,) added after that.
    """

    pieces: Pieces
    mixing: NDArray[np.float64] | None
    shift: NDArray[np.float64]

    @classmethod
    def of(cls, matrix: NDArray[np.float64], params: Params) -> "_Entry":
        """Plain entries, pieces, or quantiles with unit spread.

        Raises:
            TrialFailed: another encoding is asked for.
        """
        encoding = str(params["numeric"])
        if encoding not in _ENCODINGS:
            message = f"numeric is {encoding!r}; use {list(_ENCODINGS)}"
            raise TrialFailed(message)
        count = 0 if encoding == "plain" else int(params["pieces"])
        pieces = pieces_of(matrix, count, keeps_plain=encoding != "quantile")
        if encoding != "quantile":
            return cls(pieces, None, np.zeros(0))
        owner = np.unique(pieces.source, return_inverse=True)[1]
        is_cut = np.isfinite(pieces.lowest)
        counts = np.bincount(owner)[owner]
        mixing = np.zeros((len(owner), int(owner.max()) + 1))
        mixing[np.arange(len(owner)), owner] = np.where(is_cut, _UNIFORM_SPREAD / counts, 1.0)
        shift = np.zeros(mixing.shape[1])
        shift[owner[is_cut]] = -_UNIFORM_SPREAD / 2
        return cls(pieces, mixing, shift)

    def inputs(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """What the networks are trained on: single precision halves the time."""
        values = self.pieces.of(matrix)
        if self.mixing is not None:
            values = values @ self.mixing + self.shift
        return values.astype(np.float32)

    def unfolded(self, layers: _Layers) -> _Layers:
        """The layers for pieces instead of inputs."""
        if self.mixing is None:
            return layers
        weights, offsets = layers[0]
        return [(self.mixing @ weights, offsets + self.shift @ weights), *layers[1:]]


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What every network of one fit learns from; targets of a regression are standardised."""

    training: Training
    inputs: NDArray[np.float32]
    y: NDArray[np.float64]
    held: tuple[NDArray[np.float32], NDArray[np.float64]] | None
    centre: float
    spread: float

    @classmethod
    def of(cls, training: Training, entry: _Entry, *, watches: bool) -> "_Lesson":
        """Encode once for all networks."""
        centre, spread = 0.0, 1.0
        if training.task is Task.REGRESSION:
            centre, spread = float(training.y.mean()), float(training.y.std()) or 1.0
        held = None
        if watches and training.held is not None:
            matrix, y = training.held
            held = entry.inputs(matrix), (y - centre) / spread
        y = (training.y - centre) / spread
        return cls(training, entry.inputs(training.matrix), y, held, centre, spread)

    def unscaled(self, layers: _Layers) -> _Layers:
        """The layers with raw scores as the task wants them."""
        weights, offsets = layers[-1]
        if self.training.task is Task.REGRESSION:
            last = weights * self.spread, offsets * self.spread + self.centre
        elif offsets.shape[0] < self.training.outputs:
            # Two classes of several: scikit-learn keeps one unit of log-odds.
            last = weights * [-0.5, 0.5], offsets * [-0.5, 0.5]
        else:
            last = weights, offsets
        return [*layers[:-1], last]

    def loss(self, raw: NDArray[np.float64]) -> float:
        """Mean loss of raw scores (n, u) on the held rows."""
        if self.held is None:
            return 0.0
        y = self.held[1]
        if self.training.task is Task.REGRESSION:
            losses = (raw[:, 0] - y) ** 2
        elif raw.shape[1] == 1:
            losses = np.logaddexp(0.0, np.where(y > 0, -raw[:, 0], raw[:, 0]))
        else:
            own = raw[np.arange(len(y)), y.astype(np.int64)]
            losses = np.logaddexp.reduce(raw, axis=1) - own
        return float(np.average(losses, weights=self.training.held_weight))


def _learned(lesson: _Lesson, params: Params, seed: int) -> tuple[_Layers, int]:
    """Layers of one network, and the epoch that they are from.

    Raises:
        TrialFailed: the time is out.
    """
    training = lesson.training
    model = _perceptron(training, params, seed)
    horizon = int(params["epochs"])
    last = int(params.get("rounds", horizon))
    patience = max(5, round(_PATIENCE * horizon))
    best, least, kept = 0, math.inf, None
    for epoch in range(1, last + 1):
        training.refuse_when_expired()
        _take(model, lesson, _rate(params, epoch, horizon))
        if lesson.held is not None:
            loss = lesson.loss(_outputs(model, lesson.held[0]))
            if loss < least:
                best, least, kept = epoch, loss, _layers(model)
            elif epoch - best >= patience:
                break
        if training.enough():
            last = epoch
            break
    return (kept, best) if kept is not None else (_layers(model), last)


def _rate(params: Params, epoch: int, horizon: int) -> float:
    """A cosine over the horizon; epochs beyond it keep its end."""
    done = min(1.0, (epoch - 1) / horizon)
    share = _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done))
    return float(params["learning_rate"]) * share


def _perceptron(training: Training, params: Params, seed: int) -> Any:  # Any: untyped library.
    kind = MLPRegressor if training.task is Task.REGRESSION else MLPClassifier
    return kind(
        hidden_layer_sizes=(int(params["units"]),) * int(params["layers"]),
        alpha=float(params["decay"]),
        batch_size=min(int(params["batch"]), len(training.y)),
        learning_rate_init=float(params["learning_rate"]),
        # An instance: a number would shuffle every epoch alike.
        random_state=np.random.RandomState(seed),
    )


def _take(model: Any, lesson: _Lesson, rate: float) -> None:  # Any: as above.
    """One epoch at one learning rate."""
    training = lesson.training
    if hasattr(model, "_optimizer"):
        model._optimizer.learning_rate_init = rate  # noqa: SLF001 - Adam has no schedule here.
    extra = {}
    if training.task is not Task.REGRESSION:
        extra["classes"] = np.arange(max(2, training.outputs), dtype=np.float64)
    model.partial_fit(lesson.inputs, lesson.y, sample_weight=training.weight, **extra)


def _outputs(model: Any, inputs: NDArray[np.float32]) -> NDArray[np.float64]:  # Any: as above.
    state = inputs
    pairs = list(zip(model.coefs_, model.intercepts_, strict=True))
    for number, (weights, offsets) in enumerate(pairs):
        state = state @ weights + offsets
        if number + 1 < len(pairs):
            state = np.maximum(state, 0.0)
    return np.asarray(state, dtype=np.float64)


def _layers(model: Any) -> _Layers:  # Any: as above.
    """Copies of its weights in double precision."""
    pairs = zip(model.coefs_, model.intercepts_, strict=True)
    return [(weights.astype(np.float64), offsets.astype(np.float64)) for weights, offsets in pairs]
