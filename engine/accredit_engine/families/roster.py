"""Which families can be trained on this machine."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Final

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import Family, FamilyName, Member
from accredit_engine.families.forest import ForestMember
from accredit_engine.families.linear import LinearMember

_HOMES: Final[Mapping[FamilyName, tuple[str, str]]] = {
    FamilyName.BOOSTING: ("accredit_engine.families.boosting", "BoostingFamily"),
    FamilyName.LINEAR: ("accredit_engine.families.linear", "LinearFamily"),
    FamilyName.FOREST: ("accredit_engine.families.forest", "ForestFamily"),
}


def family_names(names: Sequence[str] | None) -> tuple[FamilyName, ...]:
    """The named families in the order of the roster; all when None.

    Raises:
        UnfitSettings: an unknown or no family is named.
    """
    if names is None:
        return tuple(FamilyName)
    unknown = sorted(set(names) - set(FamilyName))
    if unknown or not names:
        message = f"families {unknown or list(names)} are unknown; use {[*FamilyName]}"
        raise UnfitSettings(message)
    return tuple(name for name in FamilyName if name in names)


def load_member(name: FamilyName, files: Mapping[str, bytes], outputs: int) -> Member:
    """A member from its files, which must have been checked against a digest.

    Raises:
        KeyError, ValueError: the files are no such member.
    """
    if name is FamilyName.BOOSTING:
        # Loaded on demand: the module needs a system library that may be absent.
        member = importlib.import_module(_HOMES[name][0]).BoostingMember
        loaded: Member = member.from_text(files["model.txt"].decode(), outputs)
        return loaded
    if name is FamilyName.FOREST:
        return ForestMember.from_files(files)
    return LinearMember.from_files(files)


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
