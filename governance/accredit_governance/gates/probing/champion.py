"""Probe: the champion asked about test rows that neither it nor the model was made from.

A row is taken to be one that a model was made from when it has the same values in every column
that both data sets have, the outcome included. Chance copies are left out with the others, which
costs rows but favours nobody.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Contract, category_text
from accredit_engine.errors import EngineError
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.fingerprints import fingerprints
from accredit_governance.gates.probes import Answers, Champion, Rows
from accredit_governance.gates.probing.asking import answers_of
from accredit_governance.gates.probing.case import Case, Incumbent

_NOBODY = Champion(name="", rows=np.empty(0, dtype=np.int64), left_out=0, answers=None)


def probe(case: Case) -> Champion:
    """What the champion answers; its `unfit` says why it cannot."""
    incumbent = case.incumbent
    if incumbent is None:
        return _NOBODY
    model = incumbent.model
    unfit = "it stays with its vendor" if model is None else _unfit(model, incumbent.train, case)
    if model is None or unfit:
        return replace(_NOBODY, name=incumbent.name, unfit=unfit)
    rows = _fresh(incumbent, case)
    found = Champion(incumbent.name, rows, len(case.holdout) - len(rows), None)
    if not len(rows):
        return found
    try:
        answers = answers_of(model, case.holdout.iloc[rows])
    except EngineError as error:
        return replace(found, unfit=str(error))
    return replace(found, answers=_in_order(answers, model.contract, case.evidence))


def _unfit(model: FittedModel, train: pd.DataFrame, case: Case) -> str:
    """Why the champion cannot answer about the test rows; empty when it can."""
    if train.empty:
        return "the rows that it was made from are not known"
    theirs, ours = model.contract, case.model.contract
    lacking = [column.name for column in theirs.columns if column.name not in case.holdout.columns]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        return f"the test rows lack its inputs {', '.join(lacking[:3])}{more}"
    for what, old, new in (
        ("task", theirs.task.value, ours.task.value),
        ("target", theirs.target, ours.target),
        ("classes", _classes(theirs), _classes(ours)),
        ("favourable class", _favourable(theirs), _favourable(ours)),
    ):
        if old != new:
            return f"its {what} differs ({old} instead of {new})"
    if theirs.target not in train.columns:
        return f"the rows that it was made from have no column {theirs.target}"
    return ""


def _classes(contract: Contract) -> str:
    return ", ".join(sorted(category_text(label) for label in contract.classes))


def _favourable(contract: Contract) -> str:
    return "none" if contract.favourable is None else category_text(contract.favourable)


def _fresh(incumbent: Incumbent, case: Case) -> Rows:
    """Positions of test rows that occur neither among the champion's rows nor the model's own."""
    seen = np.zeros(len(case.holdout), dtype=bool)
    for train in (incumbent.train, case.train):
        shared = [name for name in case.holdout.columns if name in train.columns]
        if shared and len(train):
            asked, known = fingerprints(case.holdout[shared], train[shared])
            seen |= np.isin(asked, known)
    rows: Rows = np.flatnonzero(~seen).astype(np.int64)
    return rows


def _in_order(answers: Answers, contract: Contract, evidence: Evidence) -> Answers:
    """Class probabilities in the order of the evidence."""
    if answers.probabilities is None or evidence.probabilities is None:
        return answers
    names = pd.Index([category_text(label) for label in contract.classes])
    places = names.get_indexer(pd.Index([str(name) for name in evidence.probabilities.columns]))
    return replace(answers, probabilities=answers.probabilities[:, places])
