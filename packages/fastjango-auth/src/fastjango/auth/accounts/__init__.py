"""Sign-up, verification, login, passwords, email addresses and deletion: pages and a JSON API.

List `fastjango.auth.accounts` in `INSTALLED_APPS`, and include `fastjango.auth.accounts.urls` (the
pages) or `accounts_router()` (the API), or both: they run the same flows.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.auth.accounts.api import accounts_router
    from fastjango.auth.accounts.logins import acomplete_second_factor, complete_second_factor

_HOME = {
    "accounts_router": "api",
    "acomplete_second_factor": "logins",
    "complete_second_factor": "logins",
}

__all__ = ["accounts_router", "acomplete_second_factor", "complete_second_factor"]


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for: models need the apps."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
