import json

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import ColumnSchema, decode
from accredit_engine.features.encoder import Encoder, fit_encoder
from accredit_engine.features.plan import PLANS, PlanName

ROWS = 240
RANDOM = np.random.default_rng(1)
LEVELS = tuple(f"b{number:02d}" for number in range(60))
SCHEMA = (
    ColumnSchema("income", Kind.NUMERIC),
    ColumnSchema("filed", Kind.DATETIME),
    ColumnSchema("online", Kind.BOOLEAN),
    ColumnSchema("purpose", Kind.CATEGORICAL, ("home", "rare", "repair")),
    ColumnSchema("branch", Kind.CATEGORICAL, LEVELS),
)
FRAME = pd.DataFrame(
    {
        "income": np.where(np.arange(ROWS) % 9 == 0, np.nan, RANDOM.normal(50, 9, size=ROWS)),
        "filed": pd.Timestamp("1969-12-30 05:00")
        + pd.to_timedelta(RANDOM.integers(0, 9999, ROWS), unit="h"),
        "online": RANDOM.random(ROWS) < 0.5,
        "purpose": ["rare", *RANDOM.choice(["home", "repair"], size=ROWS - 1)],
        "branch": RANDOM.choice(LEVELS, size=ROWS),
    }
)
SIGNALS = (RANDOM.random((ROWS, 1)) < 0.3).astype(np.float64)


@pytest.mark.parametrize("plan", list(PlanName))
def test_an_encoder_survives_json_bit_for_bit(plan: PlanName) -> None:
    table = decode(FRAME, SCHEMA)
    encoder, _ = fit_encoder(table, SIGNALS, SCHEMA, PLANS[plan], seed=0)

    restored = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict(), allow_nan=False)))

    assert np.array_equal(restored.transform(table), encoder.transform(table), equal_nan=True)
    assert restored.owners == encoder.owners


@pytest.mark.parametrize("plan", list(PlanName))
def test_every_entry_has_an_owner_and_every_column_an_entry(plan: PlanName) -> None:
    encoder, matrix = fit_encoder(decode(FRAME, SCHEMA), SIGNALS, SCHEMA, PLANS[plan], seed=0)

    assert len(encoder.owners) == matrix.shape[1]
    assert {name for parents in encoder.owners for name in parents} == {
        column.name for column in SCHEMA
    }


@pytest.mark.parametrize("plan", [PlanName.LINEAR, PlanName.FOREST])
def test_imputing_plans_leave_nothing_missing(plan: PlanName) -> None:
    encoder, matrix = fit_encoder(decode(FRAME, SCHEMA), SIGNALS, SCHEMA, PLANS[plan], seed=0)
    unknown = FRAME.assign(income=np.nan, purpose=None, branch="elsewhere", filed=pd.NaT)

    assert np.isfinite(matrix).all()
    assert np.isfinite(encoder.transform(decode(unknown, SCHEMA))).all()


def test_rare_and_unknown_categories_share_an_entry() -> None:
    schema = (SCHEMA[3],)
    encoder, _ = fit_encoder(decode(FRAME, schema), SIGNALS, schema, PLANS[PlanName.LINEAR], seed=0)
    rows = pd.DataFrame({"purpose": ["home", "repair", "rare", "boat", None]})

    matrix = encoder.transform(decode(rows, schema))

    assert matrix.tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ]


def test_a_row_does_not_see_its_own_target() -> None:
    schema = (SCHEMA[4],)
    frame = pd.DataFrame({"branch": [LEVELS[number % 60] for number in range(ROWS)]})
    noise = (np.random.default_rng(5).random((ROWS, 1)) < 0.5).astype(np.float64)

    encoder, matrix = fit_encoder(
        decode(frame, schema), noise, schema, PLANS[PlanName.LINEAR], seed=0
    )

    seen = encoder.transform(decode(frame, schema))[:, 0]
    assert np.corrcoef(seen, noise[:, 0])[0, 1] > 0.4
    assert np.corrcoef(matrix[:, 0], noise[:, 0])[0, 1] < 0.1


def test_times_become_parts() -> None:
    schema = (ColumnSchema("filed", Kind.DATETIME),)
    frame = pd.DataFrame({"filed": ["2024-02-29T13:30:00", "1969-12-31", None]})
    encoder, _ = fit_encoder(
        decode(frame, schema), np.ones((3, 1)), schema, PLANS[PlanName.BOOSTING], seed=0
    )

    matrix = encoder.transform(decode(frame, schema))

    assert matrix[0, 1:].tolist() == [2024, 2, 29, 3, 13]
    assert matrix[1].tolist() == [-1, 1969, 12, 31, 2, 0]
    assert np.isnan(matrix[2]).all()


def test_an_outlier_does_not_set_the_scale() -> None:
    schema = (SCHEMA[0],)
    frame = pd.DataFrame({"income": [*RANDOM.normal(size=ROWS - 1), 999999.375]})

    _, matrix = fit_encoder(decode(frame, schema), SIGNALS, schema, PLANS[PlanName.LINEAR], seed=0)

    assert matrix[:-1, 0].std() > 0.5
    assert matrix[-1, 0] < 20
