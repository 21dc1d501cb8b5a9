"""What a run may be asked for by name is what the engine offers."""

from typing import get_args

import pytest
from pydantic import ValidationError

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.evaluation.metrics import metric_names
from accredit_engine.families.family import TRAITS
from accredit_engine.search.sampler import SamplerName
from accredit_governance.registry.choices import (
    INTERPRETABLE,
    METRICS,
    ColumnKind,
    Family,
    Sampler,
)
from accredit_governance.registry.terms import RunSpec


def test_the_metrics_are_those_of_the_engine() -> None:
    assert {task: set(names) for task, names in METRICS.items()} == {
        task.value: set(metric_names(task)) for task in Task
    }


def test_the_families_are_those_whose_attributions_are_exact() -> None:
    exact = {name.value for name, traits in TRAITS.items() if traits.exact}

    assert set(get_args(Family)) == exact
    assert {name.value for name, traits in TRAITS.items() if traits.interpretable} == INTERPRETABLE


def test_samplers_and_kinds_are_those_of_the_engine() -> None:
    assert set(get_args(Sampler)) == {name.value for name in SamplerName}
    assert set(get_args(ColumnKind)) == {kind.value for kind in Kind}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"families": ["oracle"]}, id="no such family"),
        pytest.param({"families": ["neural"]}, id="family with sampled attributions"),
        pytest.param({"families": []}, id="no family at all"),
        pytest.param({"sampler": "luck"}, id="sampler"),
        pytest.param({"monotone": {"income": 2}}, id="direction"),
        pytest.param({"class_weight": "heavy"}, id="class weight"),
        pytest.param({"column_kinds": {"income": "liquid"}}, id="kind"),
        pytest.param({"interpretable": True, "families": ["forest"]}, id="no glass box"),
        pytest.param(
            {"class_weight": "balanced", "mitigation": {"sensitive_feature": "race"}},
            id="two weights",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_refused_at_the_request(spec: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RunSpec.model_validate(spec)


def test_a_spec_outlives_its_storage() -> None:
    spec = RunSpec(
        families=("linear", "scorecard"),
        interpretable=True,
        sampler="random",
        groups="customer",
        time="opened",
        monotone={"income": 1, "debt": -1},
        class_weight="balanced",
    )

    assert RunSpec.model_validate(spec.model_dump(mode="json")) == spec
