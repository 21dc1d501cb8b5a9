"""Settings: `ACCREDIT_*` variables, or one TOML file named by `ACCREDIT_CONFIG`."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    FilePath,
    IPvAnyNetwork,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from accredit_platform.oidc.configured import IdentityProvider, is_private_enough

PREFIX: Final = "ACCREDIT_"
_OTHER_VARIABLES: Final = frozenset(
    {
        "CLIENT_ID",
        "CLIENT_SECRET",
        "CONFIG",
        "PASSWORD",
        "PROFILE",
        "REQUIRE_BROWSER",
        "SERVER",
        "TOKEN",
    }
)


class Settings(BaseSettings):
    """Everything that differs between installations. Variables win over the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(
        default=Path("accredit-home"), description="folder of database, artifacts and keys"
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; default: SQLite inside `home`"
    )
    jobs_database_url: str | None = Field(
        default=None,
        description="database of the job engine; default: SQLite inside `home`, or `database_url`"
        " when that is PostgreSQL",
    )
    audit_key_file: Path | None = Field(
        default=None, description="Ed25519 key that signs checkpoints; default: inside `home`"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=0, le=65535)
    embedded_worker: bool = Field(default=True, description="`serve` also starts one worker")
    cores: PositiveInt = Field(default=2, description="cores that one training job may use")
    memory_bytes: PositiveInt | None = Field(
        default=8 * 1024**3,
        description="address space that one job or model process may take beyond its libraries",
    )
    max_upload_bytes: PositiveInt = 512 * 1024 * 1024
    max_body_bytes: PositiveInt = 4 * 1024 * 1024
    allowed_hosts: str | None = Field(
        default=None, description="names that this installation goes by, with commas; default: any"
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="addresses or networks of proxies, with commas, whose `X-Forwarded-For` and"
        " `X-Forwarded-Proto` count",
    )
    session_idle_minutes: PositiveInt = Field(
        default=30, description="a browser session without a request for so long ends"
    )
    session_hours: PositiveInt = Field(
        default=12, description="a browser session ends after so long, whatever happens"
    )
    requests_per_minute: PositiveInt = Field(
        default=600, description="requests of one principal, predictions left out"
    )
    anonymous_requests_per_minute: PositiveInt = Field(
        default=60, description="requests of one address that say of nobody who they are"
    )
    exports_per_minute: PositiveInt = Field(
        default=5, description="exports of the audit trail by one principal"
    )
    worker_lost_after_s: float = Field(
        default=10.0, gt=0, description="a worker without a heartbeat for so long has died"
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#@]+$",
        description="where people reach this installation, for links in messages",
    )
    identity_providers: tuple[IdentityProvider, ...] = Field(
        default=(), description="OpenID Connect providers by which people and services sign in"
    )
    password_sign_in: bool = Field(
        default=True, description="whether passwords kept here let people in"
    )
    known_passwords_file: FilePath | None = Field(
        default=None, description="passwords that nobody may choose, one a line"
    )

    @model_validator(mode="after")
    def _providers_fit(self) -> Self:
        for what in ("name", "issuer"):
            given = [getattr(provider, what) for provider in self.identity_providers]
            if len(set(given)) < len(given):
                raise ValueError(f"two identity_providers have the same {what}")
        if sum(provider.directory is not None for provider in self.identity_providers) > 1:
            raise ValueError("only one of identity_providers can be that of the directory")
        if self.identity_providers and not is_private_enough(urlsplit(self.resolved_public_url)):
            raise ValueError("public_url must begin with https:// when there are providers")
        if not self.identity_providers and not self.password_sign_in:
            raise ValueError("without password_sign_in and identity_providers nobody gets in")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        for part in _parts(value):
            ipaddress.ip_network(part)  # its error names the part
        return value

    webhook_key_file: Path | None = Field(
        default=None, description="key that seals secrets of webhooks; default: inside `home`"
    )
    webhook_allow_http: bool = Field(
        default=False, description="whether webhooks may be called without TLS"
    )
    webhook_ports: tuple[int, ...] = Field(
        default=(443, 8443), description="ports that webhooks may be called at"
    )
    webhook_allowed_networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="networks that webhooks may be called in although they are private"
    )
    smtp_host: str | None = Field(default=None, description="server that takes mail; none: no mail")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str = Field(
        default="accredit@localhost.localdomain", description="address that mail comes from"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  given by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  given by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then variables, then the TOML file."""
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if file := os.environ.get("ACCREDIT_CONFIG"):
            if not Path(file).is_file():
                raise SettingsError(f"ACCREDIT_CONFIG names {file}, which is no file")
            sources = (*sources, TomlConfigSettingsSource(settings_cls, Path(file)))
        return sources

    @property
    def resolved_database_url(self) -> str:
        """URL of the records."""
        return self.database_url or f"sqlite:///{(self.home / 'accredit.sqlite').absolute()}"

    @property
    def resolved_jobs_database_url(self) -> str:
        """URL of the job engine's own tables."""
        if self.jobs_database_url:
            return self.jobs_database_url
        if self.database_url and not self.database_url.startswith("sqlite"):
            return self.database_url
        return f"sqlite:///{(self.home / 'jobs.sqlite').absolute()}"

    @property
    def host_names(self) -> frozenset[str]:
        """Names that requests may be addressed to; none: any."""
        return frozenset(part.lower() for part in _parts(self.allowed_hosts))

    @property
    def proxies(self) -> list[str]:
        """Addresses and networks of proxies that are believed."""
        return _parts(self.trusted_proxies)

    @property
    def artifacts_folder(self) -> Path:
        """Folder of bundles, datasets and reports."""
        return self.home / "artifacts"

    @property
    def resolved_audit_key_file(self) -> Path:
        """File of the checkpoint key."""
        return self.audit_key_file or self.home / "keys" / "audit.key"

    @property
    def resolved_webhook_key_file(self) -> Path:
        """File of the key that seals secrets of webhooks."""
        return self.webhook_key_file or self.home / "keys" / "webhook.key"

    @property
    def resolved_public_url(self) -> str:
        """Where people reach this installation, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like ours but mean nothing: most likely misspelt."""
    known = {name.upper() for name in Settings.model_fields} | _OTHER_VARIABLES
    return sorted(
        name
        for name in environment
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known
    )
