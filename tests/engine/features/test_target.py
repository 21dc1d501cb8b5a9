import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.data.schema import Table
from accredit_engine.features.target import cross_block, target_block, target_signals

RANDOM = np.random.default_rng(3)
FOLDS = np.arange(600) % 5


def table(**codes: np.ndarray) -> Table:
    return Table(len(next(iter(codes.values()))), {}, codes)


def test_levels_that_differ_keep_their_means_and_levels_that_do_not_are_pulled_together() -> None:
    codes = RANDOM.integers(0, 40, size=600)
    noise = RANDOM.normal(size=600)
    clear = codes * 3.0 + noise

    differing, _ = target_block("branch", codes, 40, clear[:, None], FOLDS)
    alike, _ = target_block("branch", codes, 40, noise[:, None], FOLDS)

    plain = np.array([clear[codes == level].mean() for level in range(40)])
    assert np.abs(differing.means[:-1, 0] - plain).max() < 15
    assert np.corrcoef(differing.means[:-1, 0], plain)[0, 1] > 0.999
    assert alike.means[:-1, 0].std() < 0.3 * noise.std() / np.sqrt(15)


def test_unknown_and_missing_levels_get_the_overall_mean() -> None:
    codes = RANDOM.integers(0, 3, size=600)
    signal = RANDOM.normal(size=(600, 1)) + codes[:, None]
    block, _ = target_block("branch", codes, 3, signal, FOLDS)
    out = np.zeros((2, block.width))

    block.write(table(branch=np.array([-1, -2])), out)

    assert out[:, 0] == pytest.approx(signal.mean())
    assert out[:, 1].tolist() == [0, 0]


def test_training_entries_come_from_the_other_folds() -> None:
    codes = np.repeat(np.arange(300), 2)
    signal = (RANDOM.random((600, 1)) < 0.5).astype(np.float64)

    _, training = target_block("person", codes, 300, signal, FOLDS)

    for fold in range(5):
        held = fold == FOLDS
        changed = signal.copy()
        changed[held] = 1 - changed[held]
        _, again = target_block("person", codes, 300, changed, FOLDS)
        # The weight of the overall mean is one number for all folds; the rest must not move.
        order = np.argsort(training[held, 0], kind="stable")
        assert (np.diff(again[held, 0][order]) >= -1e-12).all()


def test_a_crossing_knows_its_pairs_and_nothing_else() -> None:
    first, second = RANDOM.integers(-1, 3, size=600), RANDOM.integers(0, 4, size=600)
    signal = ((first == 1) & (second == 2)).astype(np.float64)[:, None]
    columns = ("purpose", "region")

    block, training = cross_block(columns, table(purpose=first, region=second), signal, FOLDS)

    out = np.zeros((4, block.width))
    rows = table(purpose=np.array([1, 1, -2, -1]), region=np.array([2, 1, 2, -1]))
    block.write(rows, out)
    assert out[0, 0] > 0.8
    assert out[1, 0] < 0.2
    assert out[2:, 0] == pytest.approx(signal.mean())
    assert block.columns == columns
    assert training.shape == (600, 2)


def test_classes_become_one_signal_each() -> None:
    signals = target_signals(Task.MULTICLASS, np.array([0.0, 2.0, 1.0]), 3)

    assert signals.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert target_signals(Task.BINARY, np.array([0.0, 1.0]), 1).tolist() == [[0], [1]]
