"""The table of Django names and what is built on it."""

from fastjango.django.table import NameTable, Refusal, names

__all__ = ["NameTable", "Refusal", "names"]
