"""Builds everything once: database, artifacts, key, model hosts. No globals."""

import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.audit.guard import watch
from accredit_governance.audit.ledger import has_checkpoints
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.policies import install_policy, known_policies
from accredit_governance.operations.trail import sign_now
from accredit_governance.policy import loader
from accredit_governance.registry.artifacts import Artifacts
from accredit_governance.registry.database import Database
from accredit_governance.registry.migrate import upgrade
from accredit_governance.registry.sealing import SealingKey
from accredit_platform.oidc.providers import Providers
from accredit_platform.resources import folder
from accredit_platform.serving.handle import ModelHost
from accredit_platform.serving.hosts import ModelHosts
from accredit_platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What requests and jobs are carried out with.

    Attributes:
        stopping: set when the service stops; answers without end then end.
    """

    settings: Settings
    database: Database
    artifacts: Artifacts
    key: SigningKey
    hosts: ModelHosts
    providers: Providers
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def sealing(self) -> SealingKey:
        """What seals secrets of webhooks; everything else does without it.

        Raises:
            SealBroken: it is missing or unreadable.
        """
        return SealingKey.load(self.settings.resolved_webhook_key_file)

    def close(self) -> None:
        """Stop the model processes and give the connections back."""
        self.hosts.close()
        self.providers.close()
        self.database.close()


def open_services(settings: Settings) -> Services:
    """Connect to an installation that was prepared.

    Raises:
        CheckpointInvalid: the audit key is missing or unreadable.
    """
    watch()
    artifacts = Artifacts(settings.artifacts_folder)
    return Services(
        settings=settings,
        database=Database(settings.resolved_database_url),
        artifacts=artifacts,
        key=SigningKey.load(settings.resolved_audit_key_file),
        hosts=ModelHosts(
            artifacts.folder,
            start=partial(ModelHost.start, memory_bytes=settings.memory_bytes),
        ),
        providers=Providers(settings.identity_providers),
    )


def prepare(settings: Settings) -> None:
    """Bring an installation up to this release: folders, tables, key, shipped policies.

    Doing it again changes nothing.

    Raises:
        CheckpointInvalid: the log was signed before, but the key is missing or another one.
    """
    watch()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.resolved_database_url)
    try:
        upgrade(database, folder("migrations"))
        with database.reading() as session:
            is_new = not has_checkpoints(session)
        if is_new:
            SigningKey.create(settings.resolved_audit_key_file)
        SealingKey.create(settings.resolved_webhook_key_file)
        _install_policies(database, folder("policies"))
        # From here on the log has a key, and goes on under no other one.
        sign_now(database, SigningKey.load(settings.resolved_audit_key_file))
    finally:
        database.close()


def _install_policies(database: Database, policies: Path) -> None:
    actor = system_actor(database)
    present = known_policies(database)
    for path in sorted(policies.glob("*.yaml")):
        source = path.read_text(encoding="utf-8")
        policy = loader.parse(source)
        if (policy.name, policy.version) not in present:
            install_policy(database, actor, source=source)
