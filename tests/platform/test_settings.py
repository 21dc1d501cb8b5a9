"""Settings come from variables or one file, and a bad value is named."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from accredit_platform.settings import Settings, unknown_variables


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCREDIT_CONFIG", raising=False)
    monkeypatch.delenv("ACCREDIT_HOME", raising=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "accredit.toml"
    monkeypatch.setenv("ACCREDIT_CONFIG", str(path))
    return path


def test_a_home_is_all_that_is_needed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/accredit.sqlite"
    assert settings.resolved_jobs_database_url == f"sqlite:///{tmp_path}/jobs.sqlite"
    assert settings.artifacts_folder == tmp_path / "artifacts"
    assert settings.resolved_audit_key_file == tmp_path / "keys" / "audit.key"
    assert settings.host == "127.0.0.1", "nobody else is let in unasked"


def test_arguments_win_over_variables_and_variables_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 9001\ncores = 3\nhost = "10.0.0.1"\n')
    monkeypatch.setenv("ACCREDIT_PORT", "9002")
    monkeypatch.setenv("ACCREDIT_CORES", "4")

    settings = Settings(cores=5)

    assert (settings.cores, settings.port, settings.host) == (5, 9002, "10.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("port", "65536", id="port too high"),
        pytest.param("port", "http", id="port no number"),
        pytest.param("cores", "0", id="no cores"),
        pytest.param("max_upload_bytes", "-1", id="negative limit"),
        pytest.param("worker_lost_after_s", "0", id="no patience"),
        pytest.param("embedded_worker", "perhaps", id="neither true nor false"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"ACCREDIT_{name.upper()}", value)

    with pytest.raises(ValidationError) as caught:
        Settings()

    assert [error["loc"] for error in caught.value.errors()] == [(name,)]


def test_an_unknown_setting_in_the_file_is_refused(file: Path) -> None:
    file.write_text("prot = 9001\n")

    with pytest.raises(ValidationError, match="prot"):
        Settings()


def test_a_file_that_is_not_there_is_no_empty_file(file: Path) -> None:
    with pytest.raises(SettingsError, match=file.name):
        Settings()


def test_jobs_live_beside_the_records_on_postgresql(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql+psycopg://db/accredit")

    assert settings.resolved_jobs_database_url == "postgresql+psycopg://db/accredit"
    assert (
        Settings(
            home=tmp_path, database_url="postgresql+psycopg://db/a", jobs_database_url="sqlite:///x"
        ).resolved_jobs_database_url
        == "sqlite:///x"
    )


def test_a_misspelt_variable_is_noticed() -> None:
    environment = {"ACCREDIT_PROT": "1", "ACCREDIT_PORT": "2", "ACCREDIT_CONFIG": "", "PATH": ""}

    assert unknown_variables(environment) == ["ACCREDIT_PROT"]
