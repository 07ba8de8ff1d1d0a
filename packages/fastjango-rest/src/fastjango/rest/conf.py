"""Settings of fastjango.rest."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from fastjango.core.conf import PluginSettings
from pydantic import field_validator

__all__ = ["RestSettings"]


class RestSettings(PluginSettings):
    """`REST_FRAMEWORK`, whose keys `fastjango.rest.settings.DEFAULTS` lists."""

    REST_FRAMEWORK: dict[str, Any] = {}

    @field_validator("REST_FRAMEWORK")
    @classmethod
    def _known_keys(cls, value: dict[str, Any]) -> dict[str, Any]:
        from fastjango.rest.settings import DEFAULTS

        for key in value:
            if key not in DEFAULTS:
                near = get_close_matches(key, DEFAULTS, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"REST_FRAMEWORK has no key {key!r}.{hint}")
        return value
