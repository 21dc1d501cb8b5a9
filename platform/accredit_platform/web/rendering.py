"""Rendering: from documents to HTML, with one set of words for states, verdicts and figures."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.cards import plots, wording
from accredit_governance.cards.figures import figures_of
from accredit_governance.cards.groups import group_tables
from accredit_platform.web.notices import NOTICES
from accredit_platform.web.signing import proof_of

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"


class _Entry(NamedTuple):
    """One page of the navigation.

    Attributes:
        permission: who is shown it; None: everybody.
        beneath: other addresses whose pages belong to it.
    """

    address: str
    words: str
    permission: Permission | None = Permission.PROJECT_READ
    beneath: tuple[str, ...] = ()


_NAVIGATION: Final[Mapping[str, tuple[_Entry, ...]]] = MappingProxyType(
    {
        "Overview": (_Entry("/", "Overview", None),),
        "Models": (
            _Entry("/models", "Models", beneath=("/model-versions",)),
            _Entry("/use-cases", "Use cases"),
            _Entry("/model-requests", "Model requests"),
            _Entry("/runs", "Runs"),
        ),
        "Review": (
            _Entry("/approval-requests", "Approvals", beneath=("/conditions", "/delegations")),
            _Entry("/findings", "Findings", beneath=("/attestations",)),
            _Entry("/waivers", "Waivers"),
            _Entry("/proceedings", "Proceedings", beneath=("/legal-holds",)),
            _Entry("/purges", "Purges", Permission.VERSION_PURGE),
        ),
        "Serving": (
            _Entry("/deployments", "Deployments", beneath=("/drift-reports",)),
            _Entry("/alerts", "Alerts"),
            _Entry("/access-requests", "Access", beneath=("/access-grants",)),
        ),
        "Administration": (
            _Entry("/people", "People", Permission.IDENTITY_MANAGE, ("/groups",)),
            _Entry("/policies", "Policies", Permission.PROJECT_LIST, ("/policy-simulations",)),
            _Entry("/break-glass-requests", "Broken glass", Permission.PROJECT_LIST),
            _Entry("/audit", "Audit trail", Permission.AUDIT_READ),
            _Entry("/webhooks", "Webhooks", Permission.WEBHOOK_MANAGE, ("/webhook-deliveries",)),
        ),
    }
)
"""Groups and their pages. A group leads to its first page that somebody may see; a group of one
page is that page."""

_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {"good": "✓", "bad": "✕", "warn": "!", "wait": "…", "calm": "•"}
)
_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "good": "approved active finished ready published approve no_drift confirmed acknowledged "
        "succeeded done delivered grant granted in_force applies newly_passes still_passes met "
        "standing closed signed live",
        "bad": "gate_failed rejected refused failed reject critical alert suspended crashed hung "
        "revoked decline declined newly_fails breached overdue high disabled stolen",
        "warn": "changes_requested request_changes warning expired lapsed insufficient_evidence "
        "still_fails not_judged medium risk_accepted due paused expiring",
        "wait": "open in_review gating queued running requested proposed received submitted "
        "triaged accepted first_judged owner_decided in_remediation remediated pending",
    }
)
_TONES: Final[Mapping[str, str]] = MappingProxyType(
    {state: tone for tone, states in _STATES.items() for state in states.split()}
)


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """A whole page. It is never cached: it shows what one person may see at this moment."""
    actor = getattr(request.state, "actor", None)
    text = _PAGES.get_template(template).render(
        me=actor,
        csrf_token=getattr(request.state, "csrf_token", ""),
        navigation=navigation(actor, request.url.path),
        notice=NOTICES.get(request.query_params.get("done", "")),
        proof_of=partial(proof_of, request),
        here=request.url.path,
        api_prefix=request.app.state.api_prefix if "app" in request.scope else "",
        **context,
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store", **(headers or {})})


class Link(NamedTuple):
    """A link of the navigation.

    Attributes:
        current: for `aria-current`: `page`, `true` for what the page belongs to, or empty.
    """

    address: str
    words: str
    current: str


class Navigation(NamedTuple):
    """Both rows: the groups, and the pages of the group that a page belongs to, if to one.

    Attributes:
        group: name of that group; empty: there is no second row.
    """

    groups: tuple[Link, ...]
    group: str
    pages: tuple[Link, ...]


def navigation(actor: Actor | None, path: str) -> Navigation:
    """What leads from a page to all others that somebody may see, in two clicks."""
    if actor is None:
        return Navigation((), "", ())
    groups: list[Link] = []
    group, pages = "", list[Link]()
    for words, entries in _NAVIGATION.items():
        links = [
            Link(entry.address, entry.words, _current(entry, path))
            for entry in entries
            if entry.permission is None or actor.may_anywhere(entry.permission)
        ]
        if not links:
            continue
        is_page, is_here = len(entries) == 1, any(link.current for link in links)
        groups.append(
            Link(links[0].address, words, "true" if is_here and not is_page else links[0].current)
        )
        if is_here and not is_page:
            group, pages = words, links
    return Navigation(tuple(groups), group, tuple(pages))


def _current(entry: _Entry, path: str) -> str:
    if path == entry.address:
        return "page"
    places = (entry.address, *entry.beneath)
    is_within = any(path == place or path.startswith(f"{place}/") for place in places)
    return "true" if is_within else ""


@cache
def _asset(name: str) -> str:
    """Address of a static file; it changes with the file's content, so old copies are not used."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={digest}"


