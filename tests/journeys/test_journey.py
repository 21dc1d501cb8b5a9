"""From data to drift, and what every step left in the trail."""

from pathlib import Path

import pandas as pd
import pytest

from accredit_engine import load_bundle
from accredit_engine.bundle.digests import sha256
from accredit_governance.documents import json_digest
from tests.journeys.company import Company, bundle_folder, exported, verified

pytestmark = pytest.mark.journey

STEPS = [
    ("project.created", "admin"),
    ("use_case.created", "owner"),
    ("dataset.created", "developer"),
    ("dataset_version.received", "developer"),
    ("dataset_version.ready", "system"),
    ("run.requested", "developer"),
    ("run.finished", "system"),
    ("model.created", "developer"),
    ("model_version.registered", "developer"),
    ("model_version.described", "developer"),
    ("model_version.submitted", "developer"),
    ("gate_evaluation.finished", "system"),
    ("card_version.issued", "system"),
    ("waiver.proposed", "validator"),
    ("waiver.confirmed", "compliance"),
    ("card_version.issued", "compliance"),
    ("approval_request.opened", "compliance"),
    ("sign_off.recorded", "validator"),
    ("sign_off.recorded", "compliance"),
    ("deployment.requested", "owner"),
    ("deployment.activated", "system"),
    ("alias.change_requested", "owner"),
    ("proceeding.opened", "owner"),
    ("proceeding.signed", "validator"),
    ("alias.moved", "validator"),
    ("access_request.opened", "developer"),
    ("access_request.decided", "owner"),
    ("access_grant.given", "compliance"),
    ("access_request.decided", "compliance"),
    ("outcome.recorded", "desk"),
    ("drift_report.requested", "compliance"),
    ("drift_report.finished", "system"),
    ("drift_report.requested", "compliance"),
    ("alert.opened", "system"),
    ("drift_report.finished", "system"),
    ("alert.acknowledged", "compliance"),
]


def test_every_step_is_in_the_trail_in_order_with_whoever_did_it(walked: Company) -> None:
    names = {identifier: name for name, identifier in walked.ids.items()}
    names[walked.admin.get("/me")["id"]] = "admin"
    events = [
        (e["action"], names.get(e["actor"]["id"], e["actor"]["kind"]))
        for e in walked.events(outcome="ok")
    ]

    at = 0
    for step in STEPS:
        assert step in events[at:], f"{step} is not in the trail after {events[at - 1]}"
        at = events.index(step, at) + 1

    assert [e["seq"] for e in walked.events()] == list(range(len(walked.events())))


def test_predictions_are_those_of_the_bundle_bit_for_bit(walked: Company) -> None:
    model = load_bundle(bundle_folder(walked))
    frame = pd.DataFrame(walked.things["rows"])
    told = walked.things["told"]

    scores = model.favourable_probability(frame)
    attributions = model.explain(frame).values

    assert [t["score"] for t in told] == scores.tolist()
    assert [t["decision"] == "favourable" for t in told] == model.decide(frame).tolist()
    assert [t["prediction"] for t in told] == model.predict(frame).tolist()
    for row, answer in enumerate(told):
        for reason in answer["reasons"]:
            assert reason["contribution"] == attributions[reason["column"]].iloc[row]


def test_only_adverse_decisions_come_with_reasons_and_those_are_approved_texts(
    walked: Company,
) -> None:
    policy = walked.validator.get(f"/policies/{walked.things['version']['policy_version_id']}")
    texts = policy["document"]["decisions"]["reasons"]
    adverse = [t for t in walked.things["told"] if t["decision"] == "adverse"]
    favourable = [t for t in walked.things["told"] if t["decision"] == "favourable"]

    assert len(adverse) >= 20
    assert len(favourable) >= 20
    assert all(t["reasons"] == [] for t in favourable)
    for told in adverse:
        assert 1 <= len(told["reasons"]) <= 4
        assert all(r["text"] == texts[r["column"]] for r in told["reasons"])
        pushes = [r["contribution"] for r in told["reasons"]]
        assert pushes == sorted(pushes)
        assert max(pushes) < 0
        assert not {r["column"] for r in told["reasons"]} & {"race", "sex"}


def test_sensitive_features_are_no_inputs(walked: Company) -> None:
    columns = {c["name"] for c in walked.things["record"]["contract"]["columns"]}

    assert columns == {"appinc", "obrat", "loanprc", "prop"}


def test_the_card_is_the_one_whose_digest_is_in_the_trail(walked: Company) -> None:
    version = walked.things["version"]["id"]
    issued = [
        e["fact"]["card_digest"]
        for e in walked.events(action="card_version.issued")
        if e["fact"]["model_version"] == version
    ]

    card = walked.validator.get(f"/model-versions/{version}/card")

    assert len(issued) == 2, "one with the gates, one with the waivers"
    assert json_digest(card) == issued[-1] == walked.things["request"]["subject"]["card"]


