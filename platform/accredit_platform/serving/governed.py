"""A prediction as the rules want it: admitted, checked, answered, explained, logged, then told."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from accredit_engine.bundle.contract import Contract, ProblemSeverity
from accredit_governance.access.actors import Actor
from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput
from accredit_governance.gates.reasons import PrincipalReason, principal_reasons
from accredit_governance.identifiers import new_id
from accredit_governance.operations.admission import (
    Admission,
    admit_prediction,
    admit_to_champion,
)
from accredit_governance.operations.predictions import Answer, log_predictions
from accredit_platform.api.problems import pointer
from accredit_platform.wiring import Services

LARGEST: Final = 2**53
"""Whole numbers from here on have no exact place in JSON."""


class Prediction(Document):
    """One answer.

    Attributes:
        id: under which the outcome is reported later.
        score: binary: probability of the favourable outcome; regression: the predicted number.
        decision: binary: `favourable` or `adverse`, at the threshold frozen in the bundle.
        prediction: the predicted label or number.
        reasons: principal reasons of an adverse decision, the strongest first.
        warnings: what was odd about the inputs, such as a category never seen in training.
    """

    id: uuid.UUID
    model: str
    version: int
    score: float | None
    decision: str | None
    prediction: bool | int | float | str
    probabilities: dict[str, float] | None
    reasons: tuple[PrincipalReason, ...]
    warnings: tuple[str, ...]


def predict(
    services: Services,
    actor: Actor,
    deployment_id: uuid.UUID,
    rows: Sequence[Mapping[str, Any]],
    *,
    purpose: str | None = None,
) -> tuple[Prediction, ...]:
    """Answer rows with an approved, undamaged model. All of them, or none.

    Raises:
        NotAllowed, Conflict: no grant in force for the purpose, or the deployment does not serve.
        QuotaExhausted: the grant does not allow as many rows.
        InvalidInput: a row lacks a column or holds something else than the contract says.
        HostFailed: the bundle is damaged; nothing is answered.
    """
    admission = admit_prediction(
        services.database, actor, deployment_id, purpose=purpose, rows=len(rows)
    )
    return _answer(services, actor, admission, rows)


def predict_by_champion(
    services: Services,
    actor: Actor,
    model_id: uuid.UUID,
    rows: Sequence[Mapping[str, Any]],
    *,
    environment: str,
    purpose: str | None = None,
) -> tuple[Prediction, ...]:
    """Answer rows with the champion of a model in an environment, as it is at this moment.

    Raises:
        NoChampion: none that could answer.
        NotAllowed, Conflict, QuotaExhausted, InvalidInput, HostFailed: as for `predict`.
    """
    admission = admit_to_champion(
        services.database,
        actor,
        model_id,
        environment=environment,
        purpose=purpose,
        rows=len(rows),
    )
    return _answer(services, actor, admission, rows)


def _answer(
    services: Services, actor: Actor, admission: Admission, rows: Sequence[Mapping[str, Any]]
) -> tuple[Prediction, ...]:
    contract = Contract.from_dict(admission.contract)
    warnings = _check(contract, rows)
    inputs = [{c.name: row[c.name] for c in contract.columns} for row in rows]
    answers = services.hosts.answer(admission.bundle_digest, inputs, reasons=True)
    told = tuple(
        _told(admission, answer, found) for answer, found in zip(answers, warnings, strict=True)
    )
    log_predictions(
        services.database,
        actor,
        admission,
        [
            Answer(id=t.id, inputs=dict(i), answer=t.model_dump(mode="json"))
            for t, i in zip(told, inputs, strict=True)
        ],
    )
    return told


def _check(contract: Contract, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Warnings per row.

    Raises:
        InvalidInput: some value stops the prediction; all such values are named.
    """
    errors: list[dict[str, str]] = []
    warnings = []
    for number, row in enumerate(rows):
        problems = contract.check(row)
        found = [(p.column, p.message) for p in problems if p.severity is ProblemSeverity.ERROR]
        found += [(c.name, m) for c in contract.columns if (m := _unkeepable(c.name, row))]
        errors.extend(
            {"pointer": pointer("rows", number, name), "detail": message} for name, message in found
        )
        warnings.append(tuple(p.message for p in problems if p.severity is ProblemSeverity.WARNING))
    if errors:
        shown = "; ".join(error["detail"] for error in errors[:3])
        raise InvalidInput(f"the rows do not fit the model's contract: {shown}", errors[:100])
    return warnings


def _unkeepable(name: str, row: Mapping[str, Any]) -> str | None:
    """Why a value has no place in the log, whose digests rest on canonical JSON."""
    value = row.get(name)
    if isinstance(value, int) and abs(value) >= LARGEST:
        return f"{name!r} is a whole number beyond 2^53; send it with a decimal point"
    if isinstance(value, str) and not value.isprintable():
        try:
            value.encode()
        except UnicodeEncodeError:
            return f"{name!r} holds half a surrogate pair, which is no text"
        if "\0" in value:
            return f"{name!r} holds a NUL character, which no database keeps"
    return None


def _told(admission: Admission, answer: Mapping[str, Any], warnings: tuple[str, ...]) -> Prediction:
    selected = answer["selected"]
    reasons: list[PrincipalReason] = []
    if selected is False:
        reasons = principal_reasons(
            answer["attributions"],
            admission.decisions.reasons,
            limit=admission.decisions.max_reasons,
            withheld=(*admission.sensitive_features, *admission.decisions.non_disclosable),
        )
        if not reasons and admission.decisions.adverse_action_reasons:
            # The policy demands reasons and none can be told: a machine's word is not enough.
            warnings = (*warnings, "no reason can be told for this decision; refer it to a person")
    decision = None if selected is None else "favourable" if selected else "adverse"
    return Prediction(
        id=new_id(),
        model=admission.model_name,
        version=admission.version_number,
        score=answer["score"],
        decision=decision,
        prediction=answer["prediction"],
        probabilities=answer["probabilities"],
        reasons=tuple(reasons),
        warnings=warnings,
    )
