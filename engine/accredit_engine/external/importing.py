"""From a model file, a stated contract and rows with known outcomes to a bundle like any other.

What is checked, in this order: the file is of its kind and safe to read; it takes and answers what
is stated; on every row it answers a number; and the bundle answers what the library itself answers.
The bundle is then written and opened again, which makes its golden rows come out as recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.bundle import load_bundle, write_bundle
from accredit_engine.bundle.contract import Contract, Label, Task, category_text
from accredit_engine.bundle.environment import versions
from accredit_engine.data.finding import Finding
from accredit_engine.data.schema import Table
from accredit_engine.errors import ModelMismatch, UnreadableModel
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.external.lightgbm_text import own_answers, read_booster, with_rates
from accredit_engine.external.looking import findings_of
from accredit_engine.external.stated import Stated, steady
from accredit_engine.families.family import Member, spread_rows
from accredit_engine.families.graph import graph_member
from accredit_engine.families.pipeline import AdditivePipelineMember, pipeline_member
from accredit_engine.features.blocks import Block, CodeBlock, LevelBlock, NumberBlock
from accredit_engine.features.encoder import Encoder
from accredit_engine.features.encoding import Encoding
from accredit_engine.features.plan import PlanName
from accredit_engine.model import FittedModel, Part

LIGHTGBM: Final = "lightgbm"
SKOPS: Final = "skops"
ONNX: Final = "onnx"
FORMATS: Final = (SKOPS, LIGHTGBM, ONNX)
"""Formats of model files that are read."""

_ENCODING: Final = Encoding(PlanName.BOOSTING)
_ADDITIVE_BACKGROUND: Final = 200
_SAMPLED_BACKGROUND: Final = 8
_CHECKED_ROWS: Final = 20_000
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Rows:
    """What a model built elsewhere is compared with.

    Attributes:
        judged: Rows with an outcome that it is judged on.
        trained: Rows that it was trained on, as far as they are known; None when nobody has them.
        sensitive: Sensitive features of the use case.
    """

    judged: pd.DataFrame
    trained: pd.DataFrame | None
    sensitive: tuple[str, ...] = ()

    @property
    def known(self) -> pd.DataFrame:
        """The rows that ranges and backgrounds are taken from."""
        return self.judged if self.trained is None else self.trained


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        digest: Of the bundle.
        contract: As frozen in the bundle.
        exact: Whether attributions are worked out, not sampled.
        gap: Greatest difference between an answer of the bundle and one of the library itself.
        findings: About the rows that it was trained on; None when nobody could look at them.
    """

    digest: str
    contract: Contract
    exact: bool
    gap: float
    findings: tuple[Finding, ...] | None


def import_model(
    folder: Path,
    content: bytes,
    kind: str,
    *,
    stated: Stated,
    rows: Rows,
    origin: Mapping[str, Any],
) -> Imported:
    """Write the bundle of a model that was built elsewhere.

    Args:
        folder: Must not exist.
        content: The model file.
        kind: One of `FORMATS`.
        stated: Its contract.
        rows: That it is compared with.
        origin: Where it comes from, JSON; kept in the bundle.

    Raises:
        LibraryAbsent, UnreadableModel, UnsafeModel: the file cannot be read.
        ModelMismatch: it is not what is stated.
        MissingColumn, UnparsableValue: the rows do not have the stated inputs.
    """
    stated = _as_written(stated, rows.judged)
    steadied = stated if kind == LIGHTGBM else steady(stated)
    judged = stated.decoded(rows.judged, "the rows that it is judged on")
    known = judged if rows.trained is None else stated.decoded(rows.trained, "the training rows")
    encoder = _encoder(stated, kind)
    member, sign = _member(content, kind, stated, encoder.transform(known))
    model = FittedModel(
        contract=steadied.contract(rows.known, known, rows.sensitive),
        schema=stated.schema,
        encoders={_ENCODING: encoder},
        parts=(Part(0, _ENCODING, 1.0, np.full(stated.outputs, sign), member),),
        offset=np.zeros(stated.outputs),
    )
    gap = _gap(model, judged, stated)
    config = {"built_elsewhere": dict(origin), "versions": versions()}
    digest = write_bundle(folder, model, config=config, leaderboard=[], reference=rows.known)
    again = load_bundle(folder)
    again.explain(rows.judged.head(3))
    findings = None if rows.trained is None else findings_of(rows.trained, stated, rows.sensitive)
    return Imported(digest, model.contract, _is_exact(member), gap, findings)


def _member(
    content: bytes, kind: str, stated: Stated, matrix: NDArray[np.float64]
) -> tuple[Member, float]:
    """The member, and the factor that makes margins of its raw scores."""
    favourable = _sign(stated)
    if kind == LIGHTGBM:
        booster, sigmoid = read_booster(content, stated)
        return with_rates(booster, _background(booster, matrix)), favourable * sigmoid
    start = matrix[:1]
    if kind == SKOPS:
        member = pipeline_member(content, stated.inputs, stated.task, start)
        _refuse_other_pipeline(member.estimator, stated)
        return replace(member, background=_background(member, matrix)), favourable
    if kind == ONNX:
        graph = graph_member(content, stated.inputs, stated.task, stated.outputs, start)
        return replace(graph, background=_background(graph, matrix)), favourable
    message = f"models of format {kind!r} are not read; use {', '.join(FORMATS)}"
    raise UnreadableModel(message)


