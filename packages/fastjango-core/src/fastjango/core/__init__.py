"""The kernel: app registry, plugin discovery, settings, checks, commands, signing."""

from .boot import setup
from .conf import settings
from .config import AppConfig
from .hooks import Hook
from .registry import Registry, apps

__all__ = ["AppConfig", "Hook", "Registry", "apps", "settings", "setup"]
