"""The policy document: what is demanded of a model, by whom it is signed, how it is watched.

A policy decides nothing by omission. It has at least one gate, at least one stage of approval, and
for every task it applies to at least one required check; otherwise it is invalid.
"""

from collections import Counter
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StrictBool, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from accredit_governance.documents import Document, Name
from accredit_governance.policy.checks import Check
from accredit_governance.policy.demands import Column, Task, Text
from accredit_governance.policy.ranges import Within
from accredit_governance.registry.terms import Domain, Jurisdiction

ANY: Final = "any"
"""Stands for every jurisdiction or every purpose."""

ReviewRole = Literal["validator", "compliance", "owner"]
Severity = Literal["warning", "critical"]
BlockingSeverity = Literal["low", "medium", "high", "critical"]
Tolerated = Annotated[float, Within(0.0001, 1)]
Tier = Annotated[int, Within(1, 4)]
RetentionClass = Literal["6_months", "25_months", "3_years", "7_years", "10_years"]
Days = Annotated[int, Within(1, 3650)]


class Applicability(Document):
    """Which models a policy is for. `any` in a list stands for every value.

    Attributes:
        tiers: Risk tiers, 1 is the gravest.
        jurisdictions: `us`, `us-ma`, `eu`, … A model must be covered in each of its jurisdictions.
        tasks: What models predict: one of two classes, one of several, or a number.
        purposes: Domains such as `consumer_credit`.
    """

    tiers: tuple[Tier, ...] = Field(min_length=1)
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = Field(min_length=1)
    purposes: tuple[Domain, ...] = Field(min_length=1)

    @field_validator("tiers", "jurisdictions", "tasks", "purposes")
    @classmethod
    def _named_once(cls, names: tuple[object, ...]) -> tuple[object, ...]:
        listed = [str(name) for name in names]
        _refuse_duplicates("entry", listed)
        if ANY in listed and len(listed) > 1:
            raise PydanticCustomError(
                "any_and_more",
                "'any' stands for every value, so it stands alone; also listed: {names}",
                {"names": ", ".join(name for name in listed if name != ANY)},
            )
        return names


class Evaluation(Document):
    """How numbers become verdicts.

    Attributes:
        confidence: Of every interval, and one minus the family-wise level of every test.
        min_group_share: Groups with a smaller share of the rows may fail but do not block a pass.
        replicates: Of the count bootstrap.
        seed: Of the count bootstrap and of the folds of the proxy check.
        without_sensitive_features: Verdict of the bias checks when nobody declared a sensitive
            feature.
    """

    confidence: Annotated[float, Within(0.8, 0.999)] = 0.95
    min_group_share: Annotated[float, Within(0.001, 0.1)] = 0.02
    replicates: Annotated[int, Within(200, 20_000)] = 2_000
    seed: Annotated[int, Within(0, 2**31)] = 17
    without_sensitive_features: Literal["insufficient_evidence", "not_applicable"] = (
        "insufficient_evidence"
    )


class Stage(Document):
    """One step of the approval; `quorum` different people of `role` sign it.

    Attributes:
        name: What the step is called; once in a policy.
        role: Role that its signers hold in the project.
        quorum: How many different people sign. Nobody signs two steps of one request.
        tiers: Risk tiers that take this step. Without it every tier of the policy does.
    """

    name: Name
    role: ReviewRole
    quorum: Annotated[int, Within(1, 5)] = 1
    tiers: tuple[Tier, ...] | None = Field(default=None, min_length=1)

    def is_for(self, tier: int) -> bool:
        """Whether a model of this tier takes the step."""
        return self.tiers is None or tier in self.tiers


