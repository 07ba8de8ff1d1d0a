"""Text that needs no escaping in HTML, as in `django.utils.safestring`.

Safe text follows the `__html__` convention of markupsafe, so Jinja and other template engines
take it as it is, and markupsafe's `Markup` counts as safe here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Self

from fastjango.core.functional import keep_lazy

__all__ = ["SafeData", "SafeString", "SafeText", "mark_safe"]


class SafeData:
    """The mark of text that may stand in HTML as it is."""

    __slots__ = ()

    def __html__(self) -> Self:
        """Return the text itself: the convention by which template engines know safe text."""
        return self


class SafeString(str, SafeData):
    """Text that is marked as safe; what is made of it by string methods is not."""

    __slots__ = ()

    def __add__(self, rhs: Any) -> Any:
        """Join two texts; the result is safe only when both are."""
        if isinstance(rhs, str):
            joined = super().__add__(rhs)
            return SafeString(joined) if isinstance(rhs, SafeData) else joined
        return NotImplemented

    def __str__(self) -> Self:
        return self


SafeText = SafeString


def _marking(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return mark_safe(function(*args, **kwargs))

    return wrapper


@keep_lazy(SafeString)
def mark_safe(s: Any) -> Any:
    """Declare text as safe for HTML: you vouch that nothing in it needs escaping.

    Also a decorator for functions and methods whose result is safe. Text that is safe already
    comes back unchanged; other objects are turned into text.
    """
    if hasattr(s, "__html__"):
        return s
    if callable(s):
        return _marking(s)
    return SafeString(s)
