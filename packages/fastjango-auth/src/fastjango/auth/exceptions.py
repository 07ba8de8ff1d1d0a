"""Every error of this distribution, under one root class."""

__all__ = ["AuthError", "PolicyError"]


class AuthError(Exception):
    """The root of every error that fastjango.auth raises."""


class PolicyError(AuthError):
    """A policy is missing, is there twice, or gives an answer of the wrong kind."""
