"""Where a template comes from."""

from __future__ import annotations

from typing import Any

__all__ = ["UNKNOWN_SOURCE", "Origin"]

UNKNOWN_SOURCE = "<unknown source>"


class Origin:
    """Where a template comes from, or could have come from.

    Args:
        name: The file's path, or `<unknown source>`.
        template_name: The name it is loaded by.
        loader: The loader that found it.
    """

    __slots__ = ("loader", "name", "template_name")

    def __init__(self, name: str, template_name: str | None = None, loader: Any = None) -> None:
        self.name = name
        self.template_name = template_name
        self.loader = loader

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} name={self.name!r}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Origin):
            return NotImplemented
        return self.name == other.name and bool(self.loader == other.loader)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def loader_name(self) -> str | None:
        """The dotted path of the loader's class, `None` without a loader."""
        if self.loader is None:
            return None
        return f"{self.loader.__module__}.{self.loader.__class__.__name__}"
