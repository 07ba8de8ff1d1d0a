"""Keeping secrets out of error reports."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any, cast

from fastjango.core import settings
from fastjango.core.imports import import_string
from fastjango.core.schema import mask
from fastjango.http.views.decorators.debug import coroutine_functions_to_sensitive_variables
from fastjango.values.datastructures import MultiValueDict
from starlette.datastructures import Headers

__all__ = [
    "CallableSettingWrapper",
    "SafeExceptionReporterFilter",
    "get_default_exception_reporter_filter",
    "get_exception_reporter_filter",
]

WRAPPER = "sensitive_variables_wrapper"
_SUSPENDED = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class CallableSettingWrapper:
    """A setting that can be called, wrapped so that no report calls it."""

    def __init__(self, callable_setting: Any) -> None:
        self._wrapped = callable_setting

    def __repr__(self) -> str:
        return repr(self._wrapped)


class SafeExceptionReporterFilter:
    """Replaces secrets by stars.

    Settings, headers and cookies are judged by their names, always. Variables and POST parameters
    that `sensitive_variables()` and `sensitive_post_parameters()` name are hidden while `DEBUG`
    is off; on the developer's page local variables with telling names are hidden all the same,
    and so is what dictionaries and lists of headers in a variable keep under such names. Passwords
    in URLs are hidden everywhere.
    """

    cleansed_substitute = "********************"
    hidden_settings: re.Pattern[str] = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE", re.IGNORECASE
    )
    hidden_variables: re.Pattern[str] = re.compile(
        "token|secret|passw|api[-_]?key|signature|authorization|cookies?$", re.IGNORECASE
    )

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Return a value, or stars if its name tells that it is secret; containers are copied."""
        if key == getattr(settings, "SESSION_COOKIE_NAME", "sessionid"):
            return self.cleansed_substitute
        if isinstance(key, str) and self.hidden_settings.search(key):
            return self.cleansed_substitute
        if isinstance(value, dict):
            pairs = cast("dict[Any, Any]", value)  # type: ignore[redundant-cast]  # pyright cannot tell
            return {name: self.cleanse_setting(name, item) for name, item in pairs.items()}
        if isinstance(value, list):
            items = cast("list[Any]", value)  # type: ignore[redundant-cast]  # pyright cannot tell
            return [self.cleanse_setting("", item) for item in items]
        if isinstance(value, tuple):
            members = cast("tuple[Any, ...]", value)  # type: ignore[redundant-cast]  # as above
            return tuple(self.cleanse_setting("", item) for item in members)
        if isinstance(value, str):
            return mask("", value)
        return CallableSettingWrapper(value) if callable(value) else value

    def get_safe_settings(self) -> dict[str, Any]:
        """Return the settings that were given, without secrets."""
        return {
            name: self.cleanse_setting(name, getattr(settings, name, None))
            for name in dir(settings)
            if name.isupper() and name != "SECRET_KEY"
        } | {"SECRET_KEY": self.cleansed_substitute}

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        """Return `request.META` without secrets."""
        meta: dict[str, Any] = getattr(request, "META", {})
        return {name: self.cleanse_setting(name, value) for name, value in meta.items()}

    def get_safe_cookies(self, request: Any) -> dict[str, Any]:
        """Return `request.COOKIES` without secrets."""
        cookies: dict[str, Any] = getattr(request, "COOKIES", {})
        return {name: self.cleanse_setting(name, value) for name, value in cookies.items()}

    def is_active(self, request: Any) -> bool:
        """Whether marked variables and parameters are hidden: while `DEBUG` is off."""
        return settings.DEBUG is False

    def get_cleansed_multivaluedict(self, request: Any, multivaluedict: Any) -> Any:
        """Return a copy in which marked parameters are stars, if the filter is active."""
        marked: Any = getattr(request, "sensitive_post_parameters", [])
        if not (self.is_active(request) and marked):
            return multivaluedict
        cleansed = multivaluedict.copy()
        for name in list(multivaluedict) if marked == "__ALL__" else marked:
            if name in cleansed:
                cleansed[name] = self.cleansed_substitute
        return cleansed

    def get_post_parameters(self, request: Any) -> Any:
        """Return `request.POST`, its marked parameters replaced."""
        if request is None:
            return {}
        try:
            return self.get_cleansed_multivaluedict(request, request.POST)
        except Exception:
            return {}

    def cleanse_special_types(self, request: Any, value: Any) -> Any:
        """Return a value for a report; parameters of the request are cleansed."""
        try:
            # Lazy objects may raise whatever they want when they are looked at.
            is_parameters = isinstance(value, MultiValueDict)
            if not is_parameters:
                return self._cleansed(value, {})
        except Exception as error:
            return f"{error!r} while evaluating {value!r}"
        return self.get_cleansed_multivaluedict(request, value)

    def _cleansed(self, value: Any, known: dict[int, Any]) -> Any:
        """Return a variable, what its containers hold under telling names replaced.

        Args:
            value: The variable; it comes back itself if there is nothing to replace.
            known: What came of the containers seen before, by identity.
        """
        if _is_any(value, str):
            return mask("", value) if "://" in value else value
        if not _is_any(value, dict, list, tuple, Headers):
            return value
        if id(value) not in known:
            known[id(value)] = "…"
            known[id(value)] = self._cleansed_container(value, known)
        return known[id(value)]

    def _cleansed_container(self, value: Any, known: dict[int, Any]) -> Any:
        if _is_any(value, dict, Headers):
            pairs: list[tuple[Any, Any]] = list(value.items())
            named = {
                name: self.cleansed_substitute if self._tells(name) else self._cleansed(item, known)
                for name, item in pairs
            }
            return named if any(named[name] is not item for name, item in pairs) else value
        items = [self._cleansed(item, known) for item in value]
        if len(items) == 2 and isinstance(items[0], (str, bytes)) and self._tells(items[0]):
            items[1] = self.cleansed_substitute
        if all(made is item for made, item in zip(items, value, strict=True)):
            return value
        return items if _is_any(value, list) else tuple(items)

    def _tells(self, name: Any) -> bool:
        """Whether what has this name, in a variable, is secret."""
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        return isinstance(name, str) and (
            self.hidden_variables.search(name) is not None
            or name == getattr(settings, "SESSION_COOKIE_NAME", "sessionid")
        )

    def get_traceback_frame_variables(
        self, request: Any, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Return a frame's variables, secrets replaced."""
        marked = self._marked_variables(tb_frame) if self.is_active(request) else None
        cleansed: dict[str, Any] = {}
        for name, value in tb_frame.f_locals.items():
            hidden = marked == "__ALL__" or (marked is not None and name in marked)
            if hidden or self._tells(name):
                cleansed[name] = self.cleansed_substitute
            else:
                cleansed[name] = self.cleanse_special_types(request, value)
        if tb_frame.f_code.co_name == WRAPPER and WRAPPER in tb_frame.f_locals:
            # The arguments of a function whose variables are hidden.
            cleansed["func_args"] = cleansed["func_kwargs"] = self.cleansed_substitute
        return cleansed.items()

    def _marked_variables(self, frame: FrameType) -> Any:
        """Return what the nearest `sensitive_variables()` around a frame hides."""
        code = frame.f_code
        if code.co_flags & _SUSPENDED and code.co_name != WRAPPER:
            # The frame of a coroutine or a generator has no way back to its wrapper.
            key = hash(f"{code.co_filename}:{code.co_firstlineno}")
            if key in coroutine_functions_to_sensitive_variables:
                return coroutine_functions_to_sensitive_variables[key]
        current: FrameType | None = frame
        while current is not None:
            if current.f_code.co_name == WRAPPER and WRAPPER in current.f_locals:
                return getattr(current.f_locals[WRAPPER], "sensitive_variables", None)
            current = current.f_back
        return None


def _is_any(value: object, *kinds: type) -> bool:
    """Whether a value is an instance of some classes; a lazy object is not evaluated for that."""
    return issubclass(type(value), kinds)


@functools.cache
def get_default_exception_reporter_filter() -> Any:
    """Return the filter that `DEFAULT_EXCEPTION_REPORTER_FILTER` names; one instance serves all.

    It is made once; `cache_clear()` forgets it after the setting has changed.
    """
    return import_string(settings.DEFAULT_EXCEPTION_REPORTER_FILTER)()


def get_exception_reporter_filter(request: Any) -> Any:
    """Return the filter of a request: its own `exception_reporter_filter`, else the default."""
    own = getattr(request, "exception_reporter_filter", None)
    return get_default_exception_reporter_filter() if own is None else own
