import pandas as pd

from accredit_engine.bundle.contract import Contract, InputColumn, Kind, Task
from accredit_platform.jobs.handlers.drift import without_texts


def test_a_drift_report_sees_the_length_of_a_text_and_no_word_of_it() -> None:
    contract = Contract(
        task=Task.BINARY,
        target="approve",
        classes=(0, 1),
        favourable=1,
        threshold=0.5,
        columns=(
            InputColumn("note", Kind.TEXT, True, 1, 20),
            InputColumn("purpose", Kind.CATEGORICAL, True),
        ),
        left_out=(),
    )
    inputs = pd.DataFrame({"note": ["Jane Roe called", "", None], "purpose": ["home", "car", None]})

    seen = without_texts(inputs, contract)

    assert seen["note"].tolist()[:2] == [15, 0]
    assert seen["note"].isna().tolist() == [False, False, True]
    assert seen["purpose"].equals(inputs["purpose"])
    assert inputs["note"].iloc[0] == "Jane Roe called"
