"""The questionnaire: data that hangs together, and answers that leave nothing out."""

import pytest

from accredit_governance.errors import InvalidInput
from accredit_governance.intake.questionnaire import QUESTIONS, VERSION, check_answers
from tests.governance.office import ANSWERS


def test_questions_and_their_choices_have_names_of_their_own() -> None:
    assert VERSION == "materiality-1"
    assert len({question.key for question in QUESTIONS}) == len(QUESTIONS) > 8
    for question in QUESTIONS:
        assert len({choice.key for choice in question.choices}) == len(question.choices) > 1


def test_complete_answers_come_back_in_the_order_of_the_questions() -> None:
    shuffled = dict(reversed(ANSWERS.items()))

    assert list(check_answers(shuffled)) == [question.key for question in QUESTIONS]


@pytest.mark.parametrize("key", [question.key for question in QUESTIONS])
@pytest.mark.parametrize("left", [None, ""], ids=["missing", "empty"])
def test_an_open_question_is_never_taken_for_granted(key: str, left: str | None) -> None:
    answers = {k: v for k, v in ANSWERS.items() if k != key}
    if left is not None:
        answers[key] = left

    with pytest.raises(InvalidInput, match=f"{key} is not answered") as caught:
        check_answers(answers)

    assert [p["pointer"] for p in caught.value.problems] == [f"/answers/{key}"]


@pytest.mark.parametrize("key", [question.key for question in QUESTIONS])
def test_an_answer_that_is_no_choice_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match=f"{key} is one of"):
        check_answers({**ANSWERS, key: "perhaps"})


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is no question 'mood'"):
        check_answers({**ANSWERS, "mood": "good"})


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_answers({"mood": "good", "effect": "perhaps"})

    assert len(caught.value.problems) == len(QUESTIONS) + 1
