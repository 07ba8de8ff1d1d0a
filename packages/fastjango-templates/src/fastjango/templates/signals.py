"""The signal that tells of rendered templates."""

from fastjango.signals import template_rendered

__all__ = ["template_rendered"]
