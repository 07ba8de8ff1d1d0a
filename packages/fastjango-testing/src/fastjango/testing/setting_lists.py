"""Changes of settings that are lists, which last for a test."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import override_settings, settings

__all__ = ["modify_settings"]


class modify_settings(override_settings):  # noqa: N801 - Django's name
    """Append to, prepend to or remove from list settings, as `override_settings` changes others.

    Args:
        args: Pairs of name and operations, applied in order.
        kwargs: By setting, a mapping of `"append"`, `"prepend"` or `"remove"` to a value or list.
    """

    def __init__(self, *args: tuple[str, Any], **kwargs: Any) -> None:
        if args and kwargs:
            raise TypeError("Give modify_settings() either pairs or keywords, not both.")
        self.operations: list[tuple[str, Any]] = list(args[0] if args else kwargs.items())  # type: ignore[arg-type]  # pyright: ignore
        super().__init__()

    def copied(self) -> modify_settings:
        """Return another one of the same operations."""
        return modify_settings(self.operations)  # type: ignore[arg-type]  # the saved form

    def save_options(self, test_func: Any) -> None:
        """Add the operations to those that a test class already applies."""
        test_func._modified_settings = [*(test_func._modified_settings or ()), *self.operations]

    def enable(self) -> None:
        """Compute the changed lists and put them in force."""
        self.options: dict[str, Any] = {}
        for name, operations in self.operations:
            value: list[Any] = list(self.options.get(name, getattr(settings, name, [])))
            for action, given in operations.items():
                items: list[Any] = [given] if isinstance(given, str) else list(given)
                value = _changed(action, value, items)
            self.options[name] = value
        super().enable()


def _changed(action: str, value: list[Any], items: list[Any]) -> list[Any]:
    match action:
        case "append":
            return value + [item for item in items if item not in value]
        case "prepend":
            return [item for item in items if item not in value] + value
        case "remove":
            return [item for item in value if item not in items]
        case _:
            raise ValueError(f"Unsupported action: {action}")
