"""Every exception that the kernel and, by Django's names, the rest of the framework raise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from typing import Any

__all__ = [
    "NON_FIELD_ERRORS", "AppRegistryNotReady", "BadRequest", "DisallowedHost",
    "DisallowedRedirect", "EmptyResultSet", "FieldDoesNotExist", "FieldError",
    "FieldFetchBlocked", "FullResultSet", "HookError", "ImproperlyConfigured",
    "MiddlewareNotUsed", "MultipleObjectsReturned", "ObjectDoesNotExist", "ObjectNotUpdated",
    "PermissionDenied", "PluginError", "RequestAborted", "RequestDataTooBig", "SettingsError",
    "SuspiciousFileOperation", "SuspiciousMultipartForm", "SuspiciousOperation",
    "SynchronousOnlyOperation", "TooManyFieldsSent", "TooManyFilesSent", "ValidationError",
    "ViewDoesNotExist", "did_you_mean",
]  # fmt: skip

NON_FIELD_ERRORS = "__all__"


class FieldDoesNotExist(Exception):
    """A model has no field of the name asked for."""


class AppRegistryNotReady(Exception):
    """The app registry is used before the boot reached the phase that fills it."""


class ObjectDoesNotExist(Exception):
    """A query that must find one object found none."""

    silent_variable_failure = True


class ObjectNotUpdated(Exception):
    """An update that had to change a row changed none."""


class MultipleObjectsReturned(Exception):
    """A query that must find one object found several."""


class SuspiciousOperation(Exception):
    """A request does something that only an attacker or a broken client does; answered 400."""


class SuspiciousMultipartForm(SuspiciousOperation):
    """A multipart body is malformed on purpose."""


class SuspiciousFileOperation(SuspiciousOperation):
    """A file name points outside the folder it belongs to."""


class DisallowedHost(SuspiciousOperation):
    """The Host header names no host of this site."""


class DisallowedRedirect(SuspiciousOperation):
    """A redirect leads to a scheme that is not allowed."""


class TooManyFieldsSent(SuspiciousOperation):
    """A request holds more fields than `DATA_UPLOAD_MAX_NUMBER_FIELDS`."""


class TooManyFilesSent(SuspiciousOperation):
    """A request holds more files than `DATA_UPLOAD_MAX_NUMBER_FILES`."""


class RequestDataTooBig(SuspiciousOperation):
    """A request body, files aside, is larger than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""


class RequestAborted(Exception):
    """The client went away before its request was read."""


class BadRequest(Exception):
    """The request is malformed; answered 400."""


class PermissionDenied(Exception):
    """The user may not do what was asked; answered 403."""


class ViewDoesNotExist(Exception):
    """A URL pattern names a view that is not there."""


class MiddlewareNotUsed(Exception):
    """Raised by a middleware's constructor that has nothing to do in this configuration."""


class ImproperlyConfigured(Exception):
    """Settings or project are wrong in a way that only their owner can mend."""


class FieldError(Exception):
    """A query names a field, lookup or expression that does not fit."""


class FieldFetchBlocked(FieldError):
    """Loading a deferred field on access is blocked for this object."""


class EmptyResultSet(Exception):
    """A condition can match nothing, so no query is needed."""


class FullResultSet(Exception):
    """A condition matches everything, so it can be left out."""


class SynchronousOnlyOperation(Exception):
    """Blocking code was called on a running event loop."""


