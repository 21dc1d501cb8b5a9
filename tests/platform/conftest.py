"""What tests of the platform share: hundreds of them build the application."""

from typing import Any

from fastapi.routing import APIRoute, _EffectiveRouteContext

_BUILT: dict[tuple[int, str], tuple[APIRoute, Any]] = {}
_build = _EffectiveRouteContext.from_api_route


def _build_once(*, original_route: APIRoute, include_context: Any) -> Any:
    """A route as FastAPI compiles it, which depends on nothing but where it is included.

    Compiling them takes most of the time in which an application is built.
    """
    key = (id(original_route), include_context.prefix)
    if key not in _BUILT:
        built = _build(original_route=original_route, include_context=include_context)
        _BUILT[key] = (original_route, built)  # the route stays alive, so that its id stays its own
    return _BUILT[key][1]


_EffectiveRouteContext.from_api_route = _build_once  # type: ignore[method-assign, assignment]
