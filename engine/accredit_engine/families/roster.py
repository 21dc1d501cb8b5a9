"""Which families can be trained on this machine, and how a stored member is read."""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Final

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.bag import BagMember, is_bag
from accredit_engine.families.family import TRAITS, Family, FamilyName, ForeignName, Member
from accredit_engine.families.trees import TreesMember

_HOMES: Final[Mapping[FamilyName, tuple[str, str]]] = {
    FamilyName.BOOSTING: ("accredit_engine.families.boosting", "BoostingFamily"),
    FamilyName.LINEAR: ("accredit_engine.families.linear", "LinearFamily"),
    FamilyName.FOREST: ("accredit_engine.families.forest", "ForestFamily"),
    FamilyName.HISTOGRAM: ("accredit_engine.families.histogram", "HistogramFamily"),
    FamilyName.NEURAL: ("accredit_engine.families.neural", "NeuralFamily"),
    FamilyName.NAIVE_BAYES: ("accredit_engine.families.bayes", "NaiveBayesFamily"),
    FamilyName.NEIGHBOURS: ("accredit_engine.families.neighbours", "NeighboursFamily"),
    FamilyName.SVM: ("accredit_engine.families.svm", "SvmFamily"),
    FamilyName.XGBOOST: ("accredit_engine.families.xgboost", "XGBoostFamily"),
    FamilyName.CATBOOST: ("accredit_engine.families.catboost", "CatBoostFamily"),
    FamilyName.SCORECARD: ("accredit_engine.families.scorecard", "ScorecardFamily"),
    FamilyName.ADDITIVE: ("accredit_engine.families.additive", "AdditiveFamily"),
    FamilyName.TREE: ("accredit_engine.families.tree", "TreeFamily"),
    FamilyName.EBM: ("accredit_engine.families.ebm", "EbmFamily"),
}
_PACKAGES: Final[Mapping[FamilyName, str]] = {
    FamilyName.XGBOOST: "xgboost",
    FamilyName.CATBOOST: "catboost",
    FamilyName.EBM: "interpret",
}
_TREES: Final = frozenset(
    {
        FamilyName.FOREST,
        FamilyName.HISTOGRAM,
        FamilyName.XGBOOST,
        FamilyName.CATBOOST,
        FamilyName.TREE,
    }
)
_READERS: Final[Mapping[FamilyName | ForeignName, tuple[str, str]]] = {
    FamilyName.LINEAR: ("accredit_engine.families.linear", "LinearMember"),
    FamilyName.NEURAL: ("accredit_engine.families.networks", "NetworksMember"),
    FamilyName.NAIVE_BAYES: ("accredit_engine.families.bayes", "NaiveBayesMember"),
    FamilyName.NEIGHBOURS: ("accredit_engine.families.neighbours", "NeighboursMember"),
    FamilyName.SVM: ("accredit_engine.families.svm", "SvmMember"),
    FamilyName.SCORECARD: ("accredit_engine.families.scorecard", "ScorecardMember"),
    FamilyName.EBM: ("accredit_engine.families.steps", "StepsMember"),
    ForeignName.SKOPS: ("accredit_engine.families.pipeline", "PipelineMember"),
    ForeignName.ONNX: ("accredit_engine.families.graph", "GraphMember"),
}


def family_names(names: Sequence[str] | None) -> tuple[FamilyName, ...]:
    """The named families in the order of the roster.

    None stands for all that need no further package, and those whose package is installed.

    Raises:
        UnfitSettings: an unknown or no family is named.
    """
    if names is None:
        return tuple(name for name in FamilyName if _is_installed(name))
    unknown = sorted(set(names) - set(FamilyName))
    if unknown or not names:
        message = f"families {unknown or list(names)} are unknown; use {[*FamilyName]}"
        raise UnfitSettings(message)
    return tuple(name for name in FamilyName if name in names)


def load_member(name: FamilyName | ForeignName, files: Mapping[str, bytes], outputs: int) -> Member:
    """A member from its files, which must have been checked against a digest.

    Raises:
        KeyError, ValueError: the files are no such member.
        LibraryAbsent: its format needs a library that is not installed.
    """
    if isinstance(name, FamilyName) and is_bag(files):
        return BagMember.from_files(name, files, lambda part: load_member(name, part, outputs))
    if isinstance(name, FamilyName) and name in _TREES:
        return TreesMember.from_files(name, files)
    if name in (FamilyName.BOOSTING, FamilyName.ADDITIVE):
        # Loaded on demand: the module needs a system library that may be absent.
        booster = importlib.import_module("accredit_engine.families.booster")
        read: Member = booster.load_booster(name, files, outputs)
        return read
    module, attribute = _READERS[name]
    member: Member = getattr(importlib.import_module(module), attribute).from_files(name, files)
    return member


def load_families(
    names: Sequence[FamilyName],
) -> tuple[dict[FamilyName, Family], dict[FamilyName, str]]:
    """Families that can be imported, and the reason for each that cannot.

    LightGBM needs the system library libgomp; without it the import is an OSError and the run goes
    on with the other families.
    """
    families: dict[FamilyName, Family] = {}
    absent: dict[FamilyName, str] = {}
    for name in names:
        module, attribute = _HOMES[name]
        try:
            families[name] = getattr(importlib.import_module(module), attribute)()
        except (OSError, ImportError) as error:
            absent[name] = f"{type(error).__name__}: {error}"
    return families, absent


def _is_installed(name: FamilyName) -> bool:
    return not TRAITS[name].optional or importlib.util.find_spec(_PACKAGES[name]) is not None
