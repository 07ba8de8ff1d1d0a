"""Content types and generic relations, with Django's tables."""
