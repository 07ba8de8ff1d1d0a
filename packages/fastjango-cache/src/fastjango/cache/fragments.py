"""Keys of template fragments."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5

__all__ = ["make_template_fragment_key"]


def make_template_fragment_key(fragment_name: str, vary_on: Iterable[object] | None = None) -> str:
    """Return the key that a fragment of a template is kept under.

    Args:
        fragment_name: The name that the template gives it.
        vary_on: What it depends on, in order.
    """
    digest = md5(usedforsecurity=False)
    for value in vary_on or ():
        data = str(value).encode()
        # With its length before it, no value runs into the next.
        digest.update(b"%d:%s," % (len(data), data))
    return f"template.cache.{fragment_name}.{digest.hexdigest()}"
