import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.features.catalogue import block_from_dict
from accredit_engine.features.derived import ArithmeticBlock, GroupBlock, bin_block
from accredit_engine.features.encoder import Encoder, fit_derived, fit_encoder
from accredit_engine.features.plan import PLANS, PlanName
from accredit_engine.features.spec import PARENTS, SHAPES, DerivedKind, DerivedSpec

ROWS = 200
RANDOM = np.random.default_rng(6)
SCHEMA = (
    ColumnSchema("income", Kind.NUMERIC),
    ColumnSchema("debt", Kind.NUMERIC),
    ColumnSchema("opened", Kind.DATETIME),
    ColumnSchema("filed", Kind.DATETIME),
    ColumnSchema("purpose", Kind.CATEGORICAL, ("home", "repair", "study")),
    ColumnSchema("region", Kind.CATEGORICAL, ("north", "south")),
    ColumnSchema("grade", Kind.ORDINAL, ("low", "middle", "high")),
)
TABLE = Table(
    ROWS,
    {
        "income": np.where(np.arange(ROWS) % 7 == 0, np.nan, RANDOM.normal(50, 9, ROWS)),
        "debt": RANDOM.integers(0, 4, ROWS).astype(np.float64),
        "opened": RANDOM.integers(0, 10**9, ROWS).astype(np.float64),
        "filed": np.where(np.arange(ROWS) % 9 == 0, np.nan, 1.5e9),
    },
    {
        "purpose": RANDOM.integers(-2, 3, ROWS),
        "region": RANDOM.integers(-1, 2, ROWS),
        "grade": RANDOM.integers(-2, 3, ROWS),
    },
)
SIGNALS = (RANDOM.random((ROWS, 1)) < 0.4).astype(np.float64)
FIRST = {Kind.NUMERIC: "income", Kind.DATETIME: "opened", Kind.CATEGORICAL: "purpose"}
SECOND = {Kind.NUMERIC: "debt", Kind.DATETIME: "filed", Kind.CATEGORICAL: "region"}


def example(kind: DerivedKind) -> DerivedSpec:
    kinds = PARENTS.get(kind, (Kind.NUMERIC, Kind.DATETIME))
    repeats = len(set(kinds)) < len(kinds)
    columns = [FIRST[part] for part in kinds]
    return DerivedSpec(kind, (*columns[:-1], SECOND[kinds[-1]]) if repeats else tuple(columns))


def entries(spec: DerivedSpec, table: Table, plan: PlanName = PlanName.BOOSTING) -> np.ndarray:
    encoder, _ = fit_derived(TABLE, SIGNALS, SCHEMA, PLANS[plan], (spec,), seed=0)
    return encoder.transform(table)


def table(**numbers: list[float]) -> Table:
    columns = {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}
    return Table(len(next(iter(columns.values()))), columns, {})


@pytest.mark.parametrize("kind", list(DerivedKind))
@pytest.mark.parametrize("plan", list(PlanName))
def test_every_derived_feature_survives_json_and_a_row_alone(
    kind: DerivedKind, plan: PlanName
) -> None:
    encoder, _ = fit_encoder(TABLE, SIGNALS, SCHEMA, PLANS[plan], seed=0, derived=(example(kind),))
    batch = encoder.transform(TABLE)

    restored = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict(), allow_nan=False)))

    assert np.array_equal(restored.transform(TABLE), batch, equal_nan=True)
    assert restored.owners == encoder.owners
    for row in range(0, ROWS, 13):
        alone = restored.transform(TABLE.take(np.array([row])))
        assert np.array_equal(alone[0], batch[row], equal_nan=True)


@pytest.mark.parametrize("kind", list(DerivedKind))
@pytest.mark.parametrize("plan", list(PlanName))
def test_derived_entries_follow_the_raw_ones_and_name_their_parents(
    kind: DerivedKind, plan: PlanName
) -> None:
    spec = example(kind)
    raw, before = fit_encoder(TABLE, SIGNALS, SCHEMA, PLANS[plan], seed=0)

    encoder, matrix = fit_encoder(TABLE, SIGNALS, SCHEMA, PLANS[plan], seed=0, derived=(spec,))
    _, alone = fit_derived(TABLE, SIGNALS, SCHEMA, PLANS[plan], (spec,), seed=0)

    added = encoder.owners[len(raw.owners) :]
    assert set(added) <= {spec.columns}
    assert bool(added) == (PLANS[plan].scale or kind not in SHAPES)
    assert np.array_equal(matrix, np.hstack([before, alone]), equal_nan=True)
    assert np.isfinite(matrix).all() or not PLANS[plan].impute


@pytest.mark.parametrize("kind", list(DerivedKind))
def test_a_spec_survives_json(kind: DerivedKind) -> None:
    spec = example(kind)

    assert DerivedSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(
    "document", [{}, {"kind": "ratio", "columns": []}, {"kind": "root", "columns": ["income"]}]
)
def test_what_is_no_spec_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"columns|DerivedKind"):
        DerivedSpec.from_dict(document)


