"""Hooks that templates offer to other plugins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from fastjango.core.hooks import Hook

__all__ = ["FragmentStore", "fragment_cache", "jinja_extensions", "static_url"]


class FragmentStore(Protocol):
    """Where one fragment of a page is kept, as `{% cache %}` uses it."""

    def get(self) -> str | None:
        """Return the fragment, `None` if it is not there."""
        ...

    def set(self, value: str, timeout: int | None) -> None:
        """Keep the fragment for some seconds, for ever with `None`."""
        ...

    async def aget(self) -> str | None:
        """Do what `get()` does."""
        ...

    async def aset(self, value: str, timeout: int | None) -> None:
        """Do what `set()` does."""
        ...


def _fragment_cache(name: str, vary_on: Sequence[Any], using: str | None) -> FragmentStore:
    """Return where a fragment of a page is kept; the cache distribution implements it.

    Nobody implementing it, `{% cache %}` renders its content each time.

    Args:
        name: The fragment's name in the template.
        vary_on: The values on which its content depends.
        using: The alias of the cache; `None` for `template_fragments`, or else the default one.

    Raises:
        LookupError: There is no cache of that alias.
    """
    raise NotImplementedError


def _static_url(path: str) -> str:
    """Return the URL of a static file; what stores static files implements it.

    Nobody implementing it, `STATIC_URL` comes before the path.

    Args:
        path: The file's path below the folders of static files.
    """
    raise NotImplementedError


def _jinja_extensions() -> Iterable[Any]:
    """Return extensions for every engine: subclasses of `jinja2.ext.Extension`."""
    raise NotImplementedError


fragment_cache: Final = Hook(_fragment_cache)
jinja_extensions: Final = Hook(_jinja_extensions)
static_url: Final = Hook(_static_url)
for _hook, _name in (
    (fragment_cache, "fragment_cache"),
    (jinja_extensions, "jinja_extensions"),
    (static_url, "static_url"),
):
    _hook.name = f"{__name__}.{_name}"
