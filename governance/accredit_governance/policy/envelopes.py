"""Whether a new version lies inside the envelope of a change plan; if not, every reason why."""

from collections.abc import Iterator

from accredit_governance.documents import Document
from accredit_governance.registry.aftercare_terms import Envelope


class Made(Document):
    """What a version was made of, as far as an envelope asks.

    Attributes:
        target: Target column with the task and the labels that are favourable.
        columns: Column → kind, of the inputs.
        tier: Of the risk assessment that it was submitted under.
        ai_act_class: Of the same assessment.
        metric: Value of the envelope's metric on the test rows; None: it was not measured.
        blocking: Keys of required checks that did not pass, whatever was waived.
    """

    model: str
    target: str
    columns: dict[str, str]
    families: tuple[str, ...]
    dataset: str
    dataset_number: int
    policy_digest: str
    tier: int
    ai_act_class: str
    metric: float | None
    blocking: tuple[str, ...]


def reasons_outside(envelope: Envelope, base: Made, new: Made) -> tuple[str, ...]:
    """Why a version lies outside; empty: it lies inside."""
    return (*_of_making(envelope, base, new), *_of_worth(envelope, base, new))


def _of_making(envelope: Envelope, base: Made, new: Made) -> Iterator[str]:
    if new.model != base.model:
        yield "it is a version of another model"
    if new.target != base.target:
        yield "its target, task or favourable label is another one"
    changed = sorted(
        name
        for name in base.columns.keys() | new.columns.keys()
        if base.columns.get(name) != new.columns.get(name)
    )
    if changed:
        yield f"its columns changed: {', '.join(changed[:5])}"
    strange = sorted(set(new.families) - set(envelope.families))
    if strange or not new.families:
        yield f"the plan does not allow the family {', '.join(strange) or 'of the model: unknown'}"
    if new.dataset != base.dataset:
        yield "it was trained on another dataset"
    elif new.dataset_number <= base.dataset_number:
        yield (
            f"it was trained on version {new.dataset_number} of the dataset, which is not later "
            f"than version {base.dataset_number}"
        )


def _of_worth(envelope: Envelope, base: Made, new: Made) -> Iterator[str]:
    if new.policy_digest != base.policy_digest:
        yield "another policy applies than the one that the plan was signed under"
    if (new.tier, new.ai_act_class) != (base.tier, base.ai_act_class):
        yield (
            f"its use case is {_assessed(new)}, and was {_assessed(base)} for the version of the "
            "plan"
        )
    if new.blocking:
        yield f"required checks do not pass without a waiver: {', '.join(new.blocking)}"
    if new.metric is None or base.metric is None:
        yield f"{envelope.metric} was not measured"
        return
    if new.metric < envelope.metric_floor:
        yield (
            f"{envelope.metric} is {new.metric:.4g}, below the floor of {envelope.metric_floor:.4g}"
        )
    if base.metric - new.metric > envelope.max_loss:
        yield (
            f"{envelope.metric} is {new.metric:.4g}, more than {envelope.max_loss:.4g} below the "
            f"{base.metric:.4g} of the version of the plan"
        )


def _assessed(made: Made) -> str:
    return f"tier {made.tier}, {made.ai_act_class.replace('_', ' ')}"
