"""The logging handler that mails errors to the admins."""

from __future__ import annotations

import asyncio
import logging
from copy import copy
from typing import Any, Final

from fastjango.core.aio import is_loop_running
from fastjango.core.conf import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string
from fastjango.mail.exceptions import MailerDoesNotExist
from fastjango.mail.mailers import get_connection, mailers
from fastjango.mail.sending import amail_admins, mail_admins

__all__ = ["AdminEmailHandler", "install_handler"]

_tasks: Final[set[asyncio.Task[None]]] = set()


class AdminEmailHandler(logging.Handler):
    """Mails log records to `ADMINS`, with the report of `DEFAULT_EXCEPTION_REPORTER`.

    On a running event loop the message is sent by a task of its own, so that logging does not
    wait for the mail server.

    Args:
        include_html: Whether the debug page is attached. It shows values of local variables:
            keep it off unless mail is as private as the server.
        email_backend: Dotted path of the backend, without `MAILERS`.
        reporter_class: Dotted path of the exception reporter.
        using: A name in `MAILERS`.

    Raises:
        ImproperlyConfigured: `email_backend` is given beside `using` or `MAILERS`.
    """

    def __init__(
        self,
        include_html: bool = False,
        email_backend: str | None = None,
        reporter_class: str | None = None,
        using: str | None = None,
    ) -> None:
        super().__init__()
        if email_backend and using:
            raise ImproperlyConfigured(
                "The 'email_backend' argument is not compatible with 'using'."
            )
        if email_backend and mailers.is_configured:
            raise ImproperlyConfigured(
                "The 'email_backend' argument is not valid when settings.MAILERS is defined."
            )
        self.include_html = include_html
        self.email_backend = email_backend
        self.using = using
        self.reporter_class: Any = import_string(
            reporter_class or settings.DEFAULT_EXCEPTION_REPORTER
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Mail a record, unless nobody would get it."""
        if not settings.ADMINS and type(self).send_mail is AdminEmailHandler.send_mail:
            return
        subject, request = self._subject(record)
        plain = copy(record)  # the report has the traceback already
        plain.exc_info = plain.exc_text = None
        exc_info = record.exc_info or (None, record.getMessage(), None)
        reporter = self.reporter_class(request, *exc_info, is_email=True)
        message = f"{self.format(plain)}\n\n{reporter.get_traceback_text()}"
        html = reporter.get_traceback_html() if self.include_html else None
        self.send_mail(self.format_subject(subject), message, html_message=html)

    def _subject(self, record: logging.LogRecord) -> tuple[str, Any]:
        request: Any = getattr(record, "request", None)
        try:
            inside = request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS
        except Exception:  # no request, or one too broken to ask
            return f"{record.levelname}: {record.getMessage()}", None
        where = "internal" if inside else "EXTERNAL"
        return f"{record.levelname} ({where} IP): {record.getMessage()}", request

    def send_mail(self, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        """Send one message; failures to send are passed over without `MAILERS`."""
        if mailers.is_configured:
            kwargs["using"] = self.using or "default"
        else:
            kwargs["connection"] = get_connection(self.email_backend, fail_silently=True)
        try:
            if not is_loop_running():
                mail_admins(subject, message, *args, **kwargs)
                return
        except MailerDoesNotExist:
            return
        task = asyncio.get_running_loop().create_task(self._asend(subject, message, args, kwargs))
        _tasks.add(task)  # the loop itself keeps no reference
        task.add_done_callback(_tasks.discard)

    async def _asend(self, subject: str, message: str, args: Any, kwargs: Any) -> None:
        try:
            await amail_admins(subject, message, *args, **kwargs)
        except MailerDoesNotExist:
            pass
        except Exception:
            if logging.raiseExceptions:
                self.handleError(
                    logging.LogRecord(__name__, logging.ERROR, __file__, 0, subject, (), None)
                )

    def format_subject(self, subject: str) -> str:
        """Return the subject in one line."""
        return subject.replace("\n", "\\n").replace("\r", "\\r")


def install_handler() -> None:
    """Mail errors of the framework's loggers while `DEBUG` is off, as Django does.

    Nothing is done if `LOGGING` says which handlers the logger `fastjango` has.
    """
    from fastjango.core.log import RequireDebugFalse

    logger = logging.getLogger("fastjango")
    if "fastjango" in settings.LOGGING.get("loggers", {}):
        return
    if any(isinstance(handler, AdminEmailHandler) for handler in logger.handlers):
        return
    handler = AdminEmailHandler()
    handler.setLevel(logging.ERROR)
    handler.addFilter(RequireDebugFalse())
    logger.addHandler(handler)