def _moment(value: datetime | str | None) -> Markup:
    """A time in UTC, readable for people and for programs."""
    if value is None:
        return Markup('<span class="quiet">not yet</span>')
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(), f"{at.day} {at:%b %Y, %H:%M} UTC"
    )


def _instant(value: datetime) -> Markup:
    """A time to the second, where the order of things matters."""
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(), f"{value.day} {value:%b %Y, %H:%M:%S} UTC"
    )


def _day(value: datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(
        value.date().isoformat(), f"{value.day} {value:%b %Y}"
    )


def _state(state: str) -> Markup:
    """A state as symbol and words; the colour only underlines them."""
    tone = _TONES.get(state, "calm")
    return Markup('<span class="badge t-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, _SYMBOLS[tone], _words(state)
    )


def _words(name: str) -> str:
    """`changes_requested` → `Changes requested`."""
    return wording.title(name)


def _person(person_id: object, names: Mapping[uuid.UUID, str]) -> Markup:
    """Display name of a principal, else the beginning of its identifier."""
    if person_id is None:
        return Markup('<span class="quiet">nobody yet</span>')
    key = person_id if isinstance(person_id, uuid.UUID) else uuid.UUID(str(person_id))
    if name := names.get(key):
        return Markup('<span class="person">{}</span>').format(name)
    return Markup('<code title="{}">{}…</code>').format(key, str(key)[:8])


def _digest(value: str | None) -> Markup:
    """A digest, shortened for the eye and whole for copying."""
    if not value:
        return Markup('<span class="quiet">none</span>')
    return Markup('<code class="digest">{}</code>').format(value)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str, sort_keys=True)


def _plain(value: Any) -> str:  # any plain JSON value
    """A plain value for a table cell."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return wording.figure(value)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value) or "–"
    return str(value)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=_day,
        digest=_digest,
        figure=wording.figure,
        instant=_instant,
        interval=wording.interval,
        limit=wording.limit,
        moment=_moment,
        person=_person,
        plain=_plain,
        pretty=_pretty,
        share=wording.share,
        state=_state,
        verdict=wording.verdict_word,
        words=_words,
    )
    environment.globals.update(
        Permission=Permission,
        asset=_asset,
        figures_of=figures_of,
        group_tables=group_tables,
        plots=plots,
    )
    return environment


_PAGES: Final = _environment()
