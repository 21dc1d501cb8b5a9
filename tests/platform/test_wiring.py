"""Preparing an installation: once or often, the same comes out."""

from pathlib import Path

from accredit_governance.operations.identity import system_actor
from accredit_governance.questions import catalogue
from accredit_platform.resources import folder
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    seen = []

    for _ in range(2):
        prepare(settings)
        services = open_services(settings)
        actor = system_actor(services.database)
        listed = catalogue.policies(services.database, actor)
        seen.append((services.key.verifier.text(), listed.model_dump_json()))
        services.close()

    assert seen[0] == seen[1]
    assert len(listed.items) == len(list(folder("policies").glob("*.yaml"))) > 0


def test_what_is_secret_is_for_the_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")

    prepare(settings)

    assert settings.home.stat().st_mode & 0o077 == 0
    assert settings.resolved_audit_key_file.stat().st_mode & 0o077 == 0
