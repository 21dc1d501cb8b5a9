"""The benchmark of the guard measures a guard that lets in."""

import importlib.util
from pathlib import Path

from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "guard" / "guard_speed.py"


def test_every_step_is_timed(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("guard_speed", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    settings = Settings(home=tmp_path / "home", requests_per_minute=10**9)
    prepare(settings)
    services = open_services(settings)

    found = module.measured(services, calls=8, rounds=2)

    services.close()
    assert len(found) == 5
    assert all(len(times) == 2 and min(times) > 0 for times, _ in found.values())
