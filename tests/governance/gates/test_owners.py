import numpy as np
import pandas as pd

from accredit_engine import AutoML
from accredit_governance.gates.owners import owners_of


def test_every_entry_names_the_columns_it_was_made_from() -> None:
    random = np.random.default_rng(5)
    limit, used = random.lognormal(9, 1, 900), random.lognormal(8, 1, 900)
    frame = pd.DataFrame(
        {
            "limit": limit,
            "used": used,
            "region": random.choice(["north", "south", "west"], 900),
            "loss": 10 * np.clip(used / limit, 0, 3) + random.normal(0, 0.5, 900),
        }
    )
    run = AutoML("regression", max_trials=8, seed=1, workers="inline", families=["boosting"])
    model = run.fit(frame, "loss").model_

    owners = owners_of(model)

    assert {column for parents in owners.values() for column in parents} == {*frame} - {"loss"}
    assert any({*parents} == {"limit", "used"} for parents in owners.values())
    for encoding, encoder in model.encoders.items():
        own = [parents for name, parents in owners.items() if name.split("/")[0] == encoding.name]
        assert own == list(encoder.owners)
