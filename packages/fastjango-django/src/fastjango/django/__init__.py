"""The table of Django names and what is built on it."""
