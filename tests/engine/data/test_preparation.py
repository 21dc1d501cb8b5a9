from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_engine.bundle.contract import Kind, Reason, Task
from accredit_engine.data.kinds import infer_kinds
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.data.profile import profile
from accredit_engine.data.split import holdout_split, split_by_content
from accredit_engine.errors import (
    EmptyFrame,
    LeakageFound,
    MissingTarget,
    RareClass,
    UnfitSplit,
    UnknownColumn,
)

ROWS = 400
RANDOM = np.random.default_rng(0)
SIGNAL = RANDOM.normal(size=ROWS)
FRAME = pd.DataFrame(
    {
        "income": SIGNAL,
        "amount": np.arange(ROWS) % 37 + 0.5,
        "count_as_text": [str(number * 3 % 101) for number in range(ROWS)],
        "region": RANDOM.choice(["north", "south"], size=ROWS),
        "member": RANDOM.random(ROWS) < 0.5,
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(ROWS) % 50, unit="D"),
        "signed": [f"2021-03-{day % 28 + 1:02d}" for day in range(ROWS)],
        "customer_id": [f"C{number:06d}" for number in range(ROWS)],
        "row": np.arange(ROWS) + 1000,
        "note": [f"the customer said {number} times hello" for number in range(ROWS)],
        "same": "x",
        "empty": None,
        "target": (SIGNAL + RANDOM.normal(size=ROWS) > 0).astype(int),
    }
)
KINDS = {
    "income": Kind.NUMERIC,
    "amount": Kind.NUMERIC,
    "count_as_text": Kind.NUMERIC,
    "region": Kind.CATEGORICAL,
    "member": Kind.BOOLEAN,
    "since": Kind.DATETIME,
    "signed": Kind.DATETIME,
    "customer_id": Kind.IDENTIFIER,
    "row": Kind.IDENTIFIER,
    "note": Kind.TEXT,
    "same": Kind.CONSTANT,
    "empty": Kind.CONSTANT,
}


def prepared(frame: pd.DataFrame, task: Task = Task.BINARY, **changes: Any) -> Prepared:
    settings: dict[str, Any] = {
        "target": "target",
        "sensitive": (),
        "exclude": (),
        "kinds": {},
        "favourable": None,
        "leakage": "quarantine",
    }
    return prepare(frame, Roles(**{**settings, **changes}), task=task, seed=0)


def test_kinds_are_read_from_the_data() -> None:
    assert infer_kinds(FRAME.drop(columns="target")) == KINDS


def test_a_stated_kind_wins() -> None:
    assert infer_kinds(FRAME, overrides={"row": "numeric"})["row"] is Kind.NUMERIC


def test_columns_are_left_out_with_a_reason() -> None:
    found = prepared(FRAME, sensitive=("region",), exclude=("amount",))

    assert {column.name: column.reason for column in found.left_out} == {
        "amount": Reason.EXCLUDED,
        "region": Reason.SENSITIVE,
        "customer_id": Reason.IDENTIFIER,
        "row": Reason.IDENTIFIER,
        "same": Reason.CONSTANT,
        "empty": Reason.EMPTY,
    }


def test_findings_name_column_and_remedy() -> None:
    strange = FRAME.assign(
        limit=np.where(np.arange(ROWS) == 3, 999999.375, SIGNAL * 10),
        nearly=np.where(np.arange(ROWS) == 5, 1, 0),
        branch=[f"branch {number % 60}" for number in range(ROWS)],
        holes=np.where(np.arange(ROWS) % 4 == 0, np.nan, SIGNAL**2),
    )
    strange = pd.concat([strange, strange.iloc[:4]], ignore_index=True)

    findings = {(finding.code, finding.column) for finding in prepared(strange).findings}

    assert findings >= {
        ("sentinel_value", "limit"),
        ("near_constant_column", "nearly"),
        ("high_cardinality", "branch"),
        ("missing_values", "holes"),
        ("duplicate_rows", None),
        ("numbers_as_text", "count_as_text"),
        ("free_text_column", "note"),
        ("constant_column", "same"),
        ("empty_column", "empty"),
    }
    assert all(finding.remedy and finding.message for finding in prepared(strange).findings)


