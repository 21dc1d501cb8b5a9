"""The main job on real mortgage applications, through the HTTP API, told step by step.

Nothing is staged: every number is what the service answered, and where a gate says no, the story
says so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from accredit_platform.demo.client import Person, Record, Refused
from accredit_platform.demo.data import (
    AFTERWARDS,
    DERIVED,
    LEAKS,
    NOT_ALLOWED,
    TARGET,
    Applications,
    as_rows,
    hard_times,
    mortgage_applications,
)
from accredit_platform.demo.proof import keep_trail, show_tampering
from accredit_platform.demo.stage import (
    Company,
    found_company,
    free_port,
    fresh_folder,
    hire,
    server,
)

TRIALS: Final = 14
"""Counted, not timed: whoever repeats the demo sees the same models."""
MIN_RATIOS: Final = (0.95, 0.98)
SEED: Final = 0
HOLDOUT: Final = 0.4
LEADERS: Final = 3
BLOCKS: Final = {"fail": "red", "error": "red", "insufficient_evidence": "yellow"}
COLOURS: Final = {**BLOCKS, "warn": "yellow", "pass": "green", "not_applicable": "dim"}


class NoCandidate(Exception):
    """Every candidate fails a gate, so the story ends before anything serves."""


class Story:
    """One performance; keeps what later steps need."""

    def __init__(self, console: Console, company: Company, output: Path) -> None:
        self.console = console
        self.company = company
        self.output = output
        self.step_number = 0
        self.summary: list[str] = []

    def step(self, title: str) -> None:
        """Announce the next step."""
        self.step_number += 1
        self.console.print(f"\n[bold cyan]{self.step_number:>2}. {title}[/bold cyan]")

    def say(self, who: Person | str, text: str) -> None:
        """One sentence about what somebody did."""
        name = who if isinstance(who, str) else who.title.split(",")[0]
        self.console.print(f"    [bold]{name}[/bold] {text}", highlight=False)

    @contextmanager
    def refused(self, who: Person, attempt: str) -> Iterator[None]:
        """Something that must be refused; the story fails when it is not."""
        try:
            yield
        except Refused as refusal:
            problem = refusal.problem
            self.say(
                who,
                f"{attempt} → [red]refused[/red] ({problem['status']} {problem['code']}): "
                f"{escape(problem['detail'])}",
            )
            return
        raise AssertionError(f"{who.title} {attempt}, and nobody stopped it")

    def job(self, who: Person, job_id: str, label: str) -> Record:
        """Wait for long work that has to succeed."""
        job = who.wait(self.console, job_id, label)
        if job["state"] != "succeeded":
            raise RuntimeError(f"{label}: {job['state']}: {job['error']}")
        return job


def tell(console: Console, *, output: Path, port: int, keep_serving: bool) -> int:
    """Run the demo. Returns the exit code of the process."""
    started = time.monotonic()
    try:
        folder = fresh_folder(output)
    except FileExistsError as error:
        console.print(f"[red]{error}; choose another with --output[/red]")
        return 1
    console.print("[bold]Accredit: the main job, end to end, on real mortgage applications[/bold]")
    home = folder / "home"
    admin_password = found_company(home)
    with server(home, free_port(port), folder / "server.log") as (base_url, process):
        company = hire(base_url, admin_password)
        try:
            story = Story(console, company, folder)
            _perform(story)
        finally:
            company.close()
        _curtain(story, base_url, time.monotonic() - started, keep_serving=keep_serving)
        if keep_serving:
            _wait_for_interrupt(process)
    return 0


def _wait_for_interrupt(process: Any) -> None:  # a Popen
    try:
        process.wait()
    except KeyboardInterrupt:
        return


def _perform(story: Story) -> None:
    applications = mortgage_applications()
    use_case = _ask_for_a_model(story)
    data = _upload(story, use_case, applications)
    first = _first_candidate(story, use_case, data)
    try:
        version = _mitigated_candidate(story, use_case, data, first)
    except NoCandidate as ending:
        story.say("The end:", str(ending))
        story.summary.append(str(ending))
        _audit(story)
        return
    _waive(story, version)
    _sign(story, version)
    deployment, consumer = _deploy(story, version)
    _predict(story, deployment, consumer, version, applications)
    _watch(story, deployment, consumer, version, applications)
    _audit(story)


def _ask_for_a_model(story: Story) -> Record:
    story.step("A team asks for a model")
    company = story.company
    project = company.admin.post("/projects", {"name": "mortgages", "title": "Mortgage lending"})
    terms = {
        "title": "Mortgage application decisions",
        "purpose": "Recommend accepting or declining a mortgage application, for a loan officer.",
        "prohibited_uses": ["Pricing", "Marketing", "Decisions without a human loan officer"],
        "domain": "consumer_credit",
        "risk_tier": 1,
        "ai_act_class": "high_risk",
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
    story.say("The rules:", "tier 1, US consumer credit; race and sex are sensitive features.")
    with story.refused(company.admin, "tries to open a use case as administrator"):
        company.admin.post(
            f"/projects/{project['id']}/use-cases",
            {"name": "other", "owner_id": company.ids["olivia"], "terms": terms},
        )
    return use_case


def _upload(story: Story, use_case: Record, applications: Applications) -> Record:
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
    careless = _run(story, use_case, version, exclude=[], mitigation=None)
    job = dan.wait(story.console, careless["job_id"], "a careless run")
    if job["state"] != "failed":
        raise AssertionError("a run on leaking columns was not stopped")
    story.say(
        dan, f"starts a run on all columns → [red]stopped[/red]: {escape(job['error']['message'])}"
    )
    return version


def _run(
    story: Story, use_case: Record, data: Record, *, exclude: list[str], mitigation: Record | None
) -> Record:
    return story.company.developer.post(
        "/runs",
        {
            "use_case_id": use_case["id"],
            "dataset_version_id": data["id"],
            "spec": {
                "metric": "roc_auc",
                "time_budget_s": 120,
                "max_trials": TRIALS,
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
    run = _run(story, use_case, data, exclude=exclude, mitigation=mitigation)
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


def _first_candidate(story: Story, use_case: Record, data: Record) -> tuple[Record, Record]:
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


def _mitigated_candidate(
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


def _waive(story: Story, version: Record) -> None:
    if version["state"] != "gate_failed":
        return
    story.step("Too little evidence: the policy's own way out takes two people")
    company = story.company
    evaluation = company.validator.get(f"/model-versions/{version['id']}/gate-evaluation")
    expires = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    body = {
        "reason": "The groups are too small for a firm verdict; no point estimate fails the limit.",
        "obligation": "Recompute weekly on served applications; stop and retrain when it fails.",
        "expires_at": expires,
    }
    with story.refused(company.developer, "tries to propose the waiver for his own model"):
        company.developer.post(
            f"/gate-evaluations/{evaluation['id']}/waivers",
            {**body, "check_key": evaluation["blocking"][0]},
        )
    for number, key in enumerate(evaluation["blocking"]):
        waiver = company.validator.post(
            f"/gate-evaluations/{evaluation['id']}/waivers", {**body, "check_key": key}
        )
        if number == 0:
            with story.refused(company.validator, "tries to confirm her own proposal"):
                company.validator.post(f"/waivers/{waiver['id']}/confirmations")
        company.compliance.post(f"/waivers/{waiver['id']}/confirmations")
        story.say(company.validator, f"proposes, Carl Chen confirms: {key}, until {expires[:10]}")
    story.summary.append(f"{len(evaluation['blocking'])} checks waived by two people for 90 days")


def _sign(story: Story, version: Record) -> None:
    story.step("Two different people sign the same digest")
    company = story.company
    request = company.validator.get(
        f"/approval-requests?state=open&model_version_id={version['id']}"
    )["items"][0]
    digest = request["subject_digest"]
    story.say("The subject:", f"{digest} (bundle, run, card, gates, waivers, policy)")
    signature = {"decision": "approve", "subject_digest": digest, "comment": "Read and agreed."}
    path = f"/approval-requests/{request['id']}/sign-offs"
    with story.refused(company.developer, "tries to sign his own model off"):
        company.developer.post(path, signature)
    with story.refused(company.validator, "signs over a stale digest by mistake"):
        company.validator.post(path, {**signature, "subject_digest": "0" * 64})
    company.validator.post(path, signature)
    story.say(company.validator, "signs the validation stage")
    with story.refused(company.validator, "tries to sign the second stage as well"):
        company.validator.post(path, signature)
    company.compliance.post(path, signature)
    story.say(company.compliance, "signs the compliance stage → [green]approved[/green]")
    for ending in ("html", "md"):
        (story.output / f"model-card.{ending}").write_bytes(
            company.validator.text(f"/model-versions/{version['id']}/card.{ending}")
        )
    story.summary.append(f"version {version['number']} approved by Vera Voss and Carl Chen")


def _deploy(story: Story, version: Record) -> tuple[Record, Person]:
    story.step("Deployed, and access granted")
    company = story.company
    deployment = company.owner.post(
        f"/model-versions/{version['id']}/deployments", {"environment": "production"}
    )
    story.job(company.owner, deployment["job_id"], "verifying the bundle")
    story.say(company.owner, "deploys: digests verified, golden rows reproduced bit for bit")
    consumer = company.admin.post(
        "/principals",
        {"kind": "service", "name": "loan-desk", "title": "Loan desk application"},
    )
    company.admin.post(f"/principals/{consumer['id']}/role-bindings", {"role": "consumer"})
    token = company.admin.post(f"/principals/{consumer['id']}/tokens", {"days": 30})["token"]
    desk = Person(company.admin.base_url, "loan-desk", "Loan desk, application", token)
    with story.refused(desk, "asks for a prediction without a grant"):
        desk.post(f"/deployments/{deployment['id']}/predictions", {"rows": [{}]})
    company.owner.post(
        f"/deployments/{deployment['id']}/access-grants",
        {
            "principal_id": consumer["id"],
            "purpose": "Recommendations to loan officers",
            "expires_at": (datetime.now(UTC) + timedelta(days=180)).isoformat(),
        },
    )
    story.say(company.owner, "grants the loan desk access for 180 days, for one purpose")
    return deployment, desk


def _inputs(story: Story, version: Record) -> list[str]:
    record = story.company.developer.get(f"/runs/{version['run_id']}/record")
    return [column["name"] for column in record["contract"]["columns"]]


def _predict(
    story: Story, deployment: Record, desk: Person, version: Record, applications: Applications
) -> None:
    story.step("New applications are judged, with reasons")
    path = f"/deployments/{deployment['id']}"
    rows = as_rows(applications.new, _inputs(story, version))
    with story.refused(desk, "leaves out a column"):
        desk.post(
            f"{path}/predictions", {"rows": [{k: v for k, v in rows[0].items() if k != "obrat"}]}
        )
    with story.refused(desk, "sends text where a number belongs"):
        desk.post(f"{path}/predictions", {"rows": [{**rows[0], "obrat": "high"}]})
    told = desk.post(f"{path}/predictions", {"rows": rows})["predictions"]
    adverse = [t for t in told if t["decision"] == "adverse"]
    story.say(
        desk,
        f"gets {len(told)} predictions: {len(told) - len(adverse)} favourable, "
        f"{len(adverse)} adverse",
    )
    if adverse:
        story.say("One of them:", f"score {adverse[0]['score']:.3f}, id {adverse[0]['id']}")
        for reason in adverse[0]["reasons"]:
            story.console.print(f"      · {reason['text']} ({reason['contribution']:+.2f})")
    happened = datetime.now(UTC).isoformat()
    outcomes = [
        {"prediction_id": t["id"], "label": int(label), "occurred_at": happened}
        for t, label in zip(told, applications.new[TARGET], strict=True)
    ]
    taken = desk.post(f"{path}/outcomes", {"outcomes": outcomes})
    right = sum(
        (t["decision"] == "favourable") == bool(label)
        for t, label in zip(told, applications.new[TARGET], strict=True)
    )
    story.say(
        "Labels arrive:",
        f"{taken['recorded']} outcomes; the recommendation agreed with {right} of {len(told)}",
    )
    story.summary.append(f"{len(told)} predictions served, {taken['recorded']} outcomes recorded")


def _report(story: Story, deployment: Record, name: str, since: str | None) -> Record:
    carl = story.company.compliance
    report = carl.post(f"/deployments/{deployment['id']}/drift-reports", {"window_from": since})
    story.job(carl, report["job_id"], f"drift report, {name}")
    report = carl.get(f"/drift-reports/{report['id']}")
    (story.output / f"drift-{name}.html").write_bytes(
        carl.text(f"/drift-reports/{report['id']}/report.html")
    )
    return report


def _watch(
    story: Story,
    deployment: Record,
    desk: Person,
    version: Record,
    applications: Applications,
) -> None:
    story.step("The model is watched: a quiet month, then a recession")
    quiet = _report(story, deployment, "quiet-month", None)
    alerts = story.company.compliance.get(f"/alerts?deployment_id={deployment['id']}")["items"]
    story.say("This month:", f"verdict {quiet['document']['verdict']}, {len(alerts)} alerts")
    since = datetime.now(UTC).isoformat()
    shifted = as_rows(hard_times(applications.new), _inputs(story, version))
    desk.post(f"/deployments/{deployment['id']}/predictions", {"rows": shifted})
    loud = _report(story, deployment, "recession", since)
    alerts = story.company.compliance.get(f"/alerts?deployment_id={deployment['id']}")["items"]
    story.say(
        "After the shift:",
        f"verdict [red]{loud['document']['verdict']}[/red], {len(alerts)} alerts",
    )
    for alert in alerts[:5]:
        story.console.print(f"      · {alert['severity']}: {escape(alert['message'])}")
    story.summary.append(
        f"drift: {quiet['document']['verdict']} on this month's applications, "
        f"{loud['document']['verdict']} after the shift ({len(alerts)} alerts)"
    )


def _audit(story: Story) -> None:
    story.step("A compliance officer pulls the trail, and an outsider verifies it")
    export = keep_trail(story.company.compliance, story.output)
    story.say(story.company.compliance, f"exports the trail to {export}")
    story.summary.extend(show_tampering(story.console, export))


def _curtain(story: Story, base_url: str, seconds: float, *, keep_serving: bool) -> None:
    console = story.console
    console.print("\n[bold]Summary[/bold]")
    for line in story.summary:
        console.print(f"  · {line}", highlight=False)
    kept = sorted(p.name for p in story.output.iterdir() if p.is_file() and p.name[0] != ".")
    console.print(f"  · kept in {story.output}: {', '.join(kept)}", highlight=False)
    console.print(f"  · it took {seconds:.0f} s", highlight=False)
    if keep_serving:
        console.print(f"\nThe server goes on at [bold]{base_url}[/bold]. Sign in as one of:")
        for name, password in story.company.passwords.items():
            console.print(f"  {name:<8} {password}", highlight=False)
        console.print("Stop it with Ctrl-C.")
