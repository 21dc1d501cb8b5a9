"""Reading a LightGBM text model that comes from outside.

What the text says of itself is compared with what is stated before LightGBM parses it; a damaged
text may still kill the process, so this is for a process that may die.
"""

import json
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task, category_text
from accredit_engine.errors import ModelMismatch, UnreadableModel
from accredit_engine.external.stated import Stated
from accredit_engine.families.booster import BoosterMember, RateMember
from accredit_engine.families.family import SAMPLED_OBJECTIVES, FamilyName

_FIRST: Final = "tree"
_END: Final = "\nend of trees"
_PANDAS: Final = "\npandas_categorical:"
_BINARY: Final = frozenset({"binary", "cross_entropy"})
_VALUES: Final = frozenset(
    {"regression", "regression_l1", "huber", "fair", "quantile", "mape", *SAMPLED_OBJECTIVES}
)


def read_booster(content: bytes, stated: Stated) -> tuple[BoosterMember, float]:
    """A member from a text model, and the factor that makes log-odds of its raw scores.

    Raises:
        UnreadableModel: it is no text model of LightGBM, or one of a kind that is not read.
        ModelMismatch: it is not what is stated.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        message = "the file is no text model of LightGBM; save it with Booster.save_model"
        raise UnreadableModel(message) from error
    header = _header(text)
    objective = _objective(header, stated.task)
    _compare(header, text, stated)
    try:
        member = BoosterMember.from_text(FamilyName.BOOSTING, text, stated.outputs)
    except ValueError as error:
        raise UnreadableModel("LightGBM cannot read the file") from error
    return member, _sigmoid(objective)


def with_rates(
    member: BoosterMember, background: NDArray[np.float64]
) -> BoosterMember | RateMember:
    """The member as one of rates, where its raw scores are logarithms of the prediction."""
    objective = str(_header(member.text).get("objective", "")).split(" ")[0]
    return RateMember(member, background) if objective in SAMPLED_OBJECTIVES else member


def own_answers(member: BoosterMember, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """What LightGBM itself answers: P(second class) (n, 1), probabilities (n, k), values (n, 1)."""
    answers = np.asarray(member.booster.predict(matrix, num_threads=1), dtype=np.float64)
    return answers.reshape(len(matrix), -1)


def _header(text: str) -> Mapping[str, str]:
    """Fields before the first tree.

    Raises:
        UnreadableModel: there are none.
    """
    lines = text.split("\nTree=", 1)[0].splitlines()
    if "average_output" in lines:
        raise UnreadableModel("random forests of LightGBM are not read")
    if not lines or lines[0].strip() != _FIRST or "\nTree=" not in text:
        message = "the file is no text model of LightGBM; save it with Booster.save_model"
        raise UnreadableModel(message)
    if _END not in text:
        raise UnreadableModel("the file is cut off: the end of its trees is missing")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _objective(header: Mapping[str, str], task: Task) -> list[str]:
    """Words of the objective, which must suit the task."""
    words = header.get("objective", "").split(" ")
    suits = {
        Task.BINARY: words[0] in _BINARY,
        Task.MULTICLASS: words[0] == "multiclass",
        Task.REGRESSION: words[0] in _VALUES and "sqrt" not in words,
    }
    if not suits[task]:
        named = " ".join(words) or "of one's own"
        raise ModelMismatch(
            f"the objective of the model is {named!r}, which is not read for {task.value} models"
        )
    return words


def _sigmoid(objective: list[str]) -> float:
    named = [word.partition(":")[2] for word in objective if word.startswith("sigmoid:")]
    return _number(named[0]) if named else 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UnreadableModel("a number in the header of the file cannot be read") from error


def _compare(header: Mapping[str, str], text: str, stated: Stated) -> None:
    names = header.get("feature_names", "").split(" ")
    wanted = [column.name for column in stated.inputs]
    if len(names) != len(wanted):
        raise ModelMismatch(
            f"the model takes {len(names)} inputs and the contract states {len(wanted)}"
        )
    unnamed = all(name == f"Column_{at}" for at, name in enumerate(names))
    for at, (theirs, ours) in enumerate(zip(names, wanted, strict=True), start=1):
        if not unnamed and theirs != ours.replace(" ", "_"):
            raise ModelMismatch(
                f"input {at} is called {theirs!r} in the model and {ours!r} in the contract; state "
                "the columns in the order of the model"
            )
    classes = int(_number(header.get("num_class", "1")))
    if classes != stated.outputs:
        raise ModelMismatch(
            f"the model has {classes} raw scores per row and the contract {stated.outputs}"
        )
    if "\nis_linear=1" in text:
        raise UnreadableModel("linear trees have no exact attributions and are not read")
    _compare_categories(header, text, stated)


def _compare_categories(header: Mapping[str, str], text: str, stated: Stated) -> None:
    infos = header.get("feature_infos", "").split(" ")
    for column, info in zip(stated.inputs, infos, strict=False):
        is_set = not info.startswith("[") and info != "none"
        if is_set and not column.is_coded:
            raise ModelMismatch(
                f"column {column.name!r} is a category in the model and {column.kind.value} in the "
                "contract"
            )
    _, found, rest = text.rpartition(_PANDAS)
    try:
        known = json.loads(rest.split("\n", 1)[0]) if found else None
    except ValueError as error:
        raise UnreadableModel("the categories at the end of the file cannot be read") from error
    if not known:
        return
    coded = [column for column in stated.inputs if column.is_coded]
    if len(coded) != len(known):
        raise ModelMismatch(
            f"the model was trained on {len(known)} categories of pandas and the contract states "
            f"{len(coded)}"
        )
    for column, levels in zip(coded, known, strict=True):
        if [category_text(level) for level in levels] != list(map(category_text, column.levels)):
            raise ModelMismatch(
                f"the categories of {column.name!r} or their order are others in the model"
            )