def test_the_subject_digest_is_the_digest_of_its_parts(walked: Company) -> None:
    request, version = walked.things["request"], walked.things["version"]
    policy = walked.validator.get(f"/policies/{version['policy_version_id']}")
    card = walked.validator.get(f"/model-versions/{version['id']}/card")
    gates = {
        "policy": policy["name"],
        "policy_version": policy["version"],
        "policy_digest": policy["policy_digest"],
        "results": walked.things["gates"]["results"],
    }
    waivers = [
        {
            "check": w["check_key"],
            "reason": w["reason"],
            "obligation": w["obligation"],
            "expires_at": w["expires_at"].replace("Z", "+00:00"),
            "proposed_by": walked.ids["validator"],
            "confirmed_by": walked.ids["compliance"],
        }
        for w in sorted(walked.things["waived"], key=lambda w: w["check_key"])
    ]

    subject = {
        "bundle": sha256((bundle_folder(walked) / "manifest.json").read_bytes()),
        "run": json_digest(walked.things["record"]),
        "card": json_digest(card),
        "gates": json_digest(gates),
        "policy": json_digest(policy["document"]),
        "waivers": waivers,
        "use_case": {
            "terms": json_digest(walked.things["use_case"]["terms"]),
            "answers": walked.things["assessment"]["answers_digest"],
            "materiality": json_digest(walked.things["assessment"]["materiality"]),
            "decided_by": walked.ids["compliance"],
        },
    }

    assert waivers
    assert subject == request["subject"]
    assert json_digest(subject) == request["subject_digest"]
    assert {s["subject_digest"] for s in request["sign_offs"]} == {request["subject_digest"]}


def test_the_version_is_approved_for_as_long_as_its_waivers_last(walked: Company) -> None:
    version = walked.things["version"]
    ends = {pd.Timestamp(w["expires_at"]) for w in walked.things["waived"]}

    assert version["state"] == "approved"
    assert pd.Timestamp(version["valid_until"]) == min(ends)
    assert [s["signer_id"] for s in walked.things["request"]["sign_offs"]] == [
        walked.ids["validator"],
        walked.ids["compliance"],
    ]


def test_labels_come_back_to_their_predictions(walked: Company) -> None:
    path = f"/deployments/{walked.things['deployment']['id']}/predictions?page_size=1000"
    labels = {o["prediction_id"]: o["label"] for o in walked.things["outcomes"]}

    logged = {p["id"]: p for p in walked.auditor.get(path)["items"]}

    assert walked.things["taken"] == {"recorded": len(labels), "known": 0}
    assert {i: logged[i]["label"] for i in labels} == labels
    assert all(logged[t["id"]]["answer"] == t for t in walked.things["told"])


def test_the_champion_answers_those_who_ask_the_model(walked: Company) -> None:
    things = walked.things
    path = f"/models/{things['model']['id']}"
    alias = walked.auditor.get(f"{path}/environments/production/aliases/champion")
    (assignment,) = walked.auditor.get(f"{path}/alias-assignments?alias=champion")["items"]
    logged = walked.auditor.get(
        f"/deployments/{things['deployment']['id']}/predictions?page_size=1000"
    )["items"]
    (named,) = walked.auditor.get(f"{path}/aliases")["items"]

    assert alias["model_version_id"] == things["version"]["id"] == assignment["model_version_id"]
    assert assignment["change_request_id"] == things["change"]["id"] == things["changed"]["id"]
    assert named == alias
    assert {t["id"] for t in things["told_later"]} <= {p["id"] for p in logged}
    assert things["refused"]["pending"]["status"] == 409
    assert things["refused"]["own_change"]["code"] == "four_eyes"


def test_a_quiet_month_is_quiet_and_a_recession_is_not(walked: Company) -> None:
    quiet, loud = walked.things["quiet"], walked.things["loud"]

    assert quiet["document"]["verdict"] in {"none", "warning"}
    assert loud["document"]["verdict"] == "alert"
    drifted = {c["column"] for c in loud["document"]["columns"] if c["verdict"] == "alert"}
    assert drifted >= {"appinc", "obrat"}
    assert "loanprc" not in drifted
    (cohort,) = quiet["performance"]["cohorts"]
    accuracy = next(f for f in cohort["figures"] if f["name"] == "accuracy")
    agreed = [
        (t["decision"] == "favourable") == (o["label"] == 1)
        for t, o in zip(walked.things["told"], walked.things["outcomes"], strict=True)
    ]
    assert accuracy["n"] == len(agreed)
    assert accuracy["value"] == pytest.approx(sum(agreed) / len(agreed))


def test_shares_of_attribution_in_a_drift_report_add_up_to_one(walked: Company) -> None:
    shares = [
        c["attribution_share"]
        for c in walked.things["loud"]["document"]["columns"]
        if c["attribution_share"] is not None
    ]

    assert len(shares) == 4
    assert sum(shares) == pytest.approx(1)


def test_the_page_of_evidently_is_served_into_a_sandbox(walked: Company) -> None:
    path = f"/drift-reports/{walked.things['loud']['id']}/report.html"

    answer = walked.compliance._http.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "sandbox allow-scripts"
    assert b"<script" in answer.content
    assert b"obrat" in answer.content
    assert len(answer.content) > 100_000


def test_an_alert_is_taken_on_by_a_person_once(walked: Company) -> None:
    taken = walked.things["taken_on"]

    again = walked.compliance._http.post(f"/alerts/{taken['id']}/acknowledgements", json={})

    assert taken["state"] == "acknowledged"
    assert taken["acknowledged_by"] == walked.ids["compliance"]
    assert again.status_code == 409


def test_an_outsider_verifies_the_trail_and_finds_one_changed_byte(
    walked: Company, tmp_path: Path
) -> None:
    file = exported(walked, tmp_path)
    honest = verified(file)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)

    tampered = verified(file)

    assert honest.returncode == 0, honest.stderr
    assert f"{len(content.splitlines())} events" in " ".join(honest.stdout.split())
    assert tampered.returncode == 1
    assert "Does not verify" in tampered.stderr


def test_a_trail_that_cannot_be_read_is_not_called_tampered(tmp_path: Path) -> None:
    answer = verified(tmp_path / "missing.jsonl")

    assert answer.returncode == 2
    assert "Cannot read" in answer.stderr
