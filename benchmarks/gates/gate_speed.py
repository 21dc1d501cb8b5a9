"""How long the gates take on a large table, beside the training, and how much memory.

    .venv/bin/python benchmarks/gates/gate_speed.py --rows 100000 --columns 100 --trials 8

Training and judging run in a process each, so that the peak of one does not hide in the other.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd
from every_check import every_check
from joblib.externals.loky import get_reusable_executor
from large_table import RISING, SENSITIVE, TARGET, applicants

from accredit_engine import AutoML, load_bundle
from accredit_engine.bundle.contract import category_text
from accredit_engine.data.split import holdout_split
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing.case import Case, Incumbent
from accredit_governance.gates.probing.gather import PROBES
from accredit_governance.registry.terms import SensitiveFeature, UseCaseTerms

_HOLDOUT: Final = 0.35
"""As in a governed run by default."""


def main() -> None:
    """Train, judge, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="?", choices=["train", "judge"], help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=100_000, help="rows in all")
    parser.add_argument("--columns", type=int, default=100, help="columns beside the target")
    parser.add_argument("--trials", type=int, default=8, help="trials of the search")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the trained model here and use it again")
    asked = parser.parse_args()
    if asked.step is not None:
        {"train": train, "judge": judge}[asked.step](asked)
        return
    with tempfile.TemporaryDirectory() as temporary:
        asked.folder = asked.folder or Path(temporary) / "run"
        for step in ("train", "judge"):
            subprocess.run([sys.executable, __file__, step, *_options(asked)], check=True)


def train(asked: argparse.Namespace) -> None:
    """Search and save, unless the folder holds a model already."""
    if not (asked.folder / "run.json").exists():
        rows, _ = _split(asked)
        started = _now()
        automl = AutoML(
            "binary",
            max_trials=asked.trials,
            attributions="exact",
            n_jobs=asked.cores,
            monotone=dict.fromkeys(RISING, 1),
            seed=1,
        )
        automl.fit(rows, TARGET, sensitive_features=SENSITIVE)
        # Children count once they have ended.
        get_reusable_executor().shutdown(wait=True)
        seconds, cpu_s = (now - then for now, then in zip(_now(), started, strict=True))
        automl.save(asked.folder / "bundle")
        automl.oof_.rename(columns=category_text).to_parquet(asked.folder / "oof.parquet")
        record = automl.record_.to_dict()
        noted = {"seconds": seconds, "cpu_s": cpu_s, "record": record, "peak_mb": _peak_mb()}
        (asked.folder / "run.json").write_text(json.dumps(noted, default=float))
    noted = json.loads((asked.folder / "run.json").read_text())
    members = ", ".join(
        f"{member['family']} × {member['fits']}" for member in noted["record"]["blend"]["members"]
    )
    print(f"{asked.rows:,} rows × {asked.columns} columns, {asked.cores} cores; blend: {members}")
    print("\n| Step | Seconds | CPU seconds | Peak MB |\n|---|---|---|---|")
    times = f"{noted['seconds']:.1f} | {noted['cpu_s']:.1f}"
    print(f"| training, {asked.trials} trials | {times} | {noted['peak_mb']:.0f} |")


def judge(asked: argparse.Namespace) -> None:
    """Gather the evidence and every probe, evaluate every check."""
    rows, holdout = _split(asked)
    started = _now()
    case = _case(asked, rows, holdout)
    _report("evidence", started)
    found = {}
    before = _now()
    _ = case.rebuilder
    _report("opening the record", before)
    for name, probe in PROBES.items():
        before = _now()
        found[name] = probe(case)
        _report(f"probe {name}", before)
    evidence = replace(case.evidence, probes=Probes(**found))
    verdicts = {}
    for spec in case.policy.gates:
        before = _now()
        alone = case.policy.model_copy(update={"gates": (spec,)})
        results = evaluate(alone, evidence, declared=SENSITIVE).results
        verdicts[spec.check] = sorted({result.verdict.value for result in results})
        _report(f"check {spec.check}", before)
    get_reusable_executor().shutdown(wait=True)
    _report("**all gates**", started)
    print("\nVerdicts: " + "; ".join(f"{name} {', '.join(v)}" for name, v in verdicts.items()))


def _report(what: str, started: tuple[float, float]) -> None:
    seconds, cpu_s = (now - then for now, then in zip(_now(), started, strict=True))
    print(f"| {what} | {seconds:.2f} | {cpu_s:.2f} | {_peak_mb():.0f} |", flush=True)


def _now() -> tuple[float, float]:
    """Wall clock, and CPU seconds of this process and its ended children."""
    used = os.times()
    return time.perf_counter(), sum(used[:4])


def _peak_mb() -> float:
    """Greatest memory of this process so far, or of its largest child."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def _split(asked: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = applicants(asked.rows, asked.columns)
    return holdout_split(frame, TARGET, task="binary", share=_HOLDOUT, seed=0)


def _case(asked: argparse.Namespace, rows: pd.DataFrame, holdout: pd.DataFrame) -> Case:
    noted = json.loads((asked.folder / "run.json").read_text())
    model = load_bundle(asked.folder / "bundle")
    terms = UseCaseTerms(
        title="Loans",
        purpose="Decide on loans",
        prohibited_uses=("none other",),
        domain="consumer_credit",
        jurisdictions=("us",),
        task="binary",
        target=TARGET,
        favourable=1,
        sensitive_features=tuple(
            SensitiveFeature(column=name, origin="self_reported") for name in SENSITIVE
        ),
    )
    evidence = gather_evidence(
        model,
        terms=terms,
        train=rows,
        holdout=holdout,
        oof=pd.read_parquet(asked.folder / "oof.parquet"),
        findings=noted["record"]["findings"],
    )
    return Case(
        model=model,
        folder=asked.folder / "bundle",
        terms=terms,
        policy=every_check([column.name for column in model.contract.columns]),
        train=rows,
        holdout=holdout,
        evidence=evidence,
        record=noted["record"],
        monotone=dict.fromkeys(RISING, 1),
        rationale="",
        incumbent=Incumbent("loans version 1", model, rows.iloc[: len(rows) // 2]),
        cores=asked.cores,
        progress=lambda _share, _message: None,
    )


def _options(asked: argparse.Namespace) -> list[str]:
    named = {name: value for name, value in vars(asked).items() if name != "step"}
    return [text for name, value in named.items() for text in (f"--{name}", str(value))]


if __name__ == "__main__":
    main()
