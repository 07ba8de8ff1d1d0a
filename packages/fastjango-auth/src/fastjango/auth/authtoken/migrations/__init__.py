"""Migrations of opaque tokens, named as those of Django REST framework."""
