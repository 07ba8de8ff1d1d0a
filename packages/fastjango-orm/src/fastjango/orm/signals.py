"""Signals of models: preparation, creation, saving, deletion, many-to-many changes, migrations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastjango.core import apps as default_apps
from fastjango.signals import Signal

from .names import make_model_tuple

__all__ = [
    "ModelSignal",
    "class_prepared",
    "m2m_changed",
    "post_delete",
    "post_init",
    "post_migrate",
    "post_save",
    "pre_delete",
    "pre_init",
    "pre_migrate",
    "pre_save",
]


class ModelSignal(Signal):
    """A signal whose sender may be named as `"app.Model"` before that model exists."""

    def _when_sender_exists(self, action: Callable[..., Any], sender: object, apps: Any) -> object:
        if isinstance(sender, str):
            registry = apps or default_apps
            registry.lazy_model_operation(action, make_model_tuple(sender))
            return None
        return action(sender)

    def connect(  # type: ignore[override]  # one more option than the base
        self,
        receiver: Callable[..., Any],
        sender: Any = None,
        weak: bool = True,
        dispatch_uid: Any = None,
        apps: Any = None,
    ) -> None:
        """Call `receiver` for instances of `sender` (a class, `"app.Model"` or `None` for all).

        Args:
            weak: Hold the receiver by a weak reference.
            dispatch_uid: A second connection with the same id does nothing.
            apps: Registry in which a named sender is looked for.
        """
        action = partial(connect_now, receiver, signal=self, weak=weak, dispatch_uid=dispatch_uid)
        self._when_sender_exists(action, sender, apps)

    def disconnect(  # type: ignore[override]  # one more option than the base
        self,
        receiver: Callable[..., Any] | None = None,
        sender: Any = None,
        dispatch_uid: Any = None,
        apps: Any = None,
    ) -> bool | None:
        """Undo `connect`; tells whether something was disconnected (`None`: not known yet)."""
        action = partial(super().disconnect, receiver)

        def act(sender: Any) -> bool:
            return action(sender, dispatch_uid)

        result = self._when_sender_exists(act, sender, apps)
        return None if result is None else bool(result)


def connect_now(
    receiver: Callable[..., Any], sender: Any, *, signal: Any, weak: bool, dispatch_uid: Any
) -> None:
    """Connect a receiver whose sender exists by now."""
    Signal.connect(signal, receiver, sender, weak, dispatch_uid)


class_prepared = Signal()

pre_init = ModelSignal(use_caching=True)
post_init = ModelSignal(use_caching=True)

pre_save = ModelSignal(use_caching=True)
post_save = ModelSignal(use_caching=True)

pre_delete = ModelSignal(use_caching=True)
post_delete = ModelSignal(use_caching=True)

m2m_changed = ModelSignal(use_caching=True)

pre_migrate = Signal()
post_migrate = Signal()
