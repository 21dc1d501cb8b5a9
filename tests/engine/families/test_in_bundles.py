"""Members of the newer families in whole models: trained, saved, read, explained."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML
from accredit_engine.bundle.bundle import load_bundle
from accredit_engine.families.family import TRAITS, FamilyName

TRIED = [
    name for name in FamilyName if not TRAITS[name].optional and name is not FamilyName.BOOSTING
]


@pytest.mark.parametrize("family", TRIED)
def test_a_model_of_one_family_is_saved_read_and_explained(
    family: FamilyName, small_loans: pd.DataFrame, tmp_path: Path
) -> None:
    frame = small_loans.iloc[:250].drop(columns=["race", "filed", "branch"])
    model = AutoML("binary", max_trials=1, families=[family], workers="inline").fit(
        frame, "approve"
    )

    model.save(tmp_path / "model")

    read = load_bundle(tmp_path / "model")
    assert [part.member.family for part in read.parts] == [family]
    assert np.array_equal(read.margin(frame), model.model_.margin(frame))
    found = read.explain(frame.iloc[:3])
    assert found.values.to_numpy().sum(axis=1) + found.base[0] == pytest.approx(found.margin)