def test_imbalance_is_reported() -> None:
    rare = FRAME.assign(target=(np.arange(ROWS) % 25 == 0).astype(int))

    codes = {finding.code for finding in prepared(rare).findings}

    assert "class_imbalance" in codes


def test_critical_findings_come_first(loans: pd.DataFrame) -> None:
    findings = prepared(loans, target="approve").findings

    assert [finding.column for finding in findings[:2]] == ["action", "reject"]
    assert {finding.code for finding in findings[:2]} == {"target_leakage"}


def test_leaking_columns_of_the_loans_are_quarantined(loans: pd.DataFrame) -> None:
    found = prepared(loans, target="approve", sensitive=("race",))

    leaks = {column.name for column in found.left_out if column.reason is Reason.LEAKAGE}
    assert leaks == {"action", "reject"}
    assert leaks.isdisjoint({column.name for column in found.schema})


def test_leaking_columns_can_be_refused(loans: pd.DataFrame) -> None:
    with pytest.raises(LeakageFound, match="exclude=") as caught:
        prepared(loans, target="approve", leakage="refuse")

    assert caught.value.columns == ("action", "reject")


def test_excluded_leaks_are_no_leaks(loans: pd.DataFrame) -> None:
    found = prepared(loans, target="approve", leakage="refuse", exclude=("action", "reject"))

    assert critical_codes(found) == set()


def critical_codes(found: Prepared) -> set[str]:
    return {finding.code for finding in found.findings if finding.severity == "critical"}


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(lambda y: y, id="copy"),
        pytest.param(lambda y: 1 - y, id="inverted"),
        pytest.param(lambda y: np.where(y == 1, "paid", "default"), id="recoded as text"),
        pytest.param(lambda y: np.where(y == 1, np.nan, 1.0), id="missing when favourable"),
        pytest.param(lambda y: y * 10 + np.arange(len(y)) % 3, id="several codes per class"),
    ],
)
def test_a_recoded_target_is_found(leak: Any) -> None:
    frame = FRAME.assign(hidden=leak(FRAME["target"].to_numpy()))

    found = prepared(frame)

    assert "hidden" in {column.name for column in found.left_out if column.reason is Reason.LEAKAGE}


@pytest.mark.parametrize("factor", [1.0, -2.5])
def test_a_scaled_target_is_found_in_regression(factor: float) -> None:
    frame = FRAME.assign(target=SIGNAL * 3, income=RANDOM.normal(size=ROWS))

    found = prepared(frame.assign(hidden=SIGNAL * factor + 4), Task.REGRESSION)

    assert [column.name for column in found.left_out if column.reason is Reason.LEAKAGE] == [
        "hidden"
    ]


def test_a_merely_strong_column_is_a_warning_not_a_leak() -> None:
    noisy = FRAME["target"] + RANDOM.normal(scale=0.28, size=ROWS)

    found = prepared(FRAME.assign(strong=noisy))

    assert "suspiciously_strong" in {finding.code for finding in found.findings}
    assert "strong" in {column.name for column in found.schema}


def test_columns_that_steer_the_validation_are_read_and_are_no_inputs() -> None:
    frame = FRAME.assign(weight=np.arange(ROWS) + 1.0, branch=np.arange(ROWS) % 40)

    found = prepared(frame, groups="branch", time="since", weight="weight")

    reasons = {column.name: column.reason for column in found.left_out}
    assert reasons["branch"] is Reason.GROUP
    assert reasons["weight"] is Reason.WEIGHT
    assert "since" in {column.name for column in found.schema}
    assert found.group_of is not None
    assert found.time_of is not None
    assert found.weight is not None
    assert found.group_of.tolist() == frame["branch"].tolist()
    assert found.time_of[50] == found.time_of[0]
    assert found.weight.tolist() == frame["weight"].tolist()
    assert len(found.duplicates) == ROWS


def test_no_steering_column_is_needed() -> None:
    found = prepared(FRAME)

    assert (found.group_of, found.time_of, found.weight) == (None, None, None)
    assert found.duplicates.tolist() == list(range(ROWS))


@pytest.mark.parametrize("part", ["groups", "time", "weight"])
@pytest.mark.parametrize("name", ["nowhere", "target"])
def test_a_steering_column_must_be_there(part: str, name: str) -> None:
    with pytest.raises(UnknownColumn, match=f"{part} names '{name}'"):
        prepared(FRAME, **{part: name})


