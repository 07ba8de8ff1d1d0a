"""The garbage collector of a process that answers requests.

Every page of instances brings the collector nearer to a full collection, which walks each class,
function and module of the process: some 70 ms during which the event loop stands still. What
outlived the first one is there to stay, so later ones may leave it out.
"""

from __future__ import annotations

import gc
from typing import Any

__all__ = ["freeze_after_full_collection"]

OLDEST = 2
"""The generation of a full collection."""


class _Freezer:
    """A callback of the collector that freezes what survives the first full collection."""

    def __init__(self) -> None:
        self.is_waiting = True

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        # It stays among the callbacks: one that removes itself makes Python skip the next.
        if self.is_waiting and phase == "stop" and info["generation"] == OLDEST:
            self.is_waiting = False
            gc.freeze()


def freeze_after_full_collection() -> None:
    """Let full collections after the next one look only at what was made since; once a process.

    What is frozen is freed as ever when nothing refers to it any more; only circles among frozen
    objects stay.
    """
    if not any(isinstance(callback, _Freezer) for callback in gc.callbacks):
        gc.callbacks.append(_Freezer())
