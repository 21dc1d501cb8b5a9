"""Boosted stumps by LightGBM: a sum of one step function per entry, monotone where asked.

Trees of one split cannot let entries interact, so the model is a generalised additive model (Lou
et al. 2012) and each entry's part of a score can be drawn as one curve.
"""

from collections.abc import Mapping, Sequence

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.families.booster import BoosterMember, mean_booster
from accredit_engine.families.boosting import chosen_objective, shared_settings, train_booster
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.features.plan import PlanName


class AdditiveFamily:
    """Trains stumps."""

    name = FamilyName.ADDITIVE
    plan = PlanName.BOOSTING
    traits = TRAITS[FamilyName.ADDITIVE]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Coarse bins, so that curves are smooth enough to be read."""
        del task
        return {
            "learning_rate": 0.1 if rows < 5_000 else 0.3,
            "leaf_rows": 10 if rows < 2_000 else 40,
            "entries": 0.7,
            "l2": 1.0,
            "max_bin": 63,
        }

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed, smoothness and penalty."""
        del task
        return {
            "learning_rate": FloatDistribution(0.03, 0.5, log=True),
            "leaf_rows": IntDistribution(5, max(30, min(200, rows // 20)), log=True),
            "entries": FloatDistribution(0.3, 1.0),
            "l2": FloatDistribution(1e-2, 100.0, log=True),
            "max_bin": IntDistribution(15, 255, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[BoosterMember, Params]:
        """Fit for `rounds` of the params, or until the held rows stop improving."""
        # Without interactions by nature, so any interaction constraint holds.
        training.refuse_constraints(self.name, monotone=False, interactions=False)
        settings = shared_settings(training)
        settings.pop("interaction_constraints", None)
        settings |= {
            "learning_rate": params["learning_rate"],
            "num_leaves": 2,
            "max_depth": 1,
            "min_child_samples": params["leaf_rows"],
            "feature_fraction": params["entries"],
            "lambda_l2": params["l2"],
            "max_bin": int(params["max_bin"]),
        }
        objective = chosen_objective(training, {})
        member, rounds = train_booster(training, self.name, settings, objective, params)
        return member, {**params, "rounds": rounds}

    def merged(self, members: Sequence[BoosterMember]) -> BoosterMember:
        """All stumps in one booster."""
        return mean_booster(members)
