"""URLs of static and uploaded files, as in `django.templatetags.static`."""

from fastjango.templates.functions import get_media_prefix, get_static_prefix, static

__all__ = ["get_media_prefix", "get_static_prefix", "static"]
