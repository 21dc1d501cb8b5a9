"""First act: a use case, its data, candidates and what the gates say of them."""

from typing import Final

from rich.markup import escape
from rich.table import Table

from accredit_platform.client import Record
from accredit_platform.demo.data import (
    AFTERWARDS,
    DERIVED,
    LEAKS,
    NOT_ALLOWED,
    TARGET,
    Applications,
)
from accredit_platform.demo.narrator import NoCandidate, Story

TRIALS: Final = 9
"""Counted, not timed: whoever repeats the demo sees the same models."""
FAMILIES: Final = ("boosting", "linear", "forest")
MIN_RATIOS: Final = (0.95, 0.98)
SEED: Final = 0
HOLDOUT: Final = 0.4
LEADERS: Final = 3
BLOCKS: Final = {"fail": "red", "error": "red", "insufficient_evidence": "yellow"}
ANSWERS: Final = {
    "exposure": "large",
    "people": "thousands",
    "effect": "significant",
    "reversibility": "with_effort",
    "autonomy": "recommends",
    "vulnerable": "no",
    "opaque": "no",
    "profiling": "yes",
    "transparency": "no",
    "area": "essential_services",
    "prohibited": "no",
}
COLOURS: Final = {**BLOCKS, "warn": "yellow", "pass": "green", "not_applicable": "dim"}


def ask_for_a_model(story: Story) -> Record:
    """An owner declares the use case; an administrator may not."""
    story.step("A team asks for a model")
    company = story.company
    project = company.admin.post("/projects", {"name": "mortgages", "title": "Mortgage lending"})
    terms = {
        "title": "Mortgage application decisions",
        "purpose": "Recommend accepting or declining a mortgage application, for a loan officer.",
        "prohibited_uses": ["Pricing", "Marketing", "Decisions without a human loan officer"],
        "domain": "consumer_credit",
        "jurisdictions": ["us"],
        "task": "binary",
        "target": TARGET,
        "favourable": 1,
        "sensitive_features": [
            {"column": "race", "origin": "self_reported", "reference": "white"},
            {"column": "sex", "origin": "self_reported"},
        ],
    }
    use_case = company.owner.post(
        f"/projects/{project['id']}/use-cases",
        {"name": "mortgage-decisions", "owner_id": company.ids["olivia"], "terms": terms},
    )
    story.say(company.owner, f"declares a use case: {terms['purpose']}")
    with story.refused(company.admin, "tries to open a use case as administrator"):
        company.admin.post(
            f"/projects/{project['id']}/use-cases",
            {"name": "other", "owner_id": company.ids["olivia"], "terms": terms},
        )
    _assess(story, use_case)
    return use_case


def _assess(story: Story, use_case: Record) -> None:
    """The owner answers the questionnaire; the tier counts once somebody else agrees."""
    company = story.company
    filled = company.owner.post(
        f"/use-cases/{use_case['id']}/risk-assessments", {"answers": ANSWERS}
    )
    story.say(
        company.owner,
        f"answers {len(ANSWERS)} questions; rule {filled['rule']} makes tier {filled['tier']} and "
        f"{filled['ai_act_class'].replace('_', ' ')} of them: "
        f"{' '.join(filled['materiality']['tier_reasons'])}",
    )
    decision = {"decision": "approve", "comment": "Compared with the portfolio; agreed."}
    path = f"/risk-assessments/{filled['id']}/decisions"
    with story.refused(company.owner, "tries to approve her own assessment"):
        company.owner.post(path, decision)
    decided = company.compliance.post(path, decision)
    story.say(
        company.compliance,
        f"approves it: tier {decided['tier']}, US consumer credit; race and sex are sensitive "
        "features",
    )
    story.summary.append(f"tier {decided['tier']} by rule {decided['rule']}, agreed by two people")


