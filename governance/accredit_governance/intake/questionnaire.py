"""The materiality questionnaire: questions as data, and answers that leave none of them out.

A change of a question, a choice or a grade makes a new version: approved assessments keep the
version they were made under.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput

VERSION: Final = "materiality-1"


class Choice(Document):
    """One answer that may be given. `grade` says how grave it is, from 1, where that counts."""

    key: str
    words: str
    grade: int = 1


class Question(Document):
    """What is asked, with every answer that there is; the gravest comes last where graded."""

    key: str
    words: str
    hint: str = ""
    choices: tuple[Choice, ...]

    def choice(self, key: str) -> Choice:
        """The choice of that name.

        Raises:
            KeyError: there is none.
        """
        return {choice.key: choice for choice in self.choices}[key]


def _graded(*choices: tuple[str, str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(key=key, words=words, grade=grade)
        for grade, (key, words) in enumerate(choices, start=1)
    )


def _named(*choices: tuple[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(key=key, words=words) for key, words in choices)


YES_NO: Final = _graded(("no", "No"), ("yes", "Yes"))

QUESTIONS: Final[tuple[Question, ...]] = (
    Question(
        key="exposure",
        words="How much is at stake in a year if the model is wrong?",
        hint="Money, contracts or service, measured against the business line.",
        choices=_graded(
            ("negligible", "Hardly anything"),
            ("moderate", "A loss that the business line notices"),
            ("large", "A loss that the organisation reports"),
            ("critical", "A loss that endangers the organisation"),
        ),
    ),
    Question(
        key="people",
        words="How many people do its answers concern in a year?",
        choices=_graded(
            ("none", "Nobody: things, not people"),
            ("hundreds", "Up to 1,000"),
            ("thousands", "Up to 100,000"),
            ("masses", "More than 100,000"),
        ),
    ),
    Question(
        key="effect",
        words="What can an answer do to a person?",
        choices=_graded(
            ("none", "Nothing that a person would notice"),
            ("minor", "A nuisance that is soon over"),
            ("significant", "It opens or closes credit, work, housing, schooling or insurance"),
            ("vital", "It touches health, liberty, or the means to live"),
        ),
    ),
    Question(
        key="reversibility",
        words="Can what an answer brought about be undone?",
        choices=_graded(
            ("easily", "At once and wholly"),
            ("with_effort", "With effort, or only in part"),
            ("hardly", "Hardly, or not at all"),
        ),
    ),
    Question(
        key="autonomy",
        words="What happens with an answer?",
        choices=_graded(
            ("prepares", "It prepares a narrow step; what people decide does not rest on it"),
            ("recommends", "A person decides with the answer before them"),
            ("decides", "It takes effect without a person looking at the case"),
        ),
    ),
    Question(
        key="vulnerable",
        words="Are there children, patients, debtors or others who cannot defend themselves?",
        choices=YES_NO,
    ),
    Question(
        key="opaque",
        words="Is the model, or its training, somebody else's and closed to us?",
        hint="A vendor's model counts, and so does one behind an endpoint.",
        choices=YES_NO,
    ),
    Question(
        key="profiling",
        words="Does it judge traits or conduct of natural persons from their data?",
        hint="Profiling in the sense of Article 4(4) of Regulation (EU) 2016/679.",
        choices=YES_NO,
    ),
    Question(
        key="transparency",
        words="Do people talk with it, or does it make text, pictures or sound?",
        hint="Article 50 of Regulation (EU) 2024/1689.",
        choices=YES_NO,
    ),
    Question(
        key="area",
        words="In which area of Annex III of Regulation (EU) 2024/1689 does it work?",
        hint="Asked everywhere, so that the class is known before a model crosses a border.",
        choices=_named(
            ("none", "In none of them"),
            ("biometrics", "1. Biometrics"),
            ("critical_infrastructure", "2. Critical infrastructure"),
            ("education", "3. Education and vocational training"),
            ("employment", "4. Employment and the management of workers"),
            ("essential_services", "5. Essential services, credit scoring, life and health cover"),
            ("law_enforcement", "6. Law enforcement"),
            ("migration", "7. Migration, asylum and border control"),
            ("justice", "8. Justice and democratic processes"),
        ),
    ),
    Question(
        key="prohibited",
        words="Does it do anything that Article 5 of that regulation prohibits?",
        choices=_named(
            ("no", "No"),
            ("manipulation", "It manipulates or deceives people to their harm"),
            ("exploitation", "It exploits age, disability or social situation"),
            ("social_scoring", "It scores people for their conduct, to their detriment elsewhere"),
            ("crime_prediction", "It predicts crimes of a person from profiling alone"),
            ("face_scraping", "It gathers faces from the net or from cameras without a target"),
            ("emotions", "It reads emotions at work or at school"),
            ("biometric_traits", "It infers race, belief or orientation from biometrics"),
            ("remote_identification", "It identifies people remotely in public in real time"),
        ),
    ),
)

BY_KEY: Final[Mapping[str, Question]] = MappingProxyType({q.key: q for q in QUESTIONS})


def check_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers in the order of the questions, one for each.

    Raises:
        InvalidInput: a question is open, unknown, or answered with what is no choice. Nothing is
            taken for granted.
    """
    problems = [*_unanswered(answers), *_unknown(answers)]
    if problems:
        raise InvalidInput(
            "the questionnaire is incomplete or wrong: " + "; ".join(p["detail"] for p in problems),
            problems,
        )
    return {question.key: answers[question.key] for question in QUESTIONS}


def _unanswered(answers: Mapping[str, str]) -> Sequence[dict[str, str]]:
    return [
        {"pointer": f"/answers/{question.key}", "detail": f"{question.key} is not answered"}
        for question in QUESTIONS
        if not answers.get(question.key)
    ]


def _unknown(answers: Mapping[str, str]) -> Sequence[dict[str, str]]:
    found = []
    for key, value in answers.items():
        if key not in BY_KEY:
            found.append({"pointer": "/answers", "detail": f"there is no question {key[:63]!r}"})
        elif value and value not in (known := [choice.key for choice in BY_KEY[key].choices]):
            detail = f"{key} is one of {', '.join(known)}"
            found.append({"pointer": f"/answers/{key}", "detail": detail})
    return found