def _background(member: Member, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    wanted = (
        _ADDITIVE_BACKGROUND if isinstance(member, AdditivePipelineMember) else _SAMPLED_BACKGROUND
    )
    return spread_rows(matrix, _raw(member, matrix), min(wanted, len(matrix)))


def _raw(member: Member, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Raw scores, whatever the other library says when it cannot answer.

    Raises:
        ModelMismatch: it refuses the rows, or answers something else than stated.
    """
    try:
        return member.raw(matrix)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ModelMismatch(
            f"the model refuses rows of the stated inputs ({type(error).__name__}); compare kinds, "
            "categories and the order of the columns with those that it was trained on"
        ) from error


def _encoder(stated: Stated, kind: str) -> Encoder:
    """Numbers as they are and categories as their positions: nothing is filled, cut or scaled."""
    blocks: list[Block] = []
    for column in stated.inputs:
        if not column.is_coded:
            blocks.append(NumberBlock(column.name))
        elif kind == LIGHTGBM:
            # LightGBM itself takes a category that it never saw for a missing one.
            blocks.append(CodeBlock(column.name, tuple(range(len(column.levels)))))
        else:
            blocks.append(LevelBlock(column.name))
    width = len(blocks)
    return Encoder(
        blocks=tuple(blocks),
        fill=np.full(width, np.nan),
        low=np.full(width, -np.inf),
        high=np.full(width, np.inf),
        mean=np.zeros(width),
        scale=np.ones(width),
    )


def _sign(stated: Stated) -> float:
    """-1 where the favourable class comes first: raw scores speak for the second."""
    if stated.task is Task.BINARY and stated.favourable == stated.classes[0]:
        return -1.0
    return 1.0


def _as_written(stated: Stated, judged: pd.DataFrame) -> Stated:
    """The contract with its classes as the outcomes of the rows are written: `1`, not `"1"`.

    Raises:
        ModelMismatch: the rows have outcomes that are none of the classes, or lack them altogether.
    """
    if stated.target not in judged:
        raise ModelMismatch(f"the rows that it is judged on have no column {stated.target!r}")
    if stated.task is Task.REGRESSION:
        return stated
    found = {_text(value): value for value in judged[stated.target].dropna().unique()}
    strange = set(found) - {category_text(label) for label in stated.classes}
    if strange or not found:
        raise ModelMismatch(
            f"the rows have {len(found)} classes of outcomes, {len(strange)} of which the contract "
            "does not state"
        )
    written = {label: _plain(found.get(category_text(label), label)) for label in stated.classes}
    favourable = None if stated.favourable is None else written[stated.favourable]
    return replace(stated, classes=tuple(written.values()), favourable=favourable)


def _refuse_other_pipeline(estimator: Any, stated: Stated) -> None:  # Any: from scikit-learn.
    names = getattr(estimator, "feature_names_in_", None)
    wanted = [column.name for column in stated.inputs]
    if names is not None and list(map(str, names)) != wanted:
        raise ModelMismatch(
            "the columns of the pipeline or their order are not those that are stated"
        )
    if stated.task is Task.REGRESSION:
        if hasattr(estimator, "classes_"):
            raise ModelMismatch("the pipeline is a classifier and the use case a regression")
        return
    if not hasattr(estimator, "predict_proba"):
        raise ModelMismatch("the pipeline gives no probabilities; calibrate it before")
    theirs = [_text(label) for label in estimator.classes_]
    if theirs != [category_text(label) for label in stated.classes]:
        raise ModelMismatch("the classes of the pipeline or their order are not those stated")


def _text(label: Any) -> str:  # Any: a scalar of NumPy or of Python.
    return category_text(_plain(label))


def _plain(label: Any) -> Label:  # Any: as above.
    plain: Label = label.item() if isinstance(label, np.generic) else label
    return plain


def _gap(model: FittedModel, judged: Table, stated: Stated) -> float:
    """Greatest difference between our answers and the library's own on the rows.

    Raises:
        ModelMismatch: an answer is no number, no probability, or another one than the library's.
    """
    at = np.unique(
        np.linspace(0, judged.rows - 1, min(judged.rows, _CHECKED_ROWS)).astype(np.int64)
    )
    matrix = model.encoders[_ENCODING].transform(judged.take(at))
    member = model.parts[0].member
    margin = model.offset + model.parts[0].slope * _raw(member, matrix)
    ours = probabilities(margin, stated.task) if stated.classes else margin
    theirs = _own(member, matrix, stated)
    if not np.isfinite(theirs).all() or not np.isfinite(ours).all():
        raise ModelMismatch("the model answers some rows with something that is no number")
    if stated.classes and ((theirs < 0) | (theirs > 1)).any():
        raise ModelMismatch("the model answers with numbers that are no probabilities")
    gap = float(np.abs(ours - theirs).max() / max(1.0, float(np.abs(theirs).max())))
    if gap > _ROUNDING:
        raise ModelMismatch(
            f"the answers that would be served differ from the library's own by up to {gap:.2g}"
        )
    return gap


def _own(
    member: Any, matrix: NDArray[np.float64], stated: Stated
) -> NDArray[np.float64]:  # Any: any
    """Answers of the library itself: P(favourable) (n, 1), probabilities (n, k), values (n, 1)."""
    if hasattr(member, "answers"):
        answers: NDArray[np.float64] = member.answers(matrix)
        if stated.task is Task.BINARY:
            answers = answers[:, [stated.classes.index(_favourable(stated))]]
        return answers
    answers = own_answers(getattr(member, "logarithm", member), matrix)
    return 1 - answers if stated.task is Task.BINARY and _sign(stated) < 0 else answers


def _favourable(stated: Stated) -> Label:
    if stated.favourable is None:
        raise ModelMismatch("a binary model has a favourable class")
    return stated.favourable


def _is_exact(member: Member) -> bool:
    return hasattr(member, "contributions")
