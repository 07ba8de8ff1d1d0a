"""Logging set-up: the loggers of the framework, and the filters and formatters they use."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .conf import settings

if TYPE_CHECKING:
    from .management.color import Style

__all__ = [
    "DEFAULT_LOGGING", "CallbackFilter", "RequireDebugFalse", "RequireDebugTrue",
    "ServerFormatter", "configure_logging",
]  # fmt: skip

DEFAULT_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "require_debug_false": {"()": "fastjango.core.log.RequireDebugFalse"},
        "require_debug_true": {"()": "fastjango.core.log.RequireDebugTrue"},
    },
    "formatters": {
        "fastjango.server": {
            "()": "fastjango.core.log.ServerFormatter",
            "format": "[{server_time}] {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "level": "INFO",
            "filters": ["require_debug_true"],
            "class": "logging.StreamHandler",
        },
        "fastjango.server": {
            "level": "INFO",
            "class": "logging.StreamHandler",
            "formatter": "fastjango.server",
        },
    },
    "loggers": {
        "fastjango": {"handlers": ["console"], "level": "INFO"},
        "fastjango.server": {
            "handlers": ["fastjango.server"],
            "level": "INFO",
            "propagate": False,
        },
    },
}


def configure_logging(logging_config: str | None, logging_settings: dict[str, Any] | None) -> None:
    """Set up the framework's loggers, then the project's.

    Args:
        logging_config: Dotted path of the function that takes `LOGGING`; nothing is set up if it
            is empty.
        logging_settings: The project's `LOGGING`, as `logging.config.dictConfig` takes it.
    """
    if not logging_config:
        return
    from .imports import import_string

    logging.config.dictConfig(DEFAULT_LOGGING)
    if logging_settings:
        import_string(logging_config)(logging_settings)


class CallbackFilter(logging.Filter):
    """Passes the records for which a function returns true."""

    def __init__(self, callback: Callable[[logging.LogRecord], bool]) -> None:
        super().__init__()
        self.callback = callback

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to pass the record."""
        return bool(self.callback(record))


class RequireDebugFalse(logging.Filter):
    """Passes records while `DEBUG` is off."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to pass the record."""
        return not settings.DEBUG


class RequireDebugTrue(logging.Filter):
    """Passes records while `DEBUG` is on."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to pass the record."""
        return bool(settings.DEBUG)


class ServerFormatter(logging.Formatter):
    """Colours access log lines by the record's `status_code`, and offers `{server_time}`."""

    default_time_format = "%d/%b/%Y %H:%M:%S"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from .management.color import color_style

        self.style: Style = color_style()
        super().__init__(*args, **kwargs)

    def format(self, record: logging.LogRecord) -> str:
        """Return the coloured line."""
        if self.uses_server_time() and not hasattr(record, "server_time"):
            record.server_time = self.formatTime(record, self.datefmt)
        message, args = record.msg, record.args
        status: int | None = getattr(record, "status_code", None)
        if status:
            special = {304: "HTTP_NOT_MODIFIED", 404: "HTTP_NOT_FOUND"}
            kinds = ["INFO", "SUCCESS", "REDIRECT", "BAD_REQUEST", "SERVER_ERROR"]
            role = special.get(status) or f"HTTP_{kinds[min(max(status // 100, 1), 5) - 1]}"
            record.msg = getattr(self.style, role)(str(message))
        try:
            return super().format(record)
        finally:  # other handlers get the record as it was
            record.msg, record.args = message, args

    def uses_server_time(self) -> bool:
        """Tell whether the format has a `{server_time}`."""
        return "{server_time}" in (self._fmt or "")
