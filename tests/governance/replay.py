"""What stood at an instant, told by the audit trail alone.

It shares nothing with the code that answers `as_of`: it reads the events one after the other, as an
auditor would who was given the exported log and nothing else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accredit_governance.registry.history_records import ModelStanding, VersionStanding


def replay(events: Iterable[dict[str, Any]], model_id: str, at: datetime) -> dict[str, Any]:
    """Names, deployments and approved versions of a model, from events up to an instant."""
    versions: dict[str, dict[str, Any]] = {}
    deployments: dict[str, dict[str, Any]] = {}
    aliases: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        when = datetime.fromisoformat(event["at"])
        if when > at:
            break
        if event["outcome"] != "ok":
            continue
        fact, subject = event["fact"], event["resource"]
        match event["action"]:
            case "model_version.registered" if fact["model"] == model_id:
                versions[subject] = {"state": "draft", "since": when, "until": None}
            case "model_version.moved" if subject in versions:
                assert versions[subject]["state"] == fact["before"]
                until = fact["valid_until"]
                versions[subject] = {
                    "state": fact["after"],
                    "since": when,
                    "until": datetime.fromisoformat(until) if until else None,
                }
            case "deployment.requested" if fact["model_version"] in versions:
                deployments[subject] = {
                    "state": "requested",
                    "since": when,
                    "version": fact["model_version"],
                    "environment": fact["environment"],
                }
            case "deployment.activated" if subject in deployments:
                deployments[subject] |= {"state": "active", "since": when}
            case "deployment.failed" if subject in deployments:
                deployments[subject] |= {"state": "failed", "since": when}
            case "deployment.stopped" if subject in deployments:
                deployments[subject] |= {"state": "stopped", "since": when}
            case "alias.moved" if subject == model_id:
                named = aliases.get((fact["environment"], fact["alias"]), {"version": None})
                assert named["version"] == fact["before"]
                aliases[fact["environment"], fact["alias"]] = {
                    "version": fact["after"],
                    "since": when,
                }
            case _:
                pass

    def in_force(version: str) -> bool:
        found = versions[version]
        return bool(found["state"] == "approved" and found["until"] > at)

    return {
        "states": {v: (found["state"], found["since"]) for v, found in versions.items()},
        "approved": {
            v: (found["since"], found["until"]) for v, found in versions.items() if in_force(v)
        },
        "run_out": {
            v: (found["since"], found["until"])
            for v, found in versions.items()
            if found["state"] == "approved" and not in_force(v)
        },
        "deployments": {
            d: (found["environment"], found["version"], found["since"], in_force(found["version"]))
            for d, found in deployments.items()
            if found["state"] == "active"
        },
        "aliases": {
            key: (found["version"], found["since"], in_force(found["version"]))
            for key, found in aliases.items()
        },
    }


def told(standing: ModelStanding) -> dict[str, Any]:
    """An answer in the same form, without the states of versions that are not approved."""
    places = standing.environments
    return {
        "approved": _dates(standing.approved),
        "run_out": _dates(standing.run_out),
        "deployments": {
            str(d.deployment_id): (
                place.environment,
                str(d.model_version_id),
                d.from_at,
                d.serves,
            )
            for place in places
            for d in place.deployments
        },
        "aliases": {
            (place.environment, a.alias): (str(a.model_version_id), a.from_at, a.is_in_force)
            for place in places
            for a in place.aliases
        },
    }


def _dates(found: Iterable[VersionStanding]) -> dict[str, tuple[datetime, datetime | None]]:
    return {str(v.model_version_id): (v.from_at, v.valid_until) for v in found}
