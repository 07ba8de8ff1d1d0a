"""What belongs to the current request: its URLconf and its script prefix.

Both live in context variables, so that a thread or an asyncio task sees only its own.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

__all__ = [
    "clear_script_prefix",
    "get_script_prefix",
    "get_urlconf",
    "set_script_prefix",
    "set_urlconf",
]

_prefix: ContextVar[str | None] = ContextVar("fastjango_script_prefix", default=None)
_urlconf: ContextVar[Any] = ContextVar("fastjango_urlconf", default=None)


def set_script_prefix(prefix: str) -> None:
    """Set the path under which the site is served; a trailing slash is added if missing."""
    _prefix.set(prefix if prefix.endswith("/") else prefix + "/")


def get_script_prefix() -> str:
    """Return the path under which the site is served, ending with a slash."""
    prefix = _prefix.get()
    return "/" if prefix is None else prefix


def clear_script_prefix() -> None:
    """Forget the script prefix, so that `get_script_prefix()` answers `"/"` again."""
    _prefix.set(None)


def set_urlconf(urlconf_name: Any) -> None:
    """Use another URLconf for the current thread or task; `None` means `ROOT_URLCONF` again.

    Args:
        urlconf_name: A dotted path, a module, or a list of patterns.
    """
    _urlconf.set(urlconf_name or None)


def get_urlconf(default: Any = None) -> Any:
    """Return what `set_urlconf()` chose in this thread or task, else `default`."""
    chosen = _urlconf.get()
    return default if chosen is None else chosen
