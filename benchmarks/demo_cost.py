"""Time and memory of the demo, all processes together.

    .venv/bin/python benchmarks/demo_cost.py

Linux only: memory is the proportional set size (shared pages counted once) of the process tree,
sampled three times a second; so a short peak can be missed.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE_S = 0.3


def children_of(root: int) -> list[int]:
    """The process and everything it started, as far as it still runs."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def proportional_kb(pid: int) -> int:
    """Proportional set size of a process in kB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> int:
    """Run the demo once and print what it cost."""
    output = Path(tempfile.mkdtemp(prefix="accredit-demo-"))
    command = [str(Path(sys.executable).with_name("accredit")), "demo", "--no-serve"]
    started, peak_kb = time.monotonic(), 0
    process = subprocess.Popen([*command, "--output", str(output), "--port", "0"])
    while process.poll() is None:
        peak_kb = max(peak_kb, sum(proportional_kb(pid) for pid in children_of(process.pid)))
        time.sleep(SAMPLE_S)
    seconds = time.monotonic() - started
    shutil.rmtree(output)
    print(f"demo: {seconds:.0f} s, peak {peak_kb / 1024:.0f} MB, exit code {process.returncode}")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
