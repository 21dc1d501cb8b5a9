"""Every action that the trail knows, and what of an event others may be told."""

import importlib
import pkgutil
import re
from collections.abc import Mapping
from typing import Any, Final

from accredit_governance import audit
from accredit_governance.audit.events import Fact

# Each topic has its own module of facts; what is not loaded is no subclass of anything.
for _module in pkgutil.iter_modules(audit.__path__, f"{audit.__name__}."):
    if _module.name.endswith("events"):
        importlib.import_module(_module.name)


def _actions(kind: type[Fact]) -> set[str]:
    named = {kind.action} if hasattr(kind, "action") else set()
    return named.union(*(_actions(sub) for sub in kind.__subclasses__()))


ACTIONS: Final = frozenset(_actions(Fact))
"""`resource.verb` of every fact."""

PATTERNS: Final = frozenset({"*"} | {f"{action.split('.')[0]}.*" for action in ACTIONS} | ACTIONS)
"""What can be subscribed to: everything, all about one kind of thing, or one action."""

_PROSE: Final = frozenset({"reason", "reasons", "meaning"})
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")


def told(fact: Mapping[str, Any]) -> dict[str, Any]:  # any plain JSON value
    """What outsiders are told of a fact: references, digests, codes and counts.

    What people wrote stays inside, and with it whatever they wrote about other people.
    """
    return {
        name: kept
        for name, value in fact.items()
        if name not in _PROSE and (kept := _told(value)) is not None
    }


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return told(value)
    if isinstance(value, list | tuple):
        return [kept for item in value if (kept := _told(item)) is not None]
    if isinstance(value, str):
        return value if _CODE.fullmatch(value) else None
    return value
