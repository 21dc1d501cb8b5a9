"""A policy from a file to a simulation on a real model, by command."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from accredit_platform.resources import folder
from tests.journeys.company import COMMAND, Company

pytestmark = pytest.mark.journey

CREDIT = folder("policies") / "us-credit-federal.yaml"


def command(company: Company, person: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    ours = {k: v for k, v in os.environ.items() if not k.startswith("ACCREDIT_")}
    who = {"ACCREDIT_SERVER": company.server.url, "ACCREDIT_TOKEN": company.tokens[person]}
    return subprocess.run(
        [*COMMAND, "policy", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**ours, **who},
    )


@pytest.mark.timeout(900)
def test_a_simulation_shows_who_would_newly_fail_and_changes_nothing(
    walked: Company, tmp_path: Path
) -> None:
    file = tmp_path / "harder.yaml"
    text = CREDIT.read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n", 1)
    demand, hopeless = "min: 0.65\n    warn: 0.70\n", "min: 0.999\n"
    assert demand in text
    file.write_text(text.replace(demand, hopeless, 1))
    before = walked.developer.get(f"/model-versions/{walked.things['version']['id']}")

    told = command(walked, "policy_author", "simulate", str(file))

    assert told.returncode in {0, 1}, told.stderr
    assert "credit-approval" in told.stdout
    assert "performance.discrimination" in " ".join(told.stdout.split())
    newest = walked.policy_author.get("/policy-simulations?page_size=1")["items"][0]
    assert (newest["policy"], newest["policy_version"]) == ("us-credit-federal", 2)
    assert told.returncode == (newest["counts"]["newly_fails"] > 0)
    assert walked.developer.get(f"/model-versions/{before['id']}") == before
    assert walked.developer.get("/policies?state=draft")["items"] == []


def test_which_policy_a_use_case_comes_under_is_explained(walked: Company) -> None:
    use_case = walked.things["use_case"]["id"]

    told = command(walked, "developer", "explain", "--use-case", use_case, "--json")

    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["policy"], found["version"]) == ("us-credit-federal", 1)