def test_texts_and_ordinals_are_inputs() -> None:
    frame = FRAME.assign(risk=np.array(["low", "medium", "high"])[np.arange(ROWS) % 3])

    found = prepared(frame)

    kinds = {column.name: column.kind for column in found.schema}
    assert kinds["note"] is Kind.TEXT
    assert kinds["risk"] is Kind.ORDINAL
    assert found.table.codes["risk"][:3].tolist() == [0, 1, 2]
    assert found.table.texts["note"][7] == "the customer said 7 times hello"


def test_an_ordinal_can_be_stated() -> None:
    found = prepared(FRAME, kinds={"amount": "ordinal"})

    levels = {column.name: column.levels for column in found.schema}["amount"]
    assert levels[:2] == ("0.5", "1.5")
    assert levels[10] == "10.5"


def test_a_time_after_the_row_is_quarantined() -> None:
    later = FRAME["since"] + pd.to_timedelta(30, unit="D")

    found = prepared(FRAME.assign(repaid_on=later), time="since")

    assert ("later_than_known", "repaid_on") in {(f.code, f.column) for f in found.findings}
    assert "repaid_on" in {c.name for c in found.left_out if c.reason is Reason.LEAKAGE}


def test_structure_is_reported_until_it_is_named() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{at // 8:03d}" for at in range(ROWS)],
            "income": RANDOM.normal(size=ROWS),
            "target": (np.arange(ROWS) // 8 % 2).astype(int),
        }
    )

    before = {finding.code for finding in prepared(frame).findings}
    after = {finding.code for finding in prepared(frame, groups="customer_id").findings}

    assert "group_structure" in before
    assert "group_structure" not in after


def test_outliers_are_counted_by_fences() -> None:
    values = np.linspace(0, 1, ROWS)
    frame = FRAME.assign(near=np.where(np.arange(ROWS) < 3, 5, values))
    frame["far"] = np.where(np.arange(ROWS) < 3, [1000, 1007, 1011] + [0] * (ROWS - 3), values)
    frame["tail"] = np.where(np.arange(ROWS) < 30, 5, values)

    found = {f.column: f for f in prepared(frame).findings if f.code == "outliers"}

    assert {"near", "far"} <= set(found)
    assert "tail" not in found
    assert (found["near"].severity, found["far"].severity) == ("info", "warning")
    assert found["near"].evidence["rows"] == 3


def test_mixed_types_are_counted_and_told_how_they_are_read() -> None:
    numbers: list[object] = [float(at % 90) for at in range(ROWS)]
    words: list[object] = ["unknown"] * ROWS
    frame = FRAME.assign(
        nearly=pd.Series(words[:10] + numbers[10:], dtype=object),
        half=pd.Series(words[:150] + numbers[150:], dtype=object),
    )

    found = prepared(frame)

    mixed = {f.column: f for f in found.findings if f.code == "mixed_types"}
    kinds = {column.name: column.kind for column in found.schema}
    assert mixed["nearly"].evidence == {"numbers": ROWS - 10, "texts": 10}
    assert kinds["nearly"] is Kind.NUMERIC
    assert kinds["half"] is Kind.CATEGORICAL
    assert int(np.isnan(found.table.numbers["nearly"]).sum()) == 10
    assert "unknown" not in mixed["nearly"].message


def test_column_names_need_not_be_text_to_be_refused_clearly() -> None:
    with pytest.raises(MissingTarget):
        prepared(FRAME.rename(columns={"target": "other"}))


def test_a_profile_is_json_and_names_nobody() -> None:
    columns = {column["name"]: column for column in profile(FRAME)["columns"]}  # type: ignore[attr-defined] # JSON

    assert columns["income"]["min"] == pytest.approx(SIGNAL.min())
    assert columns["region"]["top"][0]["count"] >= 200 or len(columns["region"]["top"]) == 2
    assert columns["empty"]["missing"] == ROWS
    assert "top" not in columns["customer_id"]
    assert "top" not in columns["note"]


