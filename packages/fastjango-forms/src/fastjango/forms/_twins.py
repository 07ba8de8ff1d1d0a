"""Steps that a class overrides without the async twin that async code takes in their place."""

from __future__ import annotations

from fastjango.core.twins import overrides_without_twin

from .exceptions import MissingAsyncTwin

__all__ = ["require_twins"]


def require_twins(cls: type, *names: str) -> None:
    """Complain about a step that async code would pass over.

    Args:
        cls: The class of a form or a formset.
        names: The names of its sync steps.

    Raises:
        MissingAsyncTwin: It overrides one of them, and not the twin.
    """
    for name in names:
        twin = f"_a{name[1:]}" if name.startswith("_") else f"a{name}"
        if overrides_without_twin(cls, name, twin):
            owner = next(base for base in cls.__mro__ if name in vars(base))
            raise MissingAsyncTwin(owner, name, twin)
