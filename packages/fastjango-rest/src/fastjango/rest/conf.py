"""Settings of fastjango.rest."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from fastjango.core.conf import PluginSettings
from pydantic import field_validator

__all__ = ["RestSettings"]

_ABSENT = {
    "DEFAULT_SCHEMA_CLASS": "The OpenAPI document is the application's own; `extend_schema` adds "
    "to what it says of a view.",
}
"""Keys of REST framework that are no keys here, and why."""


class RestSettings(PluginSettings):
    """`REST_FRAMEWORK`, whose keys `fastjango.rest.settings.DEFAULTS` lists."""

    REST_FRAMEWORK: dict[str, Any] = {}

    @field_validator("REST_FRAMEWORK")
    @classmethod
    def _known_keys(cls, value: dict[str, Any]) -> dict[str, Any]:
        from fastjango.rest.settings import DEFAULTS

        for key in value:
            if key not in DEFAULTS:
                if key in _ABSENT:
                    raise ValueError(f"REST_FRAMEWORK has no key {key!r}: {_ABSENT[key]}")
                near = get_close_matches(key, DEFAULTS, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"REST_FRAMEWORK has no key {key!r}.{hint}")
        return value
