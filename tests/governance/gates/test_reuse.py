"""A kept probe answers again only where it would be asked in the same way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from accredit_governance.gates.probes import Champion, Perturbations, Probes, Replay
from accredit_governance.gates.reuse import PROBE_NAMES, merged, reusable
from accredit_governance.policy.document import Policy

NOBODY = Champion("", np.arange(0), 0, None)
THIRD = Champion("credit version 3", np.arange(2), 1, None)
DISTURBED = Perturbations(np.arange(2), ())
KEPT = Probes(
    champion=THIRD,
    perturbations=DISTURBED,
    replay=Replay(3, 0.0, (), {}),
    failed={"backgrounds": "x"},
)

Demand = Callable[..., Policy]


@pytest.fixture
def robust(demand: Demand) -> Policy:
    return demand("robustness", max=0.1)


def again(
    policy: Policy,
    under: Policy,
    *,
    champion: str | None = "credit version 3",
    broken: tuple[str, ...] = (),
) -> Probes:
    return reusable(KEPT, asked_under=under, policy=policy, champion=champion, broken=broken)


def test_the_same_policy_asks_nothing_again(robust: Policy) -> None:
    found = again(robust, robust)

    assert (found.champion, found.perturbations) == (THIRD, DISTURBED)
    assert found.failed == {}, "what failed then is not known now"


@pytest.mark.parametrize(
    "judging",
    [
        pytest.param({"max": 0.02}, id="limit"),
        pytest.param({"warn": 0.01}, id="warning"),
        pytest.param({"waivable": True}, id="waivable"),
        pytest.param({"source": "[house] another reason"}, id="authority"),
    ],
)
def test_a_draft_that_judges_otherwise_asks_nothing_again(
    robust: Policy, demand: Demand, judging: dict[str, Any]
) -> None:
    draft = demand("robustness", **{"max": 0.1, **judging})

    assert again(draft, robust).perturbations is DISTURBED


def test_a_draft_that_asks_otherwise_asks_again(robust: Policy, demand: Demand) -> None:
    louder = demand("robustness", max=0.1, noise=0.3)

    found = again(louder, robust)

    assert found.perturbations is None
    assert found.replay is KEPT.replay, "what it does not change stays"


def test_another_seed_or_other_reason_texts_ask_everything_again(robust: Policy) -> None:
    seed = robust.evaluation.model_copy(update={"seed": robust.evaluation.seed + 1})
    texts = robust.decisions.model_copy(update={"non_disclosable": ("postcode",)})

    for draft in (
        robust.model_copy(update={"evaluation": seed}),
        robust.model_copy(update={"decisions": texts}),
    ):
        found = again(draft, robust)
        assert all(getattr(found, name) is None for name in PROBE_NAMES)


def test_what_was_asked_under_no_demand_is_asked_again_under_one(
    robust: Policy, demand: Demand
) -> None:
    assert again(robust, demand("holdout_size", min_rows=30)).perturbations is None


def test_a_probe_of_a_check_that_ended_in_an_error_is_asked_again(robust: Policy) -> None:
    assert again(robust, robust, broken=("performance.robustness",)).perturbations is None
    assert again(robust, robust, broken=("performance.discrimination",)).perturbations is DISTURBED


@pytest.mark.parametrize(
    ("kept", "now", "stays"),
    [
        pytest.param(THIRD, "credit version 3", True, id="the same"),
        pytest.param(THIRD, "credit version 4", False, id="another"),
        pytest.param(THIRD, None, False, id="gone"),
        pytest.param(NOBODY, None, True, id="still none"),
        pytest.param(NOBODY, "credit version 3", False, id="the first"),
    ],
)
def test_the_champion_is_asked_again_when_it_is_another_one(
    robust: Policy, kept: Champion, now: str | None, stays: bool
) -> None:
    found = reusable(
        replace(KEPT, champion=kept), asked_under=robust, policy=robust, champion=now, broken=()
    )

    assert (found.champion is kept) == stays


@pytest.mark.parametrize(
    ("kept", "stays"),
    [
        pytest.param(Replay(3, 0.0, (), {}), True, id="the same"),
        pytest.param(Replay(3, 0.0, ("tree.json",), {}), True, id="the same answers"),
        pytest.param(Replay(3, 1e-9, (), {}), False, id="other answers"),
        pytest.param(Replay(3, float("nan"), (), {}), False, id="no answers"),
        pytest.param(Replay(3, 0.0, (), {"numpy": "2.0, 2.1"}), False, id="other packages"),
    ],
)
def test_a_replay_is_asked_again_unless_it_came_out_the_same(
    robust: Policy, kept: Replay, *, stays: bool
) -> None:
    found = reusable(
        replace(KEPT, replay=kept),
        asked_under=robust,
        policy=robust,
        champion="credit version 3",
        broken=(),
    )

    assert (found.replay is kept) == stays


def test_of_two_sets_of_probes_the_first_goes_before() -> None:
    first, second = Probes(champion=NOBODY), Probes(champion=THIRD, perturbations=DISTURBED)

    found = merged(first, second)

    assert (found.champion, found.perturbations, found.replay) == (NOBODY, DISTURBED, None)
