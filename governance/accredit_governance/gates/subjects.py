"""One answer per subject: a sensitive feature, or a pair of them.

Rules:
1. What one subject lacks does not silence the others.
2. A sensitive feature that is absent is insufficient evidence, never skipped.
3. A verdict on groups that somebody inferred is at most insufficient evidence, unless the policy
   allows such groups (see `origins`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import CROSS, Grouping, grouping, label, subjects
from accredit_governance.gates.origins import capped
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable, same_rows
from accredit_governance.policy.bias_checks import GroupCheck
from accredit_governance.policy.demands import CheckSpec

MAX_LISTED: Final = 50
"""Groups that a result lists."""


class Listable(Protocol):
    """What a group is listed by."""

    @property
    def rows(self) -> int: ...  # noqa: D102  as in the records of the groups

    @property
    def gating(self) -> bool: ...  # noqa: D102

    @property
    def reference(self) -> bool: ...  # noqa: D102

    @property
    def fails(self) -> bool: ...  # noqa: D102


Entry = TypeVar("Entry", bound=Listable)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose groups are examined.

    Attributes:
        features: One sensitive feature or two.
        favourable: Multiclass: the class that counts as the favourable decision.
    """

    features: tuple[str, ...]
    favourable: str | None = None

    @property
    def label(self) -> str:
        """`race`, `race × sex` or `race [approved]`."""
        name = label(self.features)
        return name if self.favourable is None else f"{name} [{self.favourable}]"


def subjects_of(
    evidence: Evidence, context: Context, *, intersections: bool, per_class: bool = False
) -> list[Subject]:
    """Features one by one, then each pair; per favourable class where there are several classes.

    Args:
        evidence: Of the model version.
        context: Names the features.
        intersections: Whether pairs are subjects too.
        per_class: Whether decisions are compared. A multiclass model without a declared favourable
            class then keeps subjects without one, so that the lack is answered for each.
    """
    classes: Iterable[str | None] = (None,)
    if per_class and evidence.task == "multiclass":
        classes = tuple(evidence.favourable) or (None,)
    found = subjects(context.features, intersections=intersections)
    return [Subject(features, each) for features in found for each in classes]


def each_subject(
    spec: CheckSpec,
    of: Iterable[Subject],
    evidence: Evidence,
    context: Context,
    examine: Callable[[Subject], Finding],
) -> Iterator[CheckResult]:
    """The answers of a check, one per subject."""
    for subject in of:
        try:
            finding = examine(subject)
        except EvidenceMissing as lack:
            finding = Finding(
                Verdict.INSUFFICIENT_EVIDENCE,
                f"Cannot be judged yet: {lack.message}.",
                remedy=lack.remedy,
            )
        except EvidenceUnusable as error:
            finding = Finding(Verdict.ERROR, f"Cannot be judged: {error.message}.")
        limited = capped(finding, subject.features, evidence, context.policy)
        yield answer(spec, limited, subject=subject.label)


def demand_features(evidence: Evidence, subject: Subject) -> None:
    """Nothing, when every feature of the subject is there.

    Raises:
        EvidenceMissing: a feature is absent or missing in every row.
        EvidenceUnusable: the features are of other rows.
    """
    for feature in subject.features:
        if feature not in evidence.sensitive or evidence.sensitive[feature].isna().all():
            raise EvidenceMissing(
                f"sensitive feature '{feature}' is not known for any test row",
                remedy=f"Supply '{feature}' for the test rows; an absent feature is not skipped.",
            )
    same_rows(evidence.sensitive, evidence.outcome, "the table of sensitive features")


def grouped(evidence: Evidence, subject: Subject) -> Grouping:
    """The groups of a subject.

    Raises:
        EvidenceMissing: a feature is absent or missing in every row.
        EvidenceUnusable: the features are of other rows or have too many values.
    """
    demand_features(evidence, subject)
    return grouping(subject.features, evidence.sensitive, evidence.train_sensitive)


def reference_of(spec: GroupCheck, evidence: Evidence, subject: Subject) -> str | None:
    """The declared reference group: by the policy, else by the use case; None when neither does.

    A pair has one when it is declared for the pair itself or for both of its features.
    """
    pair = spec.reference.get(label(subject.features))
    if pair is not None:
        return pair
    declared = dict(evidence.references) | spec.reference
    named = [declared.get(feature) for feature in subject.features]
    return None if None in named else CROSS.join(str(name) for name in named)


def listed(groups: Sequence[Entry]) -> list[Entry]:
    """At most `MAX_LISTED` groups in their order: first those that fail, gate or have most rows."""
    if len(groups) <= MAX_LISTED:
        return list(groups)
    keys = [(not g.fails, not g.reference, not g.gating, -g.rows) for g in groups]
    chosen = sorted(range(len(groups)), key=keys.__getitem__)[:MAX_LISTED]
    return [groups[i] for i in sorted(chosen)]
