"""`Context` and `RequestContext`: variables of a template in layers, as in `django.template`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, Self, cast

from fastjango.templates.exceptions import TemplatesError

__all__ = ["Context", "ContextDict", "ContextPopException", "RequestContext"]


class ContextPopException(TemplatesError):
    """`pop()` has been called more often than `push()`."""


class ContextDict(dict[str, Any]):
    """A layer of a context that is taken away at the end of a `with` block."""

    def __init__(self, context: Context, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context.dicts.append(self)
        self.context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.context.pop()


class Context:
    """Variables in layers; a later layer hides the names of those before it.

    Args:
        dict_: The first variables.
        autoescape: Has to be true: escaping cannot be switched off for a whole template.
    """

    request: Any = None

    def __init__(self, dict_: Mapping[str, Any] | None = None, autoescape: bool = True) -> None:
        if not autoescape:
            from fastjango.templates.exceptions import AutoescapeError

            raise AutoescapeError(
                "Context(autoescape=False) is refused: templates always escape. Put the part that "
                "shall not be escaped into {% autoescape false %} ... {% endautoescape %}."
            )
        self.autoescape = autoescape
        self.template_name: str | None = None
        self.dicts: list[dict[str, Any]] = [{"True": True, "False": False, "None": None}]
        if isinstance(dict_, Context):
            self.dicts += dict_.dicts[1:]
        elif dict_ is not None:
            self.dicts.append(dict(dict_))

    def __copy__(self) -> Self:
        duplicate = self.__class__.__new__(self.__class__)
        duplicate.__dict__ = copy(self.__dict__)
        duplicate.dicts = self.dicts[:]
        return duplicate

    def __repr__(self) -> str:
        return repr(self.dicts)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.dicts[::-1])

    def push(self, *args: Any, **kwargs: Any) -> ContextDict:
        """Add a layer; used with `with` it is taken away at the end of the block."""
        layers: list[Any] = []
        for arg in args:
            layers += arg.dicts[1:] if isinstance(arg, Context) else [arg]
        return ContextDict(self, *layers, **kwargs)

    def pop(self) -> dict[str, Any]:
        """Take the last layer away.

        Raises:
            ContextPopException: Only the first layer is left.
        """
        if len(self.dicts) == 1:
            raise ContextPopException("Context.pop() was called more often than push().")
        return self.dicts.pop()

    def __setitem__(self, key: str, value: Any) -> None:
        self.dicts[-1][key] = value

    def set_upward(self, key: str, value: Any) -> None:
        """Set a variable in the last layer that has it, else in the last one."""
        for layer in reversed(self.dicts):
            if key in layer:
                layer[key] = value
                return
        self.dicts[-1][key] = value

    def __getitem__(self, key: str) -> Any:
        for layer in reversed(self.dicts):
            if key in layer:
                return layer[key]
        raise KeyError(key)

    def __delitem__(self, key: str) -> None:
        del self.dicts[-1][key]

    def __contains__(self, key: object) -> bool:
        return any(key in layer for layer in self.dicts)

    def get(self, key: str, otherwise: Any = None) -> Any:
        """Return a variable, `otherwise` if there is none."""
        try:
            return self[key]
        except KeyError:
            return otherwise

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return a variable, setting it first if it is not there."""
        try:
            return self[key]
        except KeyError:
            self[key] = default
        return default

    def new(self, values: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with other variables."""
        duplicate = copy(self)
        duplicate.dicts = self.dicts[:1]
        if values is not None:
            duplicate.update(values)
        return duplicate

    def update(self, other_dict: Any) -> ContextDict:
        """Add a layer.

        Raises:
            TypeError: It is no mapping and no context.
        """
        if not hasattr(other_dict, "__getitem__"):
            raise TypeError("other_dict must be a mapping (dictionary-like) object.")
        if isinstance(other_dict, Context):
            other_dict = other_dict.flatten()
        return ContextDict(self, other_dict)

    def flatten(self) -> dict[str, Any]:
        """Return all variables as one dictionary."""
        flat: dict[str, Any] = {}
        for layer in self.dicts:
            flat.update(layer)
        return flat

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.flatten() == other.flatten()

    __hash__ = None  # type: ignore[assignment]  # it is mutable

    def template_variables(self) -> dict[str, Any]:
        """Return what a template gets: all variables but the constants of the first layer."""
        if len(self.dicts) == 2 and len(self.dicts[0]) == 3:
            return dict(self.dicts[1])
        flat = self.flatten()
        for name in ("True", "False", "None"):
            flat.pop(name, None)
        return flat


class RequestContext(Context):
    """A context for a request; the engine's context processors add to it when it is rendered.

    Args:
        request: The request.
        dict_: The first variables, which stand over those of processors.
        processors: Further processors, for this context alone.
    """

    def __init__(
        self,
        request: Any,
        dict_: Mapping[str, Any] | None = None,
        processors: Any = None,
        autoescape: bool = True,
    ) -> None:
        super().__init__(dict_, autoescape)
        self.request = request
        self.processors = tuple(cast("Any", processors or ()))
        for processor in self.processors:
            self.dicts.insert(1, dict(processor(request)))