def upload(story: Story, use_case: Record, applications: Applications) -> Record:
    """The data arrives, and a run on columns that give the outcome away is stopped."""
    story.step("Data comes in, and the leaks are caught")
    dan = story.company.developer
    dataset = dan.post(
        f"/projects/{use_case['project_id']}/datasets",
        {"name": "boston-hmda", "title": "Boston mortgage applications (HMDA follow-up survey)"},
    )
    content = applications.past.to_csv(index=False).encode()
    version = dan.upload(f"/datasets/{dataset['id']}/versions?file_name=applications.csv", content)
    story.job(dan, version["job_id"], "reading and profiling")
    version = dan.get(f"/dataset-versions/{version['id']}")
    story.say(
        dan,
        f"uploads {version['rows']:,} applications × {len(version['profile']['columns'])} columns, "
        f"digest {version['frame_digest'][:16]}…",
    )
    careless = request_run(story, use_case, version, exclude=[], mitigation=None)
    job = story.job(dan, careless["job_id"], "a careless run", check=False)
    if job.state != "failed" or job.error is None:
        raise AssertionError("a run on leaking columns was not stopped")
    story.say(
        dan, f"starts a run on all columns → [red]stopped[/red]: {escape(job.error['detail'])}"
    )
    return version


def request_run(
    story: Story, use_case: Record, data: Record, *, exclude: list[str], mitigation: Record | None
) -> Record:
    """Queue a run of the demo's search."""
    return story.company.developer.post(
        "/runs",
        {
            "use_case_id": use_case["id"],
            "dataset_version_id": data["id"],
            "spec": {
                "metric": "roc_auc",
                "time_budget_s": 120,
                "max_trials": TRIALS,
                "families": FAMILIES,
                "seed": SEED,
                "holdout_share": HOLDOUT,
                "exclude": exclude,
                "mitigation": mitigation,
            },
        },
    )


def _train(story: Story, use_case: Record, data: Record, mitigation: Record | None) -> Record:
    dan = story.company.developer
    exclude = [*LEAKS, *AFTERWARDS, *NOT_ALLOWED, *DERIVED]
    run = request_run(story, use_case, data, exclude=exclude, mitigation=mitigation)
    story.job(dan, run["job_id"], f"AutoML, {TRIALS} trials")
    run = dan.get(f"/runs/{run['id']}")
    record = dan.get(f"/runs/{run['id']}/record")
    table = Table(title="Leaderboard (out-of-fold ROC AUC)", title_justify="left", box=None)
    for column in ("rank", "family", "score", "lowest/highest approval rate", "weight in blend"):
        table.add_column(column, justify="left" if column == "family" else "right")
    for place, entry in enumerate(record["leaderboard"]):
        if place < LEADERS or entry["weight"]:
            table.add_row(
                str(entry["rank"]),
                entry["family"],
                _number(entry["score"], 4),
                _number(entry["ratio"]),
                _number(entry["weight"] or None, 2),
            )
    story.console.print(table)
    story.say(
        dan,
        f"has {len(record['run']['trials'])} trials recorded; bundle {run['bundle_digest'][:16]}…",
    )
    return run


def _submit(story: Story, model: Record, run: Record, why: str) -> Record:
    dan = story.company.developer
    version = dan.post(f"/models/{model['id']}/versions", {"run_id": run["id"]})
    dan.put(
        f"/model-versions/{version['id']}/statements",
        {
            "limitations": "Boston area, applications of 1990; small groups; no thin-file segment.",
            "oversight": "A loan officer decides; applicants may ask for a second person.",
            "choice_rationale": why,
            "fairness_rationale": "Approval rates and error rates, as Regulation B groups matter.",
        },
    )
    version = dan.post(f"/model-versions/{version['id']}/submissions")
    story.job(dan, version["job_id"], "gates")
    return dan.get(f"/model-versions/{version['id']}")


