"""Third act: the approved version serves, and is watched."""

from datetime import UTC, datetime, timedelta

from rich.markup import escape

from accredit_platform.client import Record
from accredit_platform.demo.client import Person
from accredit_platform.demo.data import TARGET, Applications, as_rows, hard_times
from accredit_platform.demo.narrator import Story


def deploy(story: Story, version: Record) -> tuple[Record, Person]:
    """Deploy, and let one application predict. Returns the deployment and that application."""
    story.step("Deployed, and access granted")
    company = story.company
    deployment = company.owner.post(
        f"/model-versions/{version['id']}/deployments", {"environment": "production"}
    )
    story.job(company.owner, deployment["job_id"], "verifying the bundle")
    story.say(company.owner, "deploys: digests verified, golden rows reproduced bit for bit")
    _crown(story, version)
    consumer = company.admin.post(
        "/principals",
        {"kind": "service", "name": "loan-desk", "title": "Loan desk application"},
    )
    company.admin.post(f"/principals/{consumer['id']}/role-bindings", {"role": "consumer"})
    token = company.admin.post(f"/principals/{consumer['id']}/tokens", {"days": 30})["token"]
    desk = Person(company.admin.base_url, "loan-desk", "Loan desk, application", token)
    with story.refused(desk, "asks for a prediction without a grant"):
        desk.post(f"/deployments/{deployment['id']}/predictions", {"rows": [{}]})
    asked = company.developer.post(
        "/access-requests",
        {
            "model_id": version["model_id"],
            "principal_id": consumer["id"],
            "intended_use": "Recommendations to loan officers",
            "quota_per_day": 10_000,
            "valid_until": (datetime.now(UTC) + timedelta(days=180)).isoformat(),
        },
    )
    story.say(company.developer, "asks for the loan desk: 180 days, 10,000 predictions a day")
    path = f"/access-requests/{asked['id']}/decisions"
    with story.refused(company.compliance, "decides before the owner of the use case did"):
        company.compliance.post(path, {"decision": "grant"})
    company.owner.post(path, {"decision": "grant"})
    company.compliance.post(path, {"decision": "grant"})
    story.say("Granted:", "the owner agreed, and compliance as well, because the tier is material")
    with story.refused(desk, "asks for a prediction for another purpose"):
        desk.post(
            f"/deployments/{deployment['id']}/predictions",
            {"rows": [{}], "purpose": "marketing"},
        )
    return deployment, desk


def _crown(story: Story, version: Record) -> None:
    """The version becomes what production stands by; the owner alone cannot say so."""
    company = story.company
    asked = company.owner.post(
        f"/models/{version['model_id']}/alias-changes",
        {
            "environment": "production",
            "alias": "champion",
            "model_version_id": version["id"],
            "reason": "The first version that was approved.",
        },
    )["proceeding"]
    with story.refused(company.owner, "tries to make it champion of production on her own"):
        company.owner.sign_alias_change(asked, company.passwords["olivia"])
    company.validator.sign_alias_change(asked, company.passwords["vera"])
    story.say(company.validator, "agrees: it is the champion of production")


def _inputs(story: Story, version: Record) -> list[str]:
    record = story.company.developer.get(f"/runs/{version['run_id']}/record")
    return [column["name"] for column in record["contract"]["columns"]]


def predict(
    story: Story, deployment: Record, desk: Person, version: Record, applications: Applications
) -> None:
    """Judge applications that nobody has seen, and report what became of them."""
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


def watch(
    story: Story,
    deployment: Record,
    desk: Person,
    version: Record,
    applications: Applications,
) -> None:
    """Compare a quiet month and a recession with the reference."""
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
    for task in story.company.owner.get("/me/tasks")["items"][:3]:
        story.say("Waits for the owner:", f"{escape(task['subject'])}. {escape(task['summary'])}")
    story.summary.append(
        f"drift: {quiet['document']['verdict']} on this month's applications, "
        f"{loud['document']['verdict']} after the shift ({len(alerts)} alerts)"
    )
