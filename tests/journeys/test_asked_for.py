"""What a run is asked for holds from the request to the gates."""

import numpy as np
import pytest

from accredit_engine import load_bundle
from tests.journeys.company import STATEMENTS, Company, applications

pytestmark = pytest.mark.journey


def test_a_run_in_the_order_of_time_is_judged_on_what_came_last(company: Company) -> None:
    frame = applications()
    random = np.random.default_rng(3)
    frame["month"] = np.sort(random.integers(0, 24, len(frame)))
    data = company.data(frame)

    run = company.run(
        data=data,
        time="month",
        families=["scorecard", "linear"],
        interpretable=True,
        monotone={"appinc": 1, "obrat": -1},
        class_weight="balanced",
        max_trials=2,
    )
    company.done(run["job_id"])
    record = company.developer.get(f"/runs/{run['id']}/record")
    version = company.developer.post(
        f"/models/{company.things['model']['id']}/versions", {"run_id": run["id"]}
    )
    company.developer.put(f"/model-versions/{version['id']}/statements", STATEMENTS)
    version = company.developer.post(f"/model-versions/{version['id']}/submissions")
    company.done(version["job_id"])
    gates = company.developer.get(f"/model-versions/{version['id']}/gate-evaluation")
    card = company.developer.text(f"/model-versions/{version['id']}/card.html").decode()

    told = record["run"]
    assert told["folds"]["kind"] == "time_ordered"
    assert told["folds"]["scored_rows"] < told["rows"]
    last = frame["month"] >= frame["month"].iloc[told["rows"]]
    assert record["holdout"]["rows"] == int(last.sum())
    assert {m["family"] for m in told["blend"]["members"]} <= {"scorecard", "linear"}
    assert told["settings"]["attributions"] == "exact"
    (size,) = [r for r in gates["results"] if r["check"] == "holdout_size"]
    assert size["n"] == record["holdout"]["rows"]
    assert "time ordered folds" in card

    digest = company.developer.get(f"/runs/{run['id']}")["bundle_digest"]
    model = load_bundle(company.server.home / "artifacts" / "folders" / digest)
    known = frame[frame["appinc"].notna()]
    richer = known.assign(appinc=known["appinc"] + 5)
    gain = model.favourable_probability(richer) - model.favourable_probability(known)
    assert (gain >= -1e-12).all()


def test_nobody_shops_for_test_rows_by_the_seed_of_a_run(company: Company) -> None:
    records = []
    for seed in (1, 2):
        run = company.run(seed=seed, families=["linear"], max_trials=1)
        company.done(run["job_id"])
        records.append(company.developer.get(f"/runs/{run['id']}/record"))

    first, second = records
    assert first["holdout"] == second["holdout"]
    assert [told["run"]["settings"]["seed"] for told in records] == [1, 2]