def _later(default: Any) -> Any:
    """A field younger than the first policies, which keep their digest: a default is left out."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Approval(Document):
    """Who signs, for how long it holds, and how old the evidence may be when they sign.

    Attributes:
        stages: Steps in the order in which they are taken.
        validity_days: After so many days an approval ends and the version is judged again.
        gate_age_days: Older gate results than this are not signed.
        escalate_days: After so many days everybody who could sign is told that a request waits.
        lapse_days: After so many days a request is closed undecided. It is never approved by time.
        blocking_severity: Findings from this severity on block signatures, deployments and
            reinstatements while they are neither closed nor accepted.
    """

    stages: tuple[Stage, ...] = Field(min_length=1)
    validity_days: Days
    gate_age_days: Days
    escalate_days: Days | None = _later(None)
    lapse_days: Days | None = _later(None)
    blocking_severity: BlockingSeverity = _later("high")

    @field_validator("stages")
    @classmethod
    def _named_once(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        _refuse_duplicates("stage", [stage.name for stage in stages])
        return stages

    @model_validator(mode="after")
    def _told_before_it_ends(self) -> "Approval":
        if (
            self.escalate_days is not None
            and self.lapse_days is not None
            and self.lapse_days <= self.escalate_days
        ):
            raise PydanticCustomError(
                "wrong_order",
                "lapse_days ({lapse}) must be more than escalate_days ({escalate})",
                {"lapse": self.lapse_days, "escalate": self.escalate_days},
            )
        return self


class WaiverRules(Document):
    """The way out of `insufficient_evidence`: two different people, for a limited time.

    A `fail` or an `error` has no way out.

    Attributes:
        roles: One person of the first role and another one of the second.
        max_days: Longest time for which a waiver may be given.
        requires_monitor: Whether a waiver has to name what is watched meanwhile.
    """

    roles: tuple[ReviewRole, ReviewRole]
    max_days: Days
    requires_monitor: StrictBool = True

    @field_validator("roles")
    @classmethod
    def _two_roles(cls, roles: tuple[ReviewRole, ReviewRole]) -> tuple[ReviewRole, ReviewRole]:
        _refuse_duplicates("role", list(roles))
        return roles


class Decisions(Document):
    """What a person hears about a decision.

    Attributes:
        max_reasons: Principal reasons that are given at most.
        adverse_action_reasons: Whether an unfavourable decision must come with reasons.
        reasons: Raw input column → approved text.
        non_disclosable: Raw input columns that may be used but never given as a reason.
    """

    max_reasons: Annotated[int, Within(1, 4)] = 4
    adverse_action_reasons: StrictBool = False
    reasons: dict[Column, Annotated[str, StringConstraints(min_length=5, max_length=200)]] = Field(
        default_factory=dict
    )
    non_disclosable: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _reasons_are_decided(self) -> "Decisions":
        if self.adverse_action_reasons and not self.reasons:
            raise PydanticCustomError(
                "no_reasons", "adverse_action_reasons is true but no reason text is given"
            )
        both = sorted(set(self.reasons) & set(self.non_disclosable))
        if both:
            raise PydanticCustomError(
                "two_minds",
                "columns {columns} have a reason text and are non_disclosable",
                {"columns": ", ".join(both)},
            )
        return self


class DriftLimits(Document):
    """When a column counts as drifted.

    Attributes:
        tolerance: Population stability that is accepted as no drift at all; the test asks whether
            drift is larger than this.
        psi_warn: Population stability index from which drift is a `warning`.
        psi_alert: Population stability index from which drift is `critical`.
        max_drifted_share: Share of the columns that may drift before the whole table counts.
    """

    tolerance: Annotated[float, Within(0.0001, 0.1)] = 0.005
    psi_warn: Annotated[float, Within(0.01, 1)] = 0.10
    psi_alert: Annotated[float, Within(0.01, 2)] = 0.25
    max_drifted_share: Tolerated = 0.30

    @model_validator(mode="after")
    def _warn_comes_first(self) -> "DriftLimits":
        if self.psi_warn >= self.psi_alert:
            raise PydanticCustomError(
                "wrong_side",
                "psi_warn is {warn} but must be less than psi_alert ({alert})",
                {"warn": f"{self.psi_warn:g}", "alert": f"{self.psi_alert:g}"},
            )
        return self


class AlertRules(Document):
    """From which severity a monitor does something by itself; None: never.

    Attributes:
        alert_from: An alert is opened.
        suspend_from: The version is taken out of service.
        finding_from: A finding is opened with the alert; the owner of the use case owns it.
        finding_due_days: Days that the owner has for such a finding.
    """

    alert_from: Severity = "warning"
    suspend_from: Severity | None = None
    finding_from: Severity | None = _later("critical")
    finding_due_days: Days = _later(14)


class AttestationRule(Document):
    """A statement that somebody has to stand by from time to time while a model is approved.

    Attributes:
        name: What the attestation is called; once in a policy.
        statement: The words that are signed.
        role: Role that its signer holds in the project.
        every_days: Days from the approval, and from one attestation to the next.
        within_days: Days that the signer has for an answer.
    """

    name: Name
    statement: Annotated[str, StringConstraints(min_length=10, max_length=1000)]
    role: ReviewRole
    every_days: Days
    within_days: Annotated[int, Within(1, 365)] = 14


class Monitoring(Document):
    """How a deployed version is watched.

    Attributes:
        schedule: How often a window is closed and examined.
        window_min_rows: Windows with fewer predictions are reported, never judged.
        drift: When a column counts as drifted.
        max_null_increase: Growth of a column's share of missing values that is accepted.
        max_unseen_share: Share of rows with a category that training did not know.
        max_performance_drop: Loss of the primary score against the test rows, once outcomes are in.
        rules: From which severity something happens by itself.
    """

    schedule: Literal["hourly", "daily", "weekly", "monthly"]
    window_min_rows: Annotated[int, Within(30, 10_000_000)] = 200
    drift: DriftLimits = DriftLimits()
    max_null_increase: Tolerated = 0.05
    max_unseen_share: Tolerated = 0.01
    max_performance_drop: Tolerated = 0.05
    rules: AlertRules = AlertRules()


class Retention(Document):
    """How long what was recorded is kept at least.

    Attributes:
        records: Model versions with run, gates, card, signatures and waivers, after retirement.
        predictions: Answers with decision and reasons, after they were given.
        source: Authority of the two, or `[house]` with the reason for them.
    """

    records: RetentionClass
    predictions: RetentionClass
    source: Text


class Policy(Document):
    """What is demanded of a model. Immutable once published; known by its digest.

    Attributes:
        api_version: Version of this language.
        kind: What the document is.
        name: Name of the policy; its versions share it.
        version: A name and version exist once. Raise it to change anything.
        title: What people read.
        as_of: The day on which its sources were last read.
        effective_from: First day on which models are judged under it.
        effective_to: Last such day; without it there is none.
        sources: Law and guidance that it rests on; `[unverified]` marks what was not read in full.
        applies_to: Which models it is for.
        evaluation: How numbers become verdicts.
        gates: The checks, each with its threshold and the authority of it.
        approval: Who signs, and for how long it holds.
        waivers: Who may accept insufficient evidence. Without it nobody may.
        decisions: What a person hears about a decision.
        monitoring: How a deployed version is watched.
        attestations: What people stand by from time to time while a model is approved.
        retention: How long records are kept.
    """

    api_version: Literal["accredit/v1"]
    kind: Literal["policy"]
    name: Name
    version: Annotated[int, Within(1, 1_000_000)]
    title: Text
    as_of: date
    effective_from: date
    effective_to: date | None = None
    sources: tuple[Text, ...] = Field(min_length=1)
    applies_to: Applicability
    evaluation: Evaluation = Evaluation()
    gates: tuple[Check, ...] = Field(min_length=1)
    approval: Approval
    waivers: WaiverRules | None = None
    decisions: Decisions = Decisions()
    monitoring: Monitoring
    attestations: tuple[AttestationRule, ...] = _later(())
    retention: Retention

    def stages_of(self, tier: int) -> tuple[Stage, ...]:
        """Steps that the approval of a model of this tier takes, in order."""
        return tuple(stage for stage in self.approval.stages if stage.is_for(tier))

    @field_validator("gates")
    @classmethod
    def _listed_once(cls, gates: tuple[Check, ...]) -> tuple[Check, ...]:
        _refuse_duplicates("check", [gate.check for gate in gates])
        return gates

    @field_validator("attestations")
    @classmethod
    def _attested_once(cls, rules: tuple[AttestationRule, ...]) -> tuple[AttestationRule, ...]:
        _refuse_duplicates("attestation", [rule.name for rule in rules])
        return rules

    @model_validator(mode="after")
    def _decides_something(self) -> "Policy":
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PydanticCustomError(
                "wrong_order",
                "effective_to ({to}) is before effective_from ({start})",
                {"to": self.effective_to.isoformat(), "start": self.effective_from.isoformat()},
            )
        self._refuse_unsigned_tiers()
        for task in self.applies_to.tasks:
            if not any(gate.required and task in gate.tasks for gate in self.gates):
                raise PydanticCustomError(
                    "undecided_task",
                    "no required check applies to {task} models, although the policy does",
                    {"task": task},
                )
        if self.waivers is None and any(gate.waivable for gate in self.gates):
            raise PydanticCustomError(
                "no_waivers",
                "a gate has waivable: true, but there is no waivers section that "
                "says who may sign them",
            )
        return self

    def _refuse_unsigned_tiers(self) -> None:
        """Refuse a tier that nobody would sign, and a stage for a tier that is not covered."""
        covered = self.applies_to.tiers
        for stage in self.approval.stages:
            strange = sorted(set(stage.tiers or ()) - set(covered))
            if strange:
                raise PydanticCustomError(
                    "strange_tier",
                    "stage '{stage}' is for tier {tiers}, which the policy does not apply to",
                    {"stage": stage.name, "tiers": ", ".join(map(str, strange))},
                )
        unsigned = [str(tier) for tier in covered if not self.stages_of(tier)]
        if unsigned:
            raise PydanticCustomError(
                "unsigned_tier",
                "no stage of approval is for tier {tiers}, although the policy is",
                {"tiers": ", ".join(unsigned)},
            )


def _refuse_duplicates(noun: str, names: list[str]) -> None:
    """Refuse a list that names a thing twice.

    Raises:
        PydanticCustomError: some name occurs more than once.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        entries = [str(at) for at, name in enumerate(names, start=1) if name == twice[0]]
        raise PydanticCustomError(
            "listed_twice",
            "{noun} '{name}' is listed more than once (entries {entries})",
            {"noun": noun, "name": twice[0], "entries": ", ".join(entries)},
        )
