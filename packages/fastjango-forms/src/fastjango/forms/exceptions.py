"""Every error of this distribution, under one root class."""

__all__ = ["AsyncCleaningRequired", "FormsError", "MissingAsyncTwin"]


class FormsError(Exception):
    """The root of every error that fastjango.forms raises."""


class AsyncCleaningRequired(FormsError, RuntimeError):
    """A form with async cleaners or validators was cleaned by a sync call."""

    def __init__(self, what: str, cause: str, twin: str) -> None:
        self.what, self.cause, self.twin = what, cause, twin
        super().__init__(
            f"{what} cannot be cleaned by a sync call, because {cause} has to be awaited. "
            f"Use `await {twin}` instead."
        )


class MissingAsyncTwin(FormsError, TypeError):
    """A class overrides a sync step of cleaning whose async twin would pass it over."""

    def __init__(self, owner: type, name: str, twin: str) -> None:
        self.owner, self.name, self.twin = owner, name, twin
        super().__init__(
            f"{owner.__qualname__} overrides {name}() but not its async twin {twin}(), so async "
            f"cleaning would pass {name}() over. Override {twin}() as well."
        )
