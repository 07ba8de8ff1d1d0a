"""Settings of messages; the README documents each."""

from __future__ import annotations

from fastjango.core.conf import PluginSettings


class MessagesSettings(PluginSettings):
    """Where messages wait for their reader, and which are kept."""

    MESSAGE_STORAGE: str = "fastjango.messages.storage.fallback.FallbackStorage"
    MESSAGE_LEVEL: int = 20  # messages.INFO
    MESSAGE_TAGS: dict[int, str] = {}
