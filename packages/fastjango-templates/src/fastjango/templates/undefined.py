"""What templates get for a name that is not there, and the error that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

import jinja2
from fastjango.templates.exceptions import TemplatesError
from jinja2.utils import internalcode, missing

__all__ = ["LenientUndefined", "StrictUndefined", "UndefinedVariableError", "suggest"]

_MOVED = {
    "forloop": "Jinja2 calls it `loop`: loop.index, loop.first, loop.last",
    "block": "Jinja2 writes {{ super() }} for Django's block.super",
}


def suggest(name: object, choices: Iterable[str]) -> str:
    """Return a sentence with the nearest of the choices, `""` if none is near."""
    near = get_close_matches(str(name), list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class UndefinedVariableError(TemplatesError, jinja2.UndefinedError):
    """A template uses a variable, an attribute or an item that is not there.

    Attributes:
        name: What it asked for.
        is_variable: Whether that is a variable, and not a part of another value.
    """

    name: Any = None
    is_variable: bool = False

    def suggest_from(self, choices: Iterable[str]) -> None:
        """Add the nearest of the template's variables to the message."""
        hint = _MOVED.get(self.name)
        hint = f" {hint}." if hint else suggest(self.name, choices)
        if hint and hint not in str(self):
            self.args = (f"{self}.{hint}",)


class LenientUndefined(jinja2.Undefined):
    """Prints as nothing, is empty and false; using its attributes is an error."""

    __slots__ = ()

    @internalcode
    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        message = self._undefined_message
        parent = self._undefined_obj
        if parent is not missing and not self._undefined_hint:
            message += f".{suggest(self._undefined_name, _parts(parent))}"
        error = UndefinedVariableError(message.removesuffix("."))
        error.name = self._undefined_name
        error.is_variable = parent is missing and not self._undefined_hint
        raise error

    @internalcode
    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__" and name[-2:] == "__":
            raise AttributeError(name)
        return self._fail_with_undefined_error()

    # The base class has bound these names to its own method.
    __add__ = __radd__ = __sub__ = __rsub__ = _fail_with_undefined_error
    __mul__ = __rmul__ = __div__ = __rdiv__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = _fail_with_undefined_error
    __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = _fail_with_undefined_error
    __pos__ = __neg__ = _fail_with_undefined_error
    __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __pow__ = __rpow__ = _fail_with_undefined_error

    def _no_number(self, *args: Any) -> NoReturn:
        """Fail as a text without digits does, which filters of numbers expect."""
        raise ValueError(self._undefined_message)

    __int__ = __float__ = __complex__ = _no_number


class StrictUndefined(LenientUndefined):
    """Using it is an error; only `is defined`, `default` and, for attributes, `if` take it.

    A variable that does not exist is an error in a test as well: it is a typing mistake more often
    than not. An attribute or item that is not there is false, so that `{% if user.nickname %}`
    works for users without one.
    """

    __slots__ = ()
    _fail = LenientUndefined._fail_with_undefined_error
    __int__ = __float__ = __complex__ = _fail
    __iter__ = __len__ = _fail  # pyright: ignore[reportAssignmentType]
    __eq__ = __ne__ = __contains__ = _fail  # pyright: ignore[reportAssignmentType]
    __hash__ = _fail  # pyright: ignore[reportAssignmentType]
    __aiter__ = _fail  # pyright: ignore[reportAssignmentType]

    @internalcode
    def __str__(self) -> str:
        return self._fail_with_undefined_error()

    @internalcode
    def __bool__(self) -> bool:
        if self._undefined_obj is missing:
            self._fail_with_undefined_error()
        return False


def _parts(parent: Any) -> list[str]:
    """Return the names of the attributes, or the keys, that a value has."""
    if isinstance(parent, Mapping):
        return [str(key) for key in parent]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [name for name in dir(parent) if not name.startswith("_")]
