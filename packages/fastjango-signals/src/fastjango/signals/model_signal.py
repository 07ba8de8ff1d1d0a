"""Signals whose sender is a model that may not be loaded yet."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from fastjango.core.registry import Registry, apps
from fastjango.signals._connection import Receiver
from fastjango.signals.dispatch import Signal

__all__ = ["ModelSignal"]


class ModelSignal(Signal):
    """A signal that takes `"app_label.Model"` for a sender, before or after the model exists.

    The connection is made when the model is registered.
    """

    def connect(
        self,
        receiver: Receiver,
        sender: Any = None,
        weak: bool = True,
        dispatch_uid: Hashable = None,
        *,
        inline: bool = False,
        subclasses: bool = False,
        twin: Receiver | None = None,
        apps: Registry | None = None,
    ) -> None:
        """Connect a receiver; see `Signal.connect`.

        Args:
            sender: A model class, its `"app_label.Model"` name, or None for every model.
            apps: The registry in which a name is looked up, `fastjango.core.apps` by default.

        Raises:
            ValueError: The name is not of the form `"app_label.Model"`.
        """
        connect: Callable[..., Any] = partial(
            super().connect,
            receiver,
            weak=weak,
            dispatch_uid=dispatch_uid,
            inline=inline,
            subclasses=subclasses,
            twin=twin,
        )
        self._with_model(connect, sender, apps)

    def disconnect(
        self,
        receiver: Receiver | None = None,
        sender: Any = None,
        dispatch_uid: Hashable = None,
        *,
        apps: Registry | None = None,
    ) -> bool:
        """Undo a `connect` that had the same arguments.

        Returns:
            Whether there was such a connection; False as well for a model that is not loaded yet
            (it is disconnected when it is).
        """
        disconnect = partial(super().disconnect, receiver, dispatch_uid=dispatch_uid)
        return bool(self._with_model(disconnect, sender, apps))

    def _with_model(
        self, method: Callable[..., Any], sender: Any, registry: Registry | None
    ) -> Any:
        """Call the method with the model, now or when it is registered."""
        if not isinstance(sender, str):
            return method(sender=sender)
        app_label, _dot, name = sender.rpartition(".")
        if not app_label or not name or "." in app_label:
            raise ValueError(
                f"Invalid model reference {sender!r}. String model references must be of the "
                "form 'app_label.ModelName'."
            )
        results: list[Any] = []
        key = (app_label, name.lower())
        (registry or apps).lazy_model_operation(
            lambda model: results.append(method(sender=model)), key
        )
        return results[0] if results else False
