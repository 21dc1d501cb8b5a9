"""The main job on real mortgage applications, through the HTTP API, told step by step.

Nothing is staged: every number is what the service answered, and where a gate says no, the story
says so.
"""

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from accredit_platform.demo.building import (
    ask_for_a_model,
    first_candidate,
    mitigated_candidate,
    upload,
)
from accredit_platform.demo.data import mortgage_applications
from accredit_platform.demo.deciding import sign, waive
from accredit_platform.demo.narrator import NoCandidate, Story
from accredit_platform.demo.proof import keep_trail, show_tampering
from accredit_platform.demo.serving import deploy, predict, watch
from accredit_platform.demo.stage import (
    found_company,
    free_port,
    fresh_folder,
    hire,
    server,
)


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
    use_case = ask_for_a_model(story)
    data = upload(story, use_case, applications)
    first = first_candidate(story, use_case, data)
    try:
        version = mitigated_candidate(story, use_case, data, first)
    except NoCandidate as ending:
        story.say("The end:", str(ending))
        story.summary.append(str(ending))
        _audit(story)
        return
    waive(story, version)
    sign(story, version)
    deployment, consumer = deploy(story, version)
    predict(story, deployment, consumer, version, applications)
    watch(story, deployment, consumer, version, applications)
    _audit(story)


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
