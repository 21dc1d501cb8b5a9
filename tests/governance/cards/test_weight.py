"""Cards, reports and alerts are read by the process that answers requests: they must stay light."""

import subprocess
import sys

LIGHT = (
    "accredit_governance.cards.render",
    "accredit_governance.cards.build",
    "accredit_governance.monitoring.alerts",
    "accredit_governance.monitoring.report",
    "accredit_governance.monitoring.rules",
)
HEAVY = ("numpy", "pandas", "scipy", "sklearn", "shap", "fairlearn", "evidently", "matplotlib")


def test_documents_and_renderings_load_nothing_heavy() -> None:
    script = f"import sys, {', '.join(LIGHT)}; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = done.stdout.split()
    assert "accredit_governance.cards.card" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []
