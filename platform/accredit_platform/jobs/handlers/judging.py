"""Judging one bundle under one policy: its evidence gathered, every check evaluated.

What a model was asked is kept twice: probe by probe in the folder of the job, so that a job whose
worker died does not ask again; and all of it in one artifact, so that a verdict can be worked out
again. A kept file that cannot be read is left aside and the model is asked once more.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from accredit_engine import FittedModel
from accredit_engine.data.source import frame_digest
from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.kept import read_probes, write_probes
from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing.case import Case, Incumbent
from accredit_governance.gates.probing.gather import gather_probes
from accredit_governance.gates.reported import reported_evidence
from accredit_governance.gates.results import GateReport
from accredit_governance.gates.reuse import merged, reusable
from accredit_governance.policy.document import Policy
from accredit_governance.questions.work import CaseFacts, ChampionFacts
from accredit_platform.jobs.handlers.records import (
    Workplace,
    load_model,
    read_frame,
    read_oof,
    split,
    unseen,
)

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gates say of a bundle, and what it was asked for that."""

    report: GateReport
    probes: Probes


@dataclass(frozen=True, slots=True)
class Bench:
    """What a judge works with.

    Attributes:
        folder: where finished probes are kept until the job has ended; of this judgement alone.
        cores: that may be used.
        progress: tell how far the judgement is, in [0, 1], and a message.
    """

    folder: Path
    cores: int
    progress: Callable[[float, str], None]


def judge(place: Workplace, facts: CaseFacts, policy: Policy, bench: Bench) -> Judgement:
    """Every check of a policy, answered for one bundle.

    Raises:
        DamagedBundle: a file of the bundle changed.
        DamagedArtifact: the hold-out is not the one that the run left aside.
    """
    evidence = _evidence_of(place, facts, policy, bench)
    bench.progress(0.9, "evaluating the checks of the policy")
    declared = [feature.column for feature in facts.run.terms.sensitive_features]
    return Judgement(evaluate(policy, evidence, declared=declared), evidence.probes)


def _evidence_of(place: Workplace, facts: CaseFacts, policy: Policy, bench: Bench) -> Evidence:
    elsewhere = facts.run.built_elsewhere
    if elsewhere is not None and elsewhere.is_at_the_vendor:
        bench.progress(0.1, "reading what the vendor's model answered")
        return reported_evidence(
            _untouched(place, facts)[1],
            terms=facts.run.terms,
            answers=elsewhere.answers,
            checks=[spec.check for spec in policy.gates],
        )
    bench.progress(0.02, "verifying and loading the bundle")
    model = load_model(place, facts.bundle_digest)
    train, holdout = _untouched(place, facts)
    bench.progress(0.05, "explaining every test row")
    evidence = gather_evidence(
        model,
        terms=facts.run.terms,
        train=train,
        holdout=holdout,
        oof=None if elsewhere is not None else read_oof(place, facts.run.evidence_digest),
        findings=facts.run.findings,
        time=facts.run.spec.time,
    )
    case = Case(
        model=model,
        folder=place.services.artifacts.folder(facts.bundle_digest),
        terms=facts.run.terms,
        policy=policy,
        train=train,
        holdout=holdout.loc[evidence.inputs.index],
        evidence=evidence,
        record=facts.record,
        monotone=facts.run.spec.monotone,
        rationale=facts.rationale,
        incumbent=_incumbent(place, facts.champion),
        cores=bench.cores,
        progress=lambda share, message: bench.progress(0.2 + 0.7 * share, message),
    )
    bench.folder.mkdir(parents=True, exist_ok=True)
    known = merged(_of_this_job(bench.folder), _of_latest_judgement(place, facts, policy))
    probes = gather_probes(
        case, known=known, keep=lambda name, probe: _keep(bench.folder / name, probe)
    )
    return replace(evidence, probes=probes)


def _untouched(place: Workplace, facts: CaseFacts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows, and the rows that were left aside for the gates or newer ones.

    Raises:
        DamagedArtifact: they are not those that the run left aside.
        EvidenceMissing: the training saw every newer row.
    """
    train, holdout = split(place, facts.run)
    if frame_digest(holdout) != facts.run.holdout_digest:
        raise DamagedArtifact("the test rows are not those that the run left aside")
    if facts.newer_rows is not None:
        holdout = unseen(read_frame(place, facts.newer_rows), train)
    return train, holdout


def _incumbent(place: Workplace, champion: ChampionFacts | None) -> Incumbent | None:
    if champion is None:
        return None
    elsewhere = champion.run.built_elsewhere
    if elsewhere is not None and elsewhere.is_at_the_vendor:
        return Incumbent(champion.name, None, pd.DataFrame())
    model: FittedModel = load_model(place, champion.bundle_digest)
    train, _ = split(place, champion.run)
    return Incumbent(champion.name, model, train)


def _keep(path: Path, probe: Probes) -> None:
    """Write a probe under a name that only whole files have."""
    part = path.with_suffix(".part")
    write_probes(probe, part)
    part.replace(path.with_suffix(".npz"))


def _of_this_job(folder: Path) -> Probes:
    """Probes that an earlier attempt of the same job finished."""
    found = Probes()
    for probe in _readable(sorted(folder.glob("*.npz"))):
        found = merged(found, probe)
    return found


def _of_latest_judgement(place: Workplace, facts: CaseFacts, policy: Policy) -> Probes:
    """Probes of the latest judgement, as far as they answer what this policy asks."""
    if facts.kept is None:
        return Probes()
    try:
        path = place.services.artifacts.file(facts.kept.probes_digest)
    except DamagedArtifact as damage:
        _LOG.warning("the model is asked again: %s", damage.message)
        return Probes()
    for kept in _readable([path]):
        return reusable(
            kept,
            asked_under=facts.kept.policy,
            policy=policy,
            champion=None if facts.champion is None else facts.champion.name,
            broken=facts.kept.broken,
        )
    return Probes()


def _readable(paths: list[Path]) -> Iterator[Probes]:
    for path in paths:
        try:
            yield read_probes(path)
        except DamagedArtifact as damage:
            _LOG.warning("the model is asked again: %s", damage.message)
