"""The rule `materiality-1`: answers to a risk tier and an AI-Act class, each with its reasons.

1. Exposure is the graver of what is at stake and how many people are concerned; purpose is what an
   answer can do to a person. Materiality is exposure × purpose (SR 26-2), read from one table.
2. Two or more aggravations (hard to undo, no person in between, people who cannot defend
   themselves, a closed model) make the tier one step graver.
3. What Article 5 of Regulation (EU) 2024/1689 prohibits gets no tier: it is refused.
4. An area of Annex III is high-risk, unless the model prepares a narrow step and profiles nobody
   (Article 6(3)). High-risk is tier 2 at least.
5. What Article 50 asks transparency of is limited-risk, and the rest minimal-risk.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import Field

from accredit_governance.documents import Document
from accredit_governance.errors import GovernanceError, InvalidInput
from accredit_governance.intake.questionnaire import BY_KEY, VERSION, check_answers

MIN_AGGRAVATIONS: Final = 2
HIGH_RISK_TIER: Final = 2
"""The least grave tier that a high-risk system gets."""

TIERS: Final = (
    # exposure: negligible, moderate, large, critical
    (4, 4, 3, 3),  # purpose: no effect on a person
    (4, 3, 3, 2),  # a minor one
    (3, 2, 2, 1),  # a significant one
    (2, 1, 1, 1),  # a vital one
)
"""Row by purpose, column by exposure, both from 1."""

AREAS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consumer_credit": "essential_services",
        "insurance": "essential_services",
        "essential_services": "essential_services",
        "education": "education",
        "hiring": "employment",
        "promotion": "employment",
        "worker_management": "employment",
    }
)
"""Area of Annex III in which a purpose of ours lies, whatever somebody answers."""


class AiActClass(StrEnum):
    """What Regulation (EU) 2024/1689 makes of a system that it does not prohibit."""

    HIGH_RISK = "high_risk"
    LIMITED_RISK = "limited_risk"
    MINIMAL_RISK = "minimal_risk"


class ProhibitedPractice(GovernanceError):
    """No model may be made for this: Article 5 of Regulation (EU) 2024/1689 prohibits it."""

    code = "prohibited_practice"


class Materiality(Document):
    """What the rule says of a use case.

    Attributes:
        rule: version of questionnaire and rule.
        tier: 1 is the most material.
        tier_reasons, class_reasons: sentences that explain the two, for people.
    """

    rule: str
    tier: int = Field(ge=1, le=4)
    tier_reasons: tuple[str, ...]
    ai_act_class: AiActClass
    class_reasons: tuple[str, ...]


def assess(answers: Mapping[str, str], *, domain: str) -> Materiality:
    """Tier and class of a use case.

    Args:
        answers: choice by question; every question is answered.
        domain: of the use case; purposes of Annex III are known by it.

    Raises:
        InvalidInput: an answer is missing or unknown, or denies the area that the domain lies in.
        ProhibitedPractice: the use case may not be.
    """
    given = check_answers(answers)
    if given["prohibited"] != "no":
        words = BY_KEY["prohibited"].choice(given["prohibited"]).words
        raise ProhibitedPractice(
            f"Article 5 of Regulation (EU) 2024/1689 prohibits this practice: {words[0].lower()}"
            f"{words[1:]}. No model may be made for it",
            practice=given["prohibited"],
        )
    known = AREAS.get(domain)
    if known is not None and given["area"] != known:
        message = f"the domain {domain} lies in the area {known} of Annex III, not {given['area']}"
        raise InvalidInput(message, [{"pointer": "/answers/area", "detail": message}])
    ai_act_class, class_reasons = _class(given)
    tier, tier_reasons = _tier(given, ai_act_class)
    return Materiality(
        rule=VERSION,
        tier=tier,
        tier_reasons=tier_reasons,
        ai_act_class=ai_act_class,
        class_reasons=class_reasons,
    )


def _tier(given: Mapping[str, str], ai_act_class: AiActClass) -> tuple[int, tuple[str, ...]]:
    exposure = max(_grade(given, "exposure"), _grade(given, "people"))
    purpose = _grade(given, "effect")
    tier = TIERS[purpose - 1][exposure - 1]
    reasons = [f"Exposure {exposure} of 4 and purpose {purpose} of 4 make tier {tier}."]
    aggravations = _aggravations(given)
    if len(aggravations) >= MIN_AGGRAVATIONS and tier > 1:
        tier -= 1
        reasons.append(f"One step graver: {'; '.join(aggravations)}.")
    if ai_act_class is AiActClass.HIGH_RISK and tier > HIGH_RISK_TIER:
        tier = HIGH_RISK_TIER
        reasons.append(f"High-risk under the AI Act is tier {HIGH_RISK_TIER} at least.")
    return tier, tuple(reasons)


def _aggravations(given: Mapping[str, str]) -> list[str]:
    """What makes the same harm worse."""
    counted = {
        "it can hardly be undone": given["reversibility"] == "hardly",
        "no person looks at the case": given["autonomy"] == "decides",
        "people who cannot defend themselves": given["vulnerable"] == "yes",
        "a model that is closed to us": given["opaque"] == "yes",
    }
    return [words for words, counts in counted.items() if counts]


def _class(given: Mapping[str, str]) -> tuple[AiActClass, tuple[str, ...]]:
    area = given["area"]
    if area != "none":
        words = BY_KEY["area"].choice(area).words
        inside = f"Annex III, area {words}."
        if given["profiling"] == "yes":
            return AiActClass.HIGH_RISK, (inside, "It profiles natural persons (Article 6(3)).")
        if given["autonomy"] != "prepares":
            return AiActClass.HIGH_RISK, (inside, "People's decisions rest on it (Article 6(2)).")
        exempt = f"{inside} But it prepares a narrow step and profiles nobody (Article 6(3))."
    else:
        exempt = "It works in no area of Annex III."
    if given["transparency"] == "yes":
        spoken = "People talk with it, or it makes content (Article 50)."
        return AiActClass.LIMITED_RISK, (exempt, spoken)
    return AiActClass.MINIMAL_RISK, (exempt, "Article 50 asks nothing of it.")


def _grade(given: Mapping[str, str], question: str) -> int:
    return BY_KEY[question].choice(given[question]).grade
