"""Problems of a policy in plain sentences, each with the place where it is.

Rules: the pointer names the field as the author wrote it; the sentence names the value and what is
allowed instead; a misspelt word comes with the nearest right one.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy

Loc = tuple[int | str, ...]
MAX_PROBLEMS: Final = 100


def problems_of(error: ValidationError) -> tuple[Mapping[str, str], ...]:
    """The first problems: `pointer` (JSON pointer into the policy) and `detail` (a sentence)."""
    return tuple(
        {"pointer": pointer(entry["loc"]), "detail": _sentence(entry)}
        for entry in error.errors()[:MAX_PROBLEMS]
    )


def pointer(loc: Loc) -> str:
    """JSON pointer (RFC 6901) of a place, without the check name that pydantic adds for a union."""
    written = [
        part
        for at, part in enumerate(loc)
        if not (at > 0 and isinstance(loc[at - 1], int) and part in CHECKS)
    ]
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in written)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, else the list of what is known."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(names)}"


def _sentence(entry: ErrorDetails) -> str:
    """The problem as one sentence."""
    write = _SENTENCES.get(entry["type"])
    if write is not None:
        return write(entry)
    if entry["type"] in _OURS:
        return entry["msg"]
    message = entry["msg"][:1].lower() + entry["msg"][1:]
    return f"{_field(entry)} is {_shown(entry['input'])}: {message}"


def _field(entry: ErrorDetails) -> str:
    """Last named part of the place."""
    names = [str(part) for part in entry["loc"] if isinstance(part, str)]
    return names[-1] if names else "the policy"


def _shown(value: object) -> str:
    """Short form of a value as the author wrote it."""
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _unknown_field(entry: ErrorDetails) -> str:
    model = _model_at(entry["loc"])
    known = model.model_fields if model is not None else ()
    return f"unknown field '{_field(entry)}'{suggestion(_field(entry), known)}"


def _unknown_check(entry: ErrorDetails) -> str:
    tag = str(entry.get("ctx", {}).get("tag", ""))
    return f"unknown check '{tag}'{suggestion(tag, CHECKS)}"


def _range(entry: ErrorDetails) -> str:
    return f"{_field(entry)} is {entry['msg']}"


def _choice(entry: ErrorDetails) -> str:
    allowed = entry.get("ctx", {}).get("expected", "")
    return f"{_field(entry)} is {_shown(entry['input'])}; allowed: {allowed}"


def _too_short(entry: ErrorDetails) -> str:
    if _field(entry) == "gates":
        return "a policy needs at least one gate: without gates it would demand nothing"
    return f"{_field(entry)} must have at least {entry.get('ctx', {}).get('min_length', 1)} entry"


def _missing(entry: ErrorDetails) -> str:
    if _field(entry) == "gates":
        return "field 'gates' is missing: without gates a policy would demand nothing"
    return f"field '{_field(entry)}' is missing"


_SENTENCES: Final[Mapping[str, Callable[[ErrorDetails], str]]] = MappingProxyType(
    {
        "extra_forbidden": _unknown_field,
        "missing": _missing,
        "union_tag_invalid": _unknown_check,
        "union_tag_not_found": lambda _: "a gate needs a field 'check' that names what is checked",
        "out_of_range": _range,
        "literal_error": _choice,
        "bool_type": lambda entry: (
            f"{_field(entry)} is {_shown(entry['input'])}; it must be true or false"
        ),
        "too_short": _too_short,
    }
)

_OURS: Final = frozenset(
    {
        "wrong_side",
        "wrong_order",
        "listed_twice",
        "undecided_task",
        "no_waivers",
        "no_reasons",
        "two_minds",
        "any_and_more",
        "strange_tier",
        "unsigned_tier",
    }
)
"""Problems whose message is already a sentence of ours."""


def _model_at(loc: Sequence[int | str]) -> type[BaseModel] | None:
    """The model whose fields surround the last part of a place; None when it is no model."""
    model: type[BaseModel] | None = Policy
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        if part in CHECKS:
            model = CHECKS[part]
            continue
        field = model.model_fields.get(part) if model is not None else None
        model = next(_models(field.annotation), None) if field is not None else None
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models named in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
