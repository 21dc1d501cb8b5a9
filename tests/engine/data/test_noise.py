import numpy as np
import pytest

from accredit_engine.data.noise import (
    label_noise,
    no_signal,
    suspect_rows,
    suspect_values,
    value_noise,
)

ROWS = 1000
RANDOM = np.random.default_rng(4)
TRUE = RANDOM.integers(0, 3, ROWS)


def sure(
    labels: "np.ndarray[tuple[int], np.dtype[np.int64]]",
) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Probabilities of a good model: about 0.9 for the true class."""
    probabilities = np.full((len(labels), 3), 0.05) + RANDOM.uniform(0, 0.01, (len(labels), 3))
    probabilities[np.arange(len(labels)), labels] = 0.9 - RANDOM.uniform(0, 0.05, len(labels))
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def test_flipped_labels_are_found_and_counted() -> None:
    given = TRUE.copy()
    flipped = np.arange(0, ROWS, 20)
    given[flipped] = (TRUE[flipped] + 1) % 3
    probabilities = sure(TRUE)

    finding = label_noise(given.astype(float), probabilities, ["a", "b", "c"])
    suspects = suspect_rows(given.astype(float), probabilities)

    assert finding is not None
    assert (finding.code, finding.severity) == ("label_noise", "warning")
    assert float(finding.evidence["share"]) == pytest.approx(0.05, abs=0.03)
    assert int(finding.evidence["b could be a"]) > 0
    assert len(set(suspects.tolist()) & set(flipped.tolist())) >= 0.9 * len(flipped)


def test_the_most_suspect_row_comes_first() -> None:
    y = np.array([0.0] * 10 + [1.0] * 10 + [0.0, 0.0])
    high = [0.9] * 10 + [0.1] * 10 + [0.2, 0.01]
    probabilities = np.stack([high, 1 - np.array(high)], axis=1)

    assert suspect_rows(y, probabilities).tolist()[:1] == [21]


def test_overlapping_classes_are_told_without_alarm() -> None:
    chance = RANDOM.uniform(0.2, 0.8, ROWS)
    y = (RANDOM.random(ROWS) < chance).astype(float)

    finding = label_noise(y, np.stack([1 - chance, chance], axis=1), [0, 1])

    assert finding is not None
    assert finding.severity == "info"


def test_clean_labels_and_tiny_classes_give_no_finding() -> None:
    y = np.zeros(50)
    y[:2] = 1
    probabilities = np.tile([0.96, 0.04], (50, 1))

    assert label_noise(y, probabilities, ["no", "yes"]) is None
    assert label_noise(TRUE.astype(float), np.eye(3)[TRUE], ["a", "b", "c"]) is None
    assert len(suspect_rows(y, probabilities)) == 0


def test_findings_hold_no_rows() -> None:
    finding = label_noise(np.roll(TRUE, 1).astype(float), sure(TRUE), ["a", "b", "c"])

    assert finding is not None
    assert all(isinstance(value, int | float) for value in finding.evidence.values())


def test_far_targets_are_found_the_farthest_first() -> None:
    predicted = RANDOM.normal(size=ROWS)
    y = predicted + RANDOM.normal(scale=0.1, size=ROWS)
    y[[3, 7]] += [5, -50]

    finding = value_noise(y, predicted)

    assert suspect_values(y, predicted).tolist() == [7, 3]
    assert finding is not None
    assert finding.evidence["rows"] == 2


def test_perfect_predictions_leave_nothing_to_suspect() -> None:
    y = np.arange(10.0)

    assert value_noise(y, y) is None
    assert len(suspect_values(y, y)) == 0


@pytest.mark.parametrize(
    ("score", "hopeless"),
    [
        pytest.param(0.49, True, id="below"),
        pytest.param(0.51, True, id="within the spread"),
        pytest.param(0.52, True, id="on the limit"),
        pytest.param(0.521, False, id="just above"),
    ],
)
def test_a_score_within_noise_of_the_baseline_is_no_signal(score: float, *, hopeless: bool) -> None:
    finding = no_signal(score, 0.5, 0.52 - 0.5)

    assert (finding is not None) is hopeless
    if finding is not None:
        assert (finding.code, finding.severity) == ("no_signal", "critical")