def _show_gates(story: Story, version: Record) -> Record:
    evaluation = story.company.developer.get(f"/model-versions/{version['id']}/gate-evaluation")
    table = Table(title=f"Gates of version {version['number']}", title_justify="left", box=None)
    for column in ("check", "verdict", "value", "interval", "n", "limit"):
        table.add_column(column, no_wrap=True)
    for result in _worth_showing(evaluation["results"]):
        interval = result["interval"]
        verdict = result["verdict"].replace("_", " ") + (
            "" if result["required"] else " (not required)"
        )
        colour = COLOURS[result["verdict"]]
        table.add_row(
            result["check"] + (f": {result['subject']}" if result["subject"] else ""),
            f"[{colour}]{verdict}[/{colour}]",
            _number(result["value"]),
            "" if interval is None else f"{interval['low']:.3f} to {interval['high']:.3f}",
            str(result["n"]),
            _number(result["threshold"]),
        )
    story.console.print(table)
    (story.output / f"gates-version-{version['number']}.json").write_bytes(
        story.company.developer.text(f"/model-versions/{version['id']}/gate-evaluation")
    )
    return evaluation


def _worth_showing(results: list[Record]) -> list[Record]:
    """Every check once; the many columns that are looked for among the inputs only if found."""
    return [r for r in results if r["check"] != "sensitive_isolation" or r["verdict"] != "pass"]


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def first_candidate(story: Story, use_case: Record, data: Record) -> tuple[Record, Record]:
    """Train without any demand on the groups, and let the gates judge it."""
    story.step("The data scientist trains a first candidate")
    dan = story.company.developer
    run = _train(story, use_case, data, None)
    model = dan.post("/models", {"use_case_id": use_case["id"], "name": "mortgage-approval"})
    story.step("The gates judge it")
    version = _submit(story, model, run, "Best blend of the search.")
    evaluation = _show_gates(story, version)
    failed = [r for r in evaluation["results"] if r["required"] and r["verdict"] == "fail"]
    if failed:
        story.say("The gates:", f"version {version['number']} is [red]blocked[/red].")
    for result in failed:
        story.say("Why:", escape(result["message"]))
    if not failed:
        story.say("The gates:", "no check failed on this candidate; we say so, and go on.")
    story.summary.append(
        f"version {version['number']}: {version['state']}, "
        f"{len(failed)} required checks failed ({', '.join(r['key'] for r in failed) or 'none'})"
    )
    with story.refused(story.company.owner, "tries to deploy it all the same"):
        story.company.owner.post(
            f"/model-versions/{version['id']}/deployments", {"environment": "production"}
        )
    return model, version


def mitigated_candidate(
    story: Story, use_case: Record, data: Record, first: tuple[Record, Record]
) -> Record:
    """The first mitigated version that no gate fails; every attempt is shown and recorded.

    Raises:
        NoCandidate: all of them fail. They stay blocked; nothing is waived or forced.
    """
    model, version = first
    if version["state"] == "in_review":
        return version
    story.step("Mitigated candidates: the same search, with equal treatment as a constraint")
    story.say(
        "How:",
        "Fairlearn's reduction inside the search; one deterministic model, no group thresholds, "
        "race is never an input.",
    )
    for ratio in MIN_RATIOS:
        story.say(story.company.developer, f"demands an approval rate ratio of {ratio} in training")
        mitigation = {
            "sensitive_feature": "race",
            "constraint": "demographic_parity",
            "min_ratio": ratio,
        }
        run = _train(story, use_case, data, mitigation)
        why = "Least difference in approval rates at nearly the same accuracy."
        version = _submit(story, model, run, why)
        if not _failed(story, version):
            return version
    raise NoCandidate("no mitigated candidate passes; none of them will serve")


def _failed(story: Story, version: Record) -> bool:
    """Show what blocks a version; whether any of it is a fail."""
    evaluation = _show_gates(story, version)
    blocking = [r for r in evaluation["results"] if r["key"] in evaluation["blocking"]]
    for result in blocking:
        colour = COLOURS[result["verdict"]]
        story.say(f"[{colour}]Still open:[/{colour}]", escape(result["message"]))
    failed = [r["key"] for r in blocking if r["verdict"] in {"fail", "error"}]
    story.summary.append(
        f"version {version['number']}: {len(failed)} required checks failed"
        + (f" ({', '.join(failed)})" if failed else "")
        + f", {len(blocking) - len(failed)} had too little evidence"
    )
    if failed:
        story.say("The gates:", f"version {version['number']} is [red]blocked[/red] as well.")
    return bool(failed)
