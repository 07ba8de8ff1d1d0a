"""Every error of this distribution, under one root class."""

from collections.abc import Iterable

from fastjango.core.exceptions import did_you_mean

__all__ = ["AuthError", "PolicyError", "UnknownSchemeError"]


class AuthError(Exception):
    """The root of every error that fastjango.auth raises."""


class PolicyError(AuthError):
    """A policy is missing, is there twice, or gives an answer of the wrong kind."""


class UnknownSchemeError(AuthError):
    """A dependency accepts a scheme that nobody has registered.

    Args:
        dependency: What lists of routes call the dependency.
        given: The names that it accepts.
        choices: The names of the registered schemes.

    Attributes:
        names: Those of the given names that are unknown.
        choices: The names of the registered schemes, sorted.
    """

    def __init__(self, dependency: str, given: Iterable[str], choices: Iterable[str]) -> None:
        self.choices = sorted(choices)
        self.names = sorted(set(given) - set(self.choices))
        hint = did_you_mean(self.names[0], self.choices) if len(self.names) == 1 else ""
        super().__init__(
            f"The dependency {dependency!r} accepts {', '.join(map(repr, self.names))}, which no "
            f"scheme is called. Schemes: {', '.join(map(repr, self.choices))}.{hint} Others are "
            "added by fastjango.auth.schemes.register(), in ready() of an app config."
        )
