"""Settings: `ACCREDIT_*` variables, or one TOML file named by `ACCREDIT_CONFIG`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, PositiveInt
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

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
    secure_cookies: bool = Field(
        default=False, description="demand HTTPS for the session cookie; on behind TLS"
    )
    worker_lost_after_s: float = Field(
        default=10.0, gt=0, description="a worker without a heartbeat for so long has died"
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
    def artifacts_folder(self) -> Path:
        """Folder of bundles, datasets and reports."""
        return self.home / "artifacts"

    @property
    def resolved_audit_key_file(self) -> Path:
        """File of the checkpoint key."""
        return self.audit_key_file or self.home / "keys" / "audit.key"


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like ours but mean nothing: most likely misspelt."""
    known = {name.upper() for name in Settings.model_fields} | _OTHER_VARIABLES
    return sorted(
        name
        for name in environment
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known
    )
