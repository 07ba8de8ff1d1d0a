"""Database backends under Django's module names: ``fastjango.orm.backends.<vendor>.base``."""
