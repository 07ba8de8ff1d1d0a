"""Whether FastAPI's telemetry has anything to do, asked on every request and so asked cheaply."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import opentelemetry._logs._internal as logs_api
import opentelemetry.metrics._internal as metrics_api
import opentelemetry.trace as trace_api

__all__ = ["Telemetry"]

_SIGNALS = (
    ("tracing", "tracer_provider", "OTEL_PYTHON_TRACER_PROVIDER"),
    ("metrics", "meter_provider", "OTEL_PYTHON_METER_PROVIDER"),
    ("logs", "logger_provider", "_OTEL_PYTHON_LOGGER_PROVIDER"),
)


class Telemetry:
    """Watches the three global providers that would make FastAPI's telemetry start.

    A provider passed to the application, or one named by an environment variable when the
    application is made, counts as "on": FastAPI itself then decides.
    """

    __slots__ = ("_config", "_never")

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._never = any(
            config.get(signal)
            and (
                config.get(provider) is not None
                or any(variable.lstrip("_") in name for name in os.environ)
            )
            for signal, provider, variable in _SIGNALS
        )

    def is_off(self) -> bool:
        """Return whether no telemetry can be on for the next request."""
        return (
            not self._never
            and trace_api._TRACER_PROVIDER is None  # pyright: ignore[reportPrivateUsage]
            and metrics_api._METER_PROVIDER is None  # pyright: ignore[reportPrivateUsage]
            and logs_api._LOGGER_PROVIDER is None  # pyright: ignore[reportPrivateUsage]
        )