class SettingsError(ImproperlyConfigured):
    """One or more settings are wrong; `problems` has one line for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: list[str] = list(problems)
        count = len(self.problems)
        head = "A setting is wrong:" if count == 1 else f"{count} settings are wrong:"
        super().__init__("\n  - ".join([head, *self.problems]))


class PluginError(ImproperlyConfigured):
    """An installed plugin cannot be used.

    Attributes:
        plugin: Name of the plugin, as its entry point gives it.
        origin: Distribution and version, and the entry point's object.
        reason: What went wrong.
        remedy: What its user can do.
    """

    plugin: str
    origin: str
    reason: str
    remedy: str

    def __init__(self, plugin: str, origin: str, reason: str, remedy: str) -> None:
        self.plugin, self.origin, self.reason, self.remedy = plugin, origin, reason, remedy
        super().__init__(f"Plugin {plugin!r} ({origin}) {reason} {remedy}")


class HookError(TypeError):
    """An implementation does not fit its hook, or comes too late."""


def did_you_mean(name: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """Return `" Did you mean 'x'?"` for the nearest choice, or the empty string."""
    from difflib import get_close_matches  # needed only when something is wrong

    near = get_close_matches(name, sorted(choices), n=1, cutoff=cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""


def _hashable(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple((k, _hashable(v)) for k, v in sorted(value.items()))  # pyright: ignore
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(map(_hashable, value))  # pyright: ignore[reportUnknownArgumentType]
    return value


class ValidationError(Exception):
    """One or more values are invalid.

    Args:
        message: A text, another `ValidationError`, a list of these, or a mapping of field names to
            these. A text may hold `%(name)s` placeholders, filled from `params` when it is read.
        code: A short name of the kind of error, for programs.
        params: Values for the placeholders.

    Exactly one of `message`, `error_list` alone and `error_dict` describes the error, as in Django:
    a single error has `message`, `code`, `params` and an `error_list` holding itself.
    """

    message: str
    code: str | None
    params: Mapping[str, Any] | None
    error_list: list[ValidationError]
    error_dict: dict[str, list[ValidationError]]

    def __init__(
        self, message: Any, code: str | None = None, params: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, code, params)
        if isinstance(message, ValidationError):
            if hasattr(message, "error_dict"):
                message = message.error_dict
            elif not hasattr(message, "message"):
                message = message.error_list
            else:
                message, code, params = message.message, message.code, message.params
        if isinstance(message, dict):
            self.error_dict = {}
            for field, errors in message.items():  # pyright: ignore[reportUnknownVariableType]
                error = errors if isinstance(errors, ValidationError) else ValidationError(errors)
                self.error_dict[field] = error.error_list
        elif isinstance(message, list):
            self.error_list = []
            for item in message:  # pyright: ignore[reportUnknownVariableType]
                error = item if isinstance(item, ValidationError) else ValidationError(item)
                parts = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
                self.error_list.extend(chain.from_iterable(parts.values()))
        else:
            self.message, self.code, self.params = message, code, params
            self.error_list = [self]

    @property
    def message_dict(self) -> dict[str, list[str]]:
        """Messages by field; an `AttributeError` unless the error was made from a mapping."""
        return {name: list(ValidationError(errors)) for name, errors in self.error_dict.items()}

    @property
    def messages(self) -> list[str]:
        """All messages, with their parameters filled in."""
        if hasattr(self, "error_dict"):
            return list(chain.from_iterable(self.message_dict.values()))
        return list(self)

    def update_error_dict(
        self, error_dict: dict[str, list[ValidationError]]
    ) -> dict[str, list[ValidationError]]:
        """Add these errors to `error_dict`, which is changed and returned."""
        single = not hasattr(self, "error_dict")
        own = {NON_FIELD_ERRORS: self.error_list} if single else self.error_dict
        for field, errors in own.items():
            error_dict.setdefault(field, []).extend(errors)
        return error_dict

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self, "error_dict"):
            yield from self.message_dict.items()
            return
        for error in self.error_list:
            message = error.message
            yield str(message % error.params if error.params else message)

    def __str__(self) -> str:
        return repr(self.message_dict if hasattr(self, "error_dict") else list(self))

    def __repr__(self) -> str:
        return f"ValidationError({self})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ValidationError):
            return NotImplemented
        return hash(self) == hash(other)

    def __hash__(self) -> int:
        if hasattr(self, "message"):
            return hash((self.message, self.code, _hashable(self.params)))
        if hasattr(self, "error_dict"):
            return hash(_hashable(self.error_dict))
        return hash(tuple(sorted(self.error_list, key=attrgetter("message"))))
