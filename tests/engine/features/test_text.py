import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.features.encoder import Encoder, fit_encoder
from accredit_engine.features.plan import PLANS, PlanName
from accredit_engine.features.text import TextBlock, text_counts, words

SCHEMA = (ColumnSchema("review", Kind.TEXT),)
GOOD = ("lovely", "fresh", "great taste", "would buy again")
BAD = ("stale", "awful smell", "not good", "sent it back")
PLAIN = ("the box", "came on monday", "my dog", "with the mail", "2 bags", "and tea")


def reviews(rows: int, seed: int) -> tuple[Table, np.ndarray]:
    random = np.random.default_rng(seed)
    liked = random.random(rows) < 0.6
    texts = []
    for like in liked:
        parts = [*random.choice(PLAIN, size=3), *random.choice(GOOD if like else BAD, size=2)]
        random.shuffle(parts)
        texts.append(" ".join(parts))
    texts[0] = ""
    return Table(rows, {}, {}, {"review": np.array(texts, dtype=object)}), liked.astype(np.float64)


TABLE, LIKED = reviews(300, 1)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return fit_encoder(TABLE, LIKED[:, None], SCHEMA, PLANS[PlanName.LINEAR], seed=1)[0]


def test_the_score_tells_good_reviews_from_bad_ones(encoder: Encoder) -> None:
    fresh, liked = reviews(200, 2)

    matrix = encoder.transform(fresh)

    assert np.corrcoef(matrix[1:, 0], liked[1:])[0, 1] > 0.85


def test_a_text_does_not_see_its_own_target() -> None:
    random = np.random.default_rng(4)
    noise = (random.random((300, 1)) < 0.5).astype(np.float64)

    encoder, matrix = fit_encoder(TABLE, noise, SCHEMA, PLANS[PlanName.LINEAR], seed=1)

    assert np.corrcoef(encoder.transform(TABLE)[:, 0], noise[:, 0])[0, 1] > 0.2
    assert np.corrcoef(matrix[:, 0], noise[:, 0])[0, 1] < 0.15


def test_values_are_scored_as_values() -> None:
    price = np.where(LIKED > 0, 30.0, 10.0)

    encoder, matrix = fit_encoder(TABLE, price[:, None], SCHEMA, PLANS[PlanName.BOOSTING], seed=1)

    assert np.abs(matrix[1:, 0] - price[1:]).mean() < 4
    assert np.abs(encoder.transform(TABLE)[1:, 0] - price[1:]).mean() < 4


def test_a_text_alone_gives_the_same_bits_as_within_a_batch(encoder: Encoder) -> None:
    batch = encoder.transform(TABLE)

    for row in range(0, 300, 17):
        assert np.array_equal(encoder.transform(TABLE.take(np.array([row])))[0], batch[row])


def test_a_text_encoder_survives_json_bit_for_bit(encoder: Encoder) -> None:
    restored = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict(), allow_nan=False)))

    assert np.array_equal(restored.transform(TABLE), encoder.transform(TABLE))


def test_equal_texts_and_seeds_give_equal_documents(encoder: Encoder) -> None:
    table, liked = reviews(300, 1)

    again, _ = fit_encoder(table, liked[:, None], SCHEMA, PLANS[PlanName.LINEAR], seed=1)

    assert json.dumps(again.to_dict()) == json.dumps(encoder.to_dict())


def test_all_entries_of_a_text_belong_to_its_column(encoder: Encoder) -> None:
    assert set(encoder.owners) == {("review",)}


@pytest.mark.parametrize("texts", [["", "", "", "", "", ""], ["a"] * 6, ["one two"] * 6])
def test_texts_without_anything_to_learn_are_still_encoded(texts: list[str]) -> None:
    table = Table(6, {}, {}, {"review": np.array(texts, dtype=object)})

    encoder, matrix = fit_encoder(
        table, np.array([[0.0], [1.0]] * 3), SCHEMA, PLANS[PlanName.LINEAR], seed=0
    )

    assert np.isfinite(matrix).all()
    assert np.isfinite(encoder.transform(TABLE)).all()


def test_words_are_lower_case_and_longer_than_one_letter() -> None:
    assert words("I LOVED it: 10/10, déjà-vu!") == ["loved", "it", "10", "10", "déjà", "vu"]


@given(st.text())
def test_counts_of_any_text_are_finite_and_shares_are_shares(text: str) -> None:
    counts = text_counts([text])[0]

    assert np.isfinite(counts).all()
    assert (counts >= 0).all()
    assert (counts[[2, 3]] <= 1).all()


@given(st.lists(st.text(alphabet="ab !?1Z\n", max_size=40), min_size=1, max_size=8))
def test_any_text_can_be_read(texts: list[str]) -> None:
    terms = ("ab", "aa", "ab ab")
    places = np.array([[1.0], [0.5], [-2.0]])
    block = TextBlock("review", terms, np.ones(3), places, np.zeros(1), places)
    table = Table(len(texts), {}, {}, {"review": np.array(texts, dtype=object)})
    out = np.zeros((len(texts), block.width))

    block.write(table, out)

    assert np.isfinite(out).all()
    for row, text in enumerate(texts):
        alone = np.zeros((1, block.width))
        block.write(Table(1, {}, {}, {"review": np.array([text], dtype=object)}), alone)
        assert np.array_equal(alone[0], out[row])
