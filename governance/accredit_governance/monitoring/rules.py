"""Drift rules: what a monitor tolerates, warns of and alerts on. Embedded in the policy."""

from typing import Self

from pydantic import Field, model_validator

from accredit_governance.documents import Document


class DriftRules(Document):
    """Limits of one monitor. Shares are in [0, 1]; the defaults are house defaults.

    A column has *drifted* when the two-sample χ² test says that its distribution moved by more than
    `tolerance`; Benjamini-Hochberg over all columns holds false discoveries at `false_discovery`.
    The size of the move (bias-corrected population stability index, PSI) then decides what follows.
    """

    tolerance: float = Field(
        default=0.005, gt=0, le=0.1, description="divergence that is accepted, on the scale of PSI"
    )
    false_discovery: float = Field(
        default=0.01, gt=0, le=0.2, description="expected share of false columns among the flagged"
    )
    psi_warn: float = Field(
        default=0.10, gt=0, le=2, description="PSI from which a drifted column warns"
    )
    psi_alert: float = Field(
        default=0.25, gt=0, le=5, description="PSI from which a drifted column alerts"
    )
    score_psi_warn: float = Field(default=0.10, gt=0, le=2, description="same for the model score")
    score_psi_alert: float = Field(default=0.25, gt=0, le=5, description="same for the model score")
    selection_rate_change: float = Field(
        default=0.05, gt=0, le=1, description="absolute change of the selection rate that warns"
    )
    null_share_increase: float = Field(
        default=0.05, gt=0, le=1, description="absolute growth of the share of missing values"
    )
    unseen_share: float = Field(
        default=0.005, gt=0, le=1, description="share of rows in categories the reference lacks"
    )
    range_breach_share: float = Field(
        default=0.005, gt=0, le=1, description="share of values outside the reference range"
    )
    drifted_share: float = Field(
        default=0.30, gt=0, le=1, description="share of drifted columns that alerts as a whole"
    )
    min_rows: int = Field(default=100, ge=30, description="rows below which nothing is judged")
    repeat_window: int = Field(
        default=3, ge=1, le=20, description="latest windows looked at for small drift that stays"
    )
    repeat_times: int = Field(
        default=2, ge=1, le=20, description="of them this many must have drifted to warn"
    )
    attribution_low: float = Field(
        default=0.01, ge=0, le=1, description="below this share of attribution, alert → warning"
    )
    attribution_high: float = Field(
        default=0.25, ge=0, le=1, description="from this share of attribution, warning → alert"
    )
    performance_drop: float = Field(
        default=0.05, gt=0, le=1, description="fall of a realised metric below its reference"
    )
    min_outcomes: int = Field(
        default=100, ge=30, description="outcomes a cohort needs to be judged"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.psi_warn > self.psi_alert or self.score_psi_warn > self.score_psi_alert:
            raise ValueError("a PSI limit that warns must not exceed the one that alerts")
        if self.repeat_times > self.repeat_window:
            raise ValueError("repeat_times must not exceed repeat_window")
        if self.attribution_low > self.attribution_high:
            raise ValueError("attribution_low must not exceed attribution_high")
        return self