def test_ordered_categories_are_their_position() -> None:
    schema = (SCHEMA[-1],)
    codes = Table(4, {}, {"grade": np.array([0, 2, -1, -2])})
    encoder, _ = fit_encoder(TABLE, SIGNALS, schema, PLANS[PlanName.BOOSTING], seed=0)
    linear, _ = fit_encoder(TABLE, SIGNALS, schema, PLANS[PlanName.FOREST], seed=0)

    assert encoder.transform(codes)[:, 0].tolist()[:2] == [0, 2]
    assert np.isnan(encoder.transform(codes)[2:, 0]).all()
    assert linear.transform(codes)[:, 1].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [("ratio", [2, np.nan, np.nan]), ("difference", [3, 4, np.nan]), ("product", [18, 0, np.nan])],
)
def test_arithmetic_of_two_numbers(operation: str, expected: list[float]) -> None:
    rows = table(a=[6, 4, np.nan], b=[3, 0, 1])
    out = np.zeros((3, 1))

    block_from_dict({"kind": "arithmetic", "columns": ["a", "b"], "operation": operation}).write(
        rows, out
    )

    assert np.array_equal(out[:, 0], expected, equal_nan=True)


@given(st.floats(), st.floats(), st.sampled_from(["ratio", "difference", "product"]))
def test_arithmetic_never_gives_an_infinity(first: float, second: float, operation: str) -> None:
    out = np.zeros((1, 1))

    ArithmeticBlock(("a", "b"), operation).write(table(a=[first], b=[second]), out)  # type: ignore[arg-type]

    assert not np.isinf(out).any()


def test_a_time_turns_around_its_circles() -> None:
    spec = DerivedSpec(DerivedKind.CYCLE, ("opened",))
    saturday_noon, new_year = 1704542400.0, 1704067200.0
    days = TABLE.take(np.array([0, 1, 2]))
    times = Table(
        3, {**days.numbers, "opened": np.array([saturday_noon, new_year, np.nan])}, days.codes
    )

    found = entries(spec, times)

    assert found[0, 6:].tolist() == [1, 720]
    assert found[0, 5] == pytest.approx(-1)
    assert found[1] == pytest.approx([0, 1, 0, 1, 0, 1, 0, 0], abs=1e-9)
    assert np.isnan(found[2]).all()


def test_days_between_two_times() -> None:
    spec = DerivedSpec(DerivedKind.DAYS_BETWEEN, ("filed", "opened"))
    rows = table(filed=[172_800, np.nan], opened=[43_200, 0])

    assert np.array_equal(entries(spec, rows), [[1.5], [np.nan]], equal_nan=True)


def test_a_value_is_compared_with_its_group() -> None:
    statistics = np.array([[10, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0] * 11], dtype=np.float64)
    block = GroupBlock(("income", "purpose"), statistics)
    rows = Table(
        3,
        {"income": np.array([4.5, np.nan, 1])},
        {"purpose": np.array([0, 0, -2])},
    )
    out = np.zeros((3, 4))

    block.write(rows, out)

    expected: list[list[float]] = [[10, 2, -5.5, 4 / 9], [10, 2, np.nan, np.nan], [0, 0, 1, 1]]
    assert np.array_equal(out, expected, equal_nan=True)


def test_rare_groups_are_pulled_to_all_rows() -> None:
    spec = DerivedSpec(DerivedKind.GROUP, ("income", "purpose"))
    rows = Table(
        ROWS,
        {"income": np.concatenate([np.full(100, 0.0), np.full(99, 10.0), [1000.0]])},
        {"purpose": np.concatenate([np.zeros(100), np.ones(99), [2]]).astype(np.int64)},
    )

    encoder, _ = fit_derived(rows, SIGNALS, SCHEMA, PLANS[PlanName.BOOSTING], (spec,), seed=0)

    means = encoder.transform(rows)[:, 0]
    overall = rows.numbers["income"].mean()
    assert means[0] == pytest.approx(overall * 5 / 105)
    assert means[-1] == pytest.approx(overall)


def test_bins_hold_about_equally_many_rows() -> None:
    block = bin_block("income", np.arange(800, dtype=np.float64))
    out = np.zeros((800, block.width))

    block.write(table(income=list(range(800))), out)

    assert out.sum(axis=0).tolist() == [100] * 8
    assert bin_block("income", np.full(9, np.nan)).width == 1
    assert bin_block("income", np.array([0.0] * 90 + [1.0] * 10)).width in (1, 2)


def test_missing_values_are_counted() -> None:
    spec = DerivedSpec(DerivedKind.MISSING_COUNT, ("income", "purpose"))
    rows = Table(
        3,
        {"income": np.array([np.nan, 1, np.nan])},
        {"purpose": np.array([0, -1, -1])},
    )

    assert entries(spec, rows)[:, 0].tolist() == [1, 1, 2]
