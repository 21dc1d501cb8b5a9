"""The policy document: what is demanded of a model, by whom it is signed, how it is watched.

A policy decides nothing by omission. It has at least one gate, at least one stage of approval, and
for every task it applies to at least one required check; otherwise it is invalid.
"""

from collections import Counter
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from accredit_governance.documents import Document, Name
from accredit_governance.policy.checks import Check
from accredit_governance.policy.demands import Column, Task, Text
from accredit_governance.policy.ranges import Within
from accredit_governance.registry.terms import Domain, Jurisdiction

ReviewRole = Literal["validator", "compliance", "owner"]
Severity = Literal["warning", "critical"]
Tolerated = Annotated[float, Within(0.0001, 1)]
Tier = Annotated[int, Within(1, 4)]
Days = Annotated[int, Within(1, 3650)]


class Applicability(Document):
    """Which models a policy is for. `any` in a list stands for every value.

    Attributes:
        tiers: Risk tiers, 1 is the gravest.
        jurisdictions: `us`, `us-ma`, `eu`, … A model must be covered in each of its jurisdictions.
        purposes: Domains such as `consumer_credit`.
    """

    tiers: tuple[Tier, ...] = Field(min_length=1)
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = Field(min_length=1)
    purposes: tuple[Domain, ...] = Field(min_length=1)


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
    """One step of the approval; `quorum` different people of `role` sign it."""

    name: Name
    role: ReviewRole
    quorum: Annotated[int, Within(1, 5)] = 1


class Approval(Document):
    """Who signs, for how long it holds, and how old the evidence may be when they sign."""

    stages: tuple[Stage, ...] = Field(min_length=1)
    validity_days: Days
    gate_age_days: Days

    @field_validator("stages")
    @classmethod
    def _named_once(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        _refuse_duplicates("stage", [stage.name for stage in stages])
        return stages


class WaiverRules(Document):
    """The way out of `insufficient_evidence`: two different people, for a limited time.

    A `fail` or an `error` has no way out.
    """

    roles: tuple[ReviewRole, ReviewRole]
    max_days: Days
    requires_monitor: StrictBool = True


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
    """

    alert_from: Severity = "warning"
    suspend_from: Severity | None = None


class Monitoring(Document):
    """How a deployed version is watched.

    Attributes:
        schedule: How often a window is closed and examined.
        window_min_rows: Windows with fewer predictions are reported, never judged.
        max_null_increase: Growth of a column's share of missing values that is accepted.
        max_unseen_share: Share of rows with a category that training did not know.
        max_performance_drop: Loss of the primary score against the test rows, once outcomes are in.
    """

    schedule: Literal["hourly", "daily", "weekly", "monthly"]
    window_min_rows: Annotated[int, Within(30, 10_000_000)] = 200
    drift: DriftLimits = DriftLimits()
    max_null_increase: Tolerated = 0.05
    max_unseen_share: Tolerated = 0.01
    max_performance_drop: Tolerated = 0.05
    rules: AlertRules = AlertRules()


class Policy(Document):
    """What is demanded of a model. Immutable once published; known by its digest."""

    api_version: Literal["accredit/v1"]
    kind: Literal["policy"]
    name: Name
    version: Annotated[int, Within(1, 1_000_000)]
    title: Text
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

    @field_validator("gates")
    @classmethod
    def _listed_once(cls, gates: tuple[Check, ...]) -> tuple[Check, ...]:
        _refuse_duplicates("check", [gate.check for gate in gates])
        return gates

    @model_validator(mode="after")
    def _decides_something(self) -> "Policy":
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PydanticCustomError(
                "wrong_order",
                "effective_to ({to}) is before effective_from ({start})",
                {"to": self.effective_to.isoformat(), "start": self.effective_from.isoformat()},
            )
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
