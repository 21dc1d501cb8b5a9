"""The card document: closed, canonical, and honest about what people have not written."""

import math
from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from accredit_governance.cards.build import build_card
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.render import render_html
from accredit_governance.cards.sections import Obligation, Purpose, Statements
from accredit_governance.gates.results import CheckResult, GateReport, Verdict

from .conftest import check, digest, made_inputs


def with_results(*results: CheckResult) -> CardInputs:
    report = GateReport(policy="p", policy_version=1, policy_digest=digest("a"), results=results)
    return made_inputs(gates=report)


def test_a_card_is_the_same_document_again(card: ModelCard) -> None:
    again = ModelCard.model_validate_json(card.canonical())

    assert again == card
    assert again.digest() == card.digest()


def test_the_same_inputs_make_the_same_card(inputs: CardInputs) -> None:
    assert build_card(inputs).digest() == build_card(inputs).digest()


def test_a_card_is_closed(card: ModelCard) -> None:
    with pytest.raises(ValidationError):
        ModelCard.model_validate({**card.model_dump(), "approved": True})


def test_a_complete_card_misses_nothing(card: ModelCard) -> None:
    assert card.missing_fields() == ()


def test_required_fields_that_are_empty_are_listed(inputs: CardInputs) -> None:
    card = build_card(
        replace(
            inputs,
            purpose=Purpose(use_case="u", risk_tier="1", prohibited_uses=("  ",), owner=" "),
            statements=Statements(),
        )
    )

    assert card.missing_fields() == (
        "/purpose/purpose",
        "/purpose/prohibited_uses",
        "/purpose/owner",
        "/statements/limitations",
        "/statements/oversight",
    )


def test_the_schema_says_what_people_write() -> None:
    fields = ModelCard.model_json_schema()["$defs"]["Statements"]["properties"]

    assert fields["limitations"]["written_by"] == "person"
    assert fields["limitations"]["demanded"] is True
    assert fields["ethical_considerations"]["demanded"] is False
    assert "written_by" not in fields["author"]


@pytest.mark.parametrize(
    ("verdicts", "standing"),
    [
        pytest.param([Verdict.PASS], Verdict.PASS, id="pass"),
        pytest.param([Verdict.PASS, Verdict.WARN], Verdict.WARN, id="warn"),
        pytest.param(
            [Verdict.WARN, Verdict.INSUFFICIENT_EVIDENCE],
            Verdict.INSUFFICIENT_EVIDENCE,
            id="too little evidence",
        ),
        pytest.param([Verdict.INSUFFICIENT_EVIDENCE, Verdict.FAIL], Verdict.FAIL, id="fail"),
        pytest.param([Verdict.FAIL, Verdict.ERROR], Verdict.ERROR, id="error"),
        pytest.param([Verdict.NOT_APPLICABLE], Verdict.INSUFFICIENT_EVIDENCE, id="nothing applies"),
    ],
)
def test_the_standing_is_the_gravest_required_verdict(
    verdicts: list[Verdict], standing: Verdict
) -> None:
    results = [check(f"g.c{i}", v, 0.5) for i, v in enumerate(verdicts)]

    assert build_card(with_results(*results)).standing is standing


def test_checks_that_are_not_required_do_not_decide() -> None:
    card = build_card(with_results(check("g.c", Verdict.FAIL, 0.5, required=False)))

    assert card.standing is Verdict.INSUFFICIENT_EVIDENCE
    assert card.blocking == ()


def test_nothing_that_is_no_number_gets_into_a_card(inputs: CardInputs) -> None:
    result = check(
        "bias.ratio:sex",
        Verdict.PASS,
        0.9,
        details={"groups": [{"group": "f", "rate": math.nan, "n": 3}], "noise": math.inf},
    )
    dirty = replace(
        with_results(result),
        attribution={"a": math.nan, "b": 2.0, "c": -1.0},
        run={**inputs.run, "settings": {"x": math.nan, "y": (1, 2)}},
    )

    card = build_card(dirty)

    assert b"NaN" not in card.canonical()
    assert card.gates[0].details == {
        "groups": [{"group": "f", "rate": None, "n": 3}],
        "noise": None,
    }
    assert [a.column for a in card.explanation.ranking] == ["b"]
    assert card.reproduction.settings == {"x": None, "y": [1, 2]}


def test_a_waived_check_is_told_as_waived_and_not_as_an_obstacle() -> None:
    open_result = check("bias.gap", Verdict.INSUFFICIENT_EVIDENCE, 0.1)
    card = build_card(with_results(open_result))
    obligation = Obligation(check="bias.gap", text="Recompute weekly.", until=date(2027, 2, 1))
    plan = card.monitoring.model_copy(update={"obligations": (obligation,)})

    waived = card.model_copy(update={"monitoring": plan})

    assert card.blocking == (open_result,)
    assert (waived.blocking, waived.standing) == ((), Verdict.WARN)
    page = render_html(waived)
    assert "What stands in the way" not in page
    assert "Recompute weekly." in page
