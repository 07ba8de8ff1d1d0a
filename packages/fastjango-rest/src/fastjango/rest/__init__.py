"""REST APIs in the shape of Django REST framework, async and compiled."""

from fastjango.rest.exceptions import RestError

__all__ = ["RestError"]