def test_a_hold_out_is_stratified_and_keeps_the_index() -> None:
    frame = FRAME.set_axis(np.arange(ROWS) * 10)

    train, holdout = holdout_split(frame, "target", share=0.25, seed=4, task="binary")
    again = holdout_split(frame, "target", share=0.25, seed=4, task="binary")

    assert len(holdout) == 100
    assert sorted([*train.index, *holdout.index]) == frame.index.tolist()
    assert holdout["target"].mean() == pytest.approx(frame["target"].mean(), abs=0.01)
    assert again[1].index.equals(holdout.index)
    assert not holdout_split(frame, "target", share=0.25, seed=5, task="binary")[1].index.equals(
        holdout.index
    )


def test_a_hold_out_of_numbers_covers_their_range() -> None:
    _, holdout = holdout_split(FRAME, "income", share=0.2, seed=0, task="regression")

    assert holdout["income"].median() == pytest.approx(FRAME["income"].median(), abs=0.1)


@pytest.mark.parametrize(
    ("frame", "target", "error"),
    [
        pytest.param(FRAME, "other", MissingTarget, id="no target"),
        pytest.param(FRAME.iloc[:1], "target", EmptyFrame, id="one row"),
        pytest.param(FRAME.assign(target=[1] + [0] * 399), "target", RareClass, id="single"),
    ],
)
def test_what_cannot_be_split_is_refused(
    frame: pd.DataFrame, target: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        holdout_split(frame, target, share=0.5, seed=0, task="binary")


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_lies_between_none_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        holdout_split(FRAME, "target", share=share, seed=0, task="binary")


def test_a_hold_out_in_time_is_what_came_last() -> None:
    frame = FRAME.assign(month=np.random.default_rng(1).integers(0, 20, ROWS))

    train, holdout = holdout_split(frame, "target", share=0.25, seed=0, task="binary", time="month")

    assert train["month"].max() < holdout["month"].min()
    assert len(train) + len(holdout) == ROWS
    assert len(holdout) / ROWS == pytest.approx(0.25, abs=0.04)


def test_a_hold_out_by_groups_shares_no_group() -> None:
    frame = FRAME.assign(customer=np.random.default_rng(1).integers(0, 60, ROWS))

    train, holdout = holdout_split(
        frame, "target", share=0.25, seed=0, task="binary", groups="customer"
    )

    assert not set(train["customer"]) & set(holdout["customer"])
    assert len(train) + len(holdout) == ROWS
    assert len(holdout) / ROWS == pytest.approx(0.25, abs=0.04)


def test_a_hold_out_by_groups_in_time_keeps_what_came_before_of_other_groups() -> None:
    random = np.random.default_rng(1)
    frame = FRAME.assign(month=np.arange(ROWS), customer=random.integers(0, 300, ROWS))

    train, holdout = holdout_split(
        frame, "target", share=0.25, seed=0, task="binary", groups="customer", time="month"
    )

    assert train["month"].max() < holdout["month"].min()
    assert not set(train["customer"]) & set(holdout["customer"])
    assert len(holdout) == ROWS // 4
    assert len(train) > ROWS // 4


def test_groups_that_reach_into_every_hold_out_are_refused() -> None:
    frame = FRAME.assign(month=np.arange(ROWS), customer=np.arange(ROWS) % 2)

    with pytest.raises(UnfitSplit, match="no rows on one side"):
        holdout_split(
            frame, "target", share=0.25, seed=0, task="binary", groups="customer", time="month"
        )


@pytest.mark.parametrize("part", ["groups", "time"])
def test_a_hold_out_by_a_column_that_is_not_there_is_refused(part: str) -> None:
    with pytest.raises(UnknownColumn, match=part):
        holdout_split(FRAME, "target", share=0.25, seed=0, task="binary", **{part: "other"})  # type: ignore[arg-type] # a column name


@given(st.permutations(range(60)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_does_not_choose_the_hold_out(order: list[int]) -> None:
    frame = FRAME.head(60)

    train, holdout = split_by_content(frame, "target", share=0.25, task="binary")
    again = split_by_content(frame.iloc[order], "target", share=0.25, task="binary")

    assert sorted([*train.index, *holdout.index]) == frame.index.tolist()
    assert holdout["target"].mean() == pytest.approx(frame["target"].mean(), abs=0.05)
    assert set(again[1].index) == set(holdout.index)
    assert list(again[1].index) == [at for at in frame.index[order] if at in set(holdout.index)]
