from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, FittedModel
from accredit_engine.data.schema import decode
from accredit_engine.features.encoder import fit_encoder
from accredit_engine.features.encoding import Encoding
from accredit_engine.features.plan import PLANS, PlanName
from accredit_engine.features.spec import DerivedKind, DerivedSpec
from accredit_governance.gates.owners import owners_of

ROWS = 200


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "limit": random.lognormal(9, 1, ROWS),
            "used": random.lognormal(8, 1, ROWS),
            "region": random.choice(["north", "south", "west"], ROWS),
        }
    )
    return frame.assign(loss=10 * frame["used"] / frame["limit"])


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> FittedModel:
    run = AutoML("regression", max_trials=1, workers="inline", families=["linear"])
    return run.fit(frame, "loss").model_


def test_every_entry_of_every_encoding_names_the_columns_it_was_made_from(
    model: FittedModel, frame: pd.DataFrame
) -> None:
    spec = DerivedSpec(DerivedKind.RATIO, ("used", "limit"))
    signals = frame[["loss"]].to_numpy()
    encoder, matrix = fit_encoder(
        decode(frame, model.schema),
        signals,
        model.schema,
        PLANS[PlanName.BOOSTING],
        seed=0,
        derived=(spec,),
    )
    key = Encoding(PlanName.BOOSTING, derived=True)
    both = replace(model, encoders={**model.encoders, key: encoder})

    owners = owners_of(both)

    prefix = "boosting+derived/"
    own = {name: parents for name, parents in owners.items() if name.startswith(prefix)}
    assert list(own.values()) == list(encoder.owners)
    assert len(own) == matrix.shape[1]
    assert own[f"{prefix}{matrix.shape[1] - 1} arithmetic"] == ("used", "limit")
    plain = owners_of(model)
    assert plain.items() <= owners.items()
    assert {column for parents in plain.values() for column in parents} == {*frame} - {"loss"}
