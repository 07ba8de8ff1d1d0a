"""How the data of a session becomes text."""

from fastjango.core.signing import JSONSerializer

__all__ = ["JSONSerializer"]
