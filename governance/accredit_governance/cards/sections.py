"""Sections of a model card. Every figure names its evidence: a check key or a place in a record.

Fields marked `PERSON` are written by people; a computer must not fill them.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from accredit_governance.documents import Digest, Document
from accredit_governance.gates.results import Interval, Verdict
from accredit_governance.monitoring.rules import DriftRules

PERSON: Final[dict[str, Any]] = {"written_by": "person", "demanded": True}  # JSON Schema extras
PERSON_OPTIONAL: Final[dict[str, Any]] = {"written_by": "person", "demanded": False}

MAX_CATEGORIES_SHOWN: Final = 20


class Identity(Document):
    """What the card is about, down to the bytes."""

    model: str
    title: str | None = None
    version: int = Field(ge=1)
    model_id: UUID
    version_id: UUID
    run_id: UUID
    dataset_id: UUID | None = None
    bundle_digest: Digest
    dataset_digest: Digest
    run_digest: Digest
    made_at: datetime | None = Field(default=None, description="when the version was registered")


class Purpose(Document):
    """What the model is for, who answers for it, and what it must not be used for."""

    use_case: str
    purpose: str = Field(default="", json_schema_extra=PERSON)
    prohibited_uses: tuple[str, ...] = Field(default=(), json_schema_extra=PERSON)
    owner: str = Field(default="", json_schema_extra=PERSON, description="who is answerable")
    risk_tier: str
    domain: str | None = None
    ai_act_class: str | None = None
    assessed_by_rule: str | None = Field(
        default=None, description="questionnaire and rule that tier and class come from"
    )
    assessment_approved_by: str | None = None
    jurisdictions: tuple[str, ...] = ()


class Statements(Document):
    """What people say about the model. Required ones that are empty block its promotion."""

    limitations: str = Field(default="", json_schema_extra=PERSON)
    oversight: str = Field(
        default="",
        json_schema_extra=PERSON,
        description="who may overrule the model, and how a person concerned can object",
    )
    choice_rationale: str = Field(
        default="",
        json_schema_extra=PERSON_OPTIONAL,
        description="why this model and not a simpler one",
    )
    fairness_rationale: str = Field(
        default="",
        json_schema_extra=PERSON_OPTIONAL,
        description="why these comparisons of groups are the right ones",
    )
    ethical_considerations: str = Field(default="", json_schema_extra=PERSON_OPTIONAL)
    author: str | None = None
    written_at: datetime | None = None


class ColumnFacts(Document):
    """One column of the training data as it was seen, or why it is no input."""

    name: str
    kind: str
    role: str = Field(description="`input`, `target`, `sensitive` or `left_out`")
    missing_share: float | None = Field(default=None, ge=0, le=1)
    distinct: int | None = Field(default=None, ge=0)
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = Field(default=(), max_length=MAX_CATEGORIES_SHOWN)
    categories_total: int | None = Field(default=None, ge=0)
    reason: str | None = Field(default=None, description="why it is no input")


class FindingFacts(Document):
    """Something about the data that a reader should know."""

    code: str
    severity: str
    column: str | None = None
    message: str
    numbers: dict[str, float | str] = Field(default_factory=dict)
    remedy: str | None = None


class TrainingData(Document):
    """The rows that the model learnt from and was judged on."""

    name: str
    version: int = Field(ge=1)
    content_digest: Digest
    rows: int = Field(ge=0)
    rows_train: int | None = Field(default=None, ge=0)
    rows_test: int | None = Field(default=None, ge=0)
    target: str
    favourable: str | None = None
    columns: tuple[ColumnFacts, ...]
    findings: tuple[FindingFacts, ...] = ()
    evidence: str

    @property
    def left_out(self) -> tuple[ColumnFacts, ...]:
        """Columns that are no inputs for a stated reason."""
        return tuple(c for c in self.columns if c.reason is not None)


class Member(Document):
    """One model inside the blend."""

    name: str
    family: str
    weight: float = Field(ge=0, le=1)
    params: dict[str, Any] = Field(default_factory=dict)  # each family has its own parameters


class Candidate(Document):
    """One row of the leaderboard."""

    rank: int = Field(ge=1)
    trial: str
    family: str
    score: float | None
    score_std: float | None = Field(default=None, ge=0, description="over the folds")


class Method(Document):
    """How the model was found."""

    task: str
    metric: str
    budget_s: float | None = Field(default=None, ge=0)
    seed: int | None = None
    families: tuple[str, ...] = ()
    trials: int = Field(default=0, ge=0)
    trials_failed: int = Field(default=0, ge=0)
    members: tuple[Member, ...] = ()
    leaderboard: tuple[Candidate, ...] = ()
    score_of_blend: float | None = None
    folds: str | None = None
    mitigation: str | None = None
    mitigation_reason: str | None = None
    alternatives: str | None = None
    threshold: float | None = None
    threshold_rule: str | None = None
    versions: dict[str, str] = Field(default_factory=dict, description="library → version")
    evidence: str


class Metric(Document):
    """One figure of quality with what it rests on."""

    name: str
    value: float | None
    interval: Interval | None = None
    n: int | None = Field(default=None, ge=0)
    evidence: str


class CalibrationPoint(Document):
    """Mean predicted against observed share in one bin of scores."""

    predicted: float = Field(ge=0, le=1)
    observed: float = Field(ge=0, le=1)
    n: int = Field(ge=0)


class Performance(Document):
    """Quality on rows that the search never saw."""

    metrics: tuple[Metric, ...] = ()
    calibration: tuple[CalibrationPoint, ...] = ()
    calibration_evidence: str | None = None


class GroupRow(Document):
    """One group of people in one comparison."""

    group: str
    n: int | None = Field(default=None, ge=0, description="rows that the value rests on")
    value: float | None
    low: float | None = None
    high: float | None = None
    compared: float | None = Field(default=None, description="ratio or gap to the reference group")
    more_rows: int | None = Field(default=None, ge=0, description="rows missing for a pass")
    note: str | None = None


class GroupTable(Document):
    """One statistic, group by group; `evidence` is the key of the check that decided on it."""

    check: str
    subject: str
    statistic: str
    comparison: str | None = Field(default=None, description="`ratio` or `gap` to the reference")
    reference: str | None = None
    direction: str
    threshold: float | None
    verdict: Verdict
    rows: tuple[GroupRow, ...] = Field(min_length=1)
    evidence: str


class Attribution(Document):
    """How much one raw column moves the score."""

    column: str
    mean_abs: float = Field(ge=0)
    share: float = Field(ge=0, le=1)


class Explanation(Document):
    """What drives the model, summed to raw columns, the strongest first."""

    method: str
    background: str
    scale: str = "margin"
    ranking: tuple[Attribution, ...] = ()
    evidence: str


class Limit(Document):
    """One limit in measured terms."""

    subject: str
    sentence: str
    evidence: str


class Obligation(Document):
    """What two people undertook when they accepted too little evidence."""

    check: str
    text: str
    reason: str = ""
    until: date | None = None


class UnclosedFinding(Document):
    """Something wrong with the version or its use case that was not closed when the card was made.

    Attributes:
        state: `open`, `in_remediation`, `remediated`, or `risk_accepted` by two people.
    """

    title: str
    severity: str
    state: str
    due_on: date


class MonitoringPlan(Document):
    """How the version is watched once it serves."""

    schedule: str
    rules: DriftRules = DriftRules()
    reference: str = "test rows of this version"
    reference_digest: Digest | None = None
    outcome_delay_days: int | None = Field(default=None, ge=0)
    obligations: tuple[Obligation, ...] = ()
    findings: tuple[UnclosedFinding, ...] = ()


class LineageStep(Document):
    """One link from the data to the version."""

    noun: str
    name: str
    content_digest: Digest


class FigureChange(Document):
    """One figure of the previous version beside this one."""

    name: str
    before: float | None
    after: float | None


class Change(Document):
    """What differs from the previous version."""

    previous_version: int = Field(ge=1)
    previous_digest: Digest
    figures: tuple[FigureChange, ...] = ()
    notes: tuple[str, ...] = ()


class Reproduction(Document):
    """What to run again, and what must come out."""

    settings: dict[str, Any] = Field(default_factory=dict)  # the run's own settings, as recorded
    seed: int | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    expected_digest: Digest
