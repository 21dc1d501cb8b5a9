"""What outsiders may be told of an event."""

from accredit_governance.audit.catalogue import ACTIONS, PATTERNS, told


def test_every_topic_is_in_the_catalogue() -> None:
    assert {"access_grant.given", "finding.opened", "webhook.tested", "run.failed"} <= ACTIONS
    assert {"*", "finding.*", "finding.opened"} <= PATTERNS
    assert "finding" not in PATTERNS


def test_references_digests_and_codes_are_told_and_prose_is_not() -> None:
    fact = {
        "model_version": "0190b3a2-0000-7000-8000-000000000001",
        "report_digest": "ab" * 32,
        "after": "in_review",
        "expires_at": "2026-11-02T09:00:00.000001Z",
        "count": 3,
        "ok": False,
        "reason": "smith",
        "meaning": "I approve this.",
        "remark": "Ann Smith said so",
        "mailto": "ann@example.com",
        "stages": ["owner", "Ann Smith"],
        "verdicts": {"pass": 3, "reason": "x"},
        "nothing": None,
    }

    assert told(fact) == {
        "model_version": "0190b3a2-0000-7000-8000-000000000001",
        "report_digest": "ab" * 32,
        "after": "in_review",
        "expires_at": "2026-11-02T09:00:00.000001Z",
        "count": 3,
        "ok": False,
        "stages": ["owner"],
        "verdicts": {"pass": 3},
    }
