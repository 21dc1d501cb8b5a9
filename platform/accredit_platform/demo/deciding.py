"""Second act: waivers and signatures, each by two people."""

from datetime import UTC, datetime, timedelta

from accredit_platform.client import Record
from accredit_platform.demo.narrator import Story


def waive(story: Story, version: Record) -> None:
    """Two people accept what the small table cannot show, as the policy allows."""
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
        waiver = company.validator.propose_waiver(
            evaluation, company.passwords["vera"], **body, check_key=key
        )
        if number == 0:
            with story.refused(company.validator, "tries to confirm her own proposal"):
                company.validator.confirm_waiver(waiver, company.passwords["vera"])
        company.compliance.confirm_waiver(waiver, company.passwords["carl"])
        story.say(company.validator, f"proposes, Carl Chen confirms: {key}, until {expires[:10]}")
    story.summary.append(f"{len(evaluation['blocking'])} checks waived by two people for 90 days")


def sign(story: Story, version: Record) -> None:
    """Two different people sign; everybody else is refused."""
    story.step("Two different people sign the same digest")
    company = story.company
    request = company.validator.get(
        f"/approval-requests?state=open&model_version_id={version['id']}"
    )["items"][0]
    digest = request["subject_digest"]
    story.say("The subject:", f"{digest} (bundle, run, card, gates, waivers, policy)")
    signature = {"subject_digest": digest, "comment": "Read and agreed."}
    with story.refused(company.validator, "signs with her session alone"):
        path = f"/approval-requests/{request['id']}/sign-offs"
        company.validator.post(path, {**signature, "decision": "approve"})
    with story.refused(company.developer, "tries to sign his own model off"):
        company.developer.sign(request, company.passwords["dan"], **signature)
    with story.refused(company.validator, "signs over a stale digest by mistake"):
        stale = {**signature, "subject_digest": "0" * 64}
        company.validator.sign(request, company.passwords["vera"], **stale)
    company.validator.sign(request, company.passwords["vera"], **signature)
    story.say(company.validator, "types her password and signs the validation stage")
    with story.refused(company.validator, "tries to sign the second stage as well"):
        company.validator.sign(request, company.passwords["vera"], **signature)
    company.compliance.sign(request, company.passwords["carl"], **signature)
    story.say(company.compliance, "signs the compliance stage → [green]approved[/green]")
    for ending in ("html", "md"):
        (story.output / f"model-card.{ending}").write_bytes(
            company.validator.text(f"/model-versions/{version['id']}/card.{ending}")
        )
    story.summary.append(f"version {version['number']} approved by Vera Voss and Carl Chen")
