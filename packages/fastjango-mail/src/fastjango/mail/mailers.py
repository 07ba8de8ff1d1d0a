"""The mailers that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastjango.core.conf import settings
from fastjango.core.imports import import_string
from fastjango.mail.exceptions import InvalidMailer, MailerDoesNotExist

if TYPE_CHECKING:
    from fastjango.mail.backends.base import BaseEmailBackend

__all__ = ["DEFAULT_MAILER_ALIAS", "MailersHandler", "get_connection", "mailers"]

DEFAULT_MAILER_ALIAS = "default"
_DEFAULT_BACKEND = "fastjango.mail.backends.smtp.EmailBackend"


class MailersHandler:
    """Makes a backend for a name in `MAILERS`: a new one each time, so that threads share none."""

    def __getitem__(self, alias: str, /) -> BaseEmailBackend:
        return self.create_connection(alias)

    def __contains__(self, alias: object, /) -> bool:
        return alias in self.settings

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def get(self, alias: str, /, default: Any = None) -> Any:
        """Return the backend of a name, `default` if the settings have no such name."""
        try:
            return self[alias]
        except MailerDoesNotExist:
            return default

    @property
    def default(self) -> BaseEmailBackend:
        """The backend that is used where none is named."""
        return self[DEFAULT_MAILER_ALIAS]

    @property
    def is_configured(self) -> bool:
        """Whether the settings have `MAILERS`; else `EMAIL_*` describes the only mailer."""
        return getattr(settings, "MAILERS", None) is not None

    _is_configured = is_configured  # Django's name

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The entries of `MAILERS`, none without it."""
        found: dict[str, dict[str, Any]] = getattr(settings, "MAILERS", None) or {}
        return found

    def create_connection(self, alias: str, /, **overrides: Any) -> BaseEmailBackend:
        """Make the backend of a name.

        Args:
            alias: The name in `MAILERS`.
            overrides: Options that take precedence over those of the entry.

        Raises:
            MailerDoesNotExist: There is no such name.
            InvalidMailer: The entry is not usable.
        """
        if not self.is_configured and alias == DEFAULT_MAILER_ALIAS:
            return get_connection(**overrides)
        try:
            config = self.settings[alias]
        except KeyError:
            raise MailerDoesNotExist(alias=alias) from None
        options = config.get("OPTIONS", {})
        if "alias" in options:
            raise InvalidMailer("OPTIONS must not define 'alias'.", alias=alias)
        path = config.get("BACKEND", _DEFAULT_BACKEND)
        try:
            backend_class = import_string(path)
        except ImportError as error:
            raise InvalidMailer(f"Could not find BACKEND {path!r}: {error}", alias=alias) from error
        backend: BaseEmailBackend = backend_class(alias=alias, **{**options, **overrides})
        return backend


mailers = MailersHandler()


def get_connection(
    backend: str | None = None, *, fail_silently: bool = False, **kwds: Any
) -> BaseEmailBackend:
    """Make an email backend.

    Args:
        backend: Dotted path of the class; that of the default mailer if `None`.
        fail_silently: Whether failures to send are passed over.
        kwds: More options of the class.

    Raises:
        RuntimeError: `backend` is given though the settings have `MAILERS`.
    """
    if fail_silently:
        kwds["fail_silently"] = fail_silently
    if mailers.is_configured:
        if backend is not None:
            raise RuntimeError("get_connection(backend, ...) is not supported with MAILERS.")
        return mailers.create_connection(DEFAULT_MAILER_ALIAS, **kwds)
    made: BaseEmailBackend = import_string(backend or settings.EMAIL_BACKEND)(**kwds)
    return made
