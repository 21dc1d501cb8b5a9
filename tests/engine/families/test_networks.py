from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import Training
from accredit_engine.families.networks import NetworksMember, pieces_of
from accredit_engine.families.neural import NeuralFamily

FAMILY = NeuralFamily()
PARAMS = {**FAMILY.default(Task.BINARY, 400), "epochs": 12, "units": 24, "batch": 32}


def training(task: Task = Task.BINARY) -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(500, 3))
    score = np.sin(3 * matrix[:, 0]) + 0.3 * matrix[:, 1]
    y = 1000 + 50 * score if task is Task.REGRESSION else (score > 0).astype(np.float64)
    held = matrix[400:], y[400:]
    return Training(task, 1, matrix[:400], y[:400], None, (), held, 1, 0, False, lambda: False)


@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_row_alone_gives_the_bits_of_the_batch(
    seed: int, rows: int, units: int, width: int
) -> None:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, 3))
    pieces = pieces_of(matrix, 4, keeps_plain=True)
    shapes = [(len(pieces.source), units), (units, width), (width, 2)]
    member = NetworksMember(
        pieces,
        tuple(
            (random.normal(size=(2, *shape)), random.normal(size=(2, shape[1]))) for shape in shapes
        ),
        matrix[:1],
    )

    batch = member.raw(matrix)

    at = int(random.integers(rows))
    assert member.raw(matrix[at : at + 1]).tobytes() == batch[at : at + 1].tobytes()
    assert member.raw(matrix[:at]).tobytes() == batch[:at].tobytes()


def test_pieces_add_up_to_the_place_between_the_quantiles() -> None:
    matrix = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [4.0, 0.0], [8.0, 1.0]])

    pieces = pieces_of(matrix, 4, keeps_plain=True)

    encoded = pieces.of(np.array([[3.0, 1.0], [99.0, 0.0]]))
    assert pieces.source.tolist() == [0, 0, 0, 0, 0, 1]
    assert encoded.tolist() == [[3.0, 1.0, 1.0, 0.5, 0.0, 1.0], [99.0, 1.0, 1.0, 1.0, 1.0, 0.0]]


@pytest.mark.parametrize("numeric", ["plain", "quantile", "piecewise"])
@pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
def test_each_encoding_bends_where_the_data_do(numeric: str, task: Task) -> None:
    data = training(task)

    member, settled = FAMILY.train(
        data, {**PARAMS, "numeric": numeric, "epochs": 25, "learning_rate": 0.02, "decay": 0.0}
    )

    assert data.held is not None
    raw = member.raw(data.held[0])[:, 0]
    assert np.corrcoef(raw, data.held[1])[0, 1] > 0.6
    assert 1 <= settled["rounds"] <= 25


def test_an_encoding_that_is_unknown_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="cubic"):
        FAMILY.train(training(), {**PARAMS, "numeric": "cubic"})


def test_the_best_epoch_on_the_held_rows_is_kept() -> None:
    data = training()
    params = {**PARAMS, "nets": 1, "epochs": 30, "learning_rate": 0.02, "decay": 0.0}

    member, settled = FAMILY.train(data, params)

    again, _ = FAMILY.train(replace(data, held=None), settled)
    assert settled["rounds"] < 30
    assert np.array_equal(again.raw(data.matrix), member.raw(data.matrix))


def test_enough_ends_the_lesson_after_an_epoch() -> None:
    _, settled = FAMILY.train(replace(training(), enough=lambda: True), PARAMS)

    assert settled["rounds"] == 1


def test_networks_of_other_shapes_stay_side_by_side() -> None:
    members = [FAMILY.train(training(), {**PARAMS, "units": units})[0] for units in (8, 16)]

    merged = FAMILY.merged(members)

    assert isinstance(merged, BagMember)
    assert isinstance(FAMILY.merged([members[0], members[0]]), NetworksMember)
