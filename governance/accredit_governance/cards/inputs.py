"""What a card is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.reading import Record
from accredit_governance.cards.sections import Identity, MonitoringPlan, Purpose, Statements
from accredit_governance.gates.results import GateReport


@dataclass(frozen=True, slots=True, kw_only=True)
class CardInputs:
    """Everything `build_card` may look at.

    Attributes:
        identity: the version and its digests.
        purpose: what people wrote about the use case.
        statements: what people wrote about the version.
        dataset_name: name of the dataset.
        dataset_version: number of the dataset version.
        profile: profile of the dataset version (`rows`, `columns`).
        run: record of the run as plain JSON (settings, trials, blend, findings, versions, …).
        contract: contract of the bundle as plain JSON (columns with ranges, target, threshold).
        gates: results of the gates.
        attribution: raw column → mean |attribution| on the margin scale.
        explanation_method: how attributions were computed.
        explanation_background: what they are measured against.
        monitoring: how the version will be watched.
        rows_test: rows that the version was judged on.
        previous: card of the previous version of the same model.
    """

    identity: Identity
    purpose: Purpose
    statements: Statements
    dataset_name: str
    dataset_version: int
    profile: Record
    run: Record
    contract: Record
    gates: GateReport
    monitoring: MonitoringPlan
    attribution: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    explanation_method: str = "exact attributions of every member, summed to raw columns"
    explanation_background: str = "training rows"
    rows_test: int | None = None
    previous: ModelCard | None = None
