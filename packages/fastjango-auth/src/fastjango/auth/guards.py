"""Rules: what views and dependencies say of who may use them, for people and checks to read.

A rule is a short text: `login`, `permission blog.add_post`, `scope articles:write`, `policy
change blog.article`, `test is_editor`, or `public` for a view that is meant to be open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["add_rule", "is_rule", "routes_without_rule", "rules_of_view"]

RULES_ATTRIBUTE = "auth_rules"
_WORDS = frozenset({"login", "public", "reauthentication", "staff", "superuser"})
_KINDS = ("permission ", "policy ", "scope ", "test ")


def is_rule(text: str) -> bool:
    """Tell whether a text of the list of routes is a rule."""
    return text in _WORDS or text.startswith(_KINDS)


def add_rule(view: Any, *rules: str) -> None:
    """Note rules on a view, in front of those that are on it."""
    known: tuple[str, ...] = getattr(view, RULES_ATTRIBUTE, ())
    setattr(view, RULES_ATTRIBUTE, tuple(dict.fromkeys((*rules, *known))))


def rules_of_view(view: Callable[..., Any]) -> list[str]:
    """Return the rules of a view; implements the hook `view_guards` of the web layer."""
    rules: list[str] = list(getattr(view, RULES_ATTRIBUTE, ()))
    view_class = getattr(view, "view_class", None)
    describe = getattr(view_class, "describe_rules", None)
    if describe is not None:
        options: dict[str, Any] = getattr(view, "view_initkwargs", None) or {}
        rules += describe(options)
    if not rules and getattr(view, "login_required", True) is False:
        rules.append("public")
    return list(dict.fromkeys(rules))


def routes_without_rule() -> list[Any]:
    """Return the site's routes that have no rule, in the order they are tried.

    Views of the framework itself are left out: they look after themselves.
    """
    from fastjango.http.asgi import get_asgi_application
    from fastjango.http.urls.overview import list_routes

    application: Any = get_asgi_application()
    return [
        route
        for route in list_routes(application.router.routes)
        if route.methods != ("ASGI",)
        and not route.view.startswith(("fastapi.", "fastjango.", "starlette."))
        and not any(is_rule(guard) for guard in route.guards)
    ]
