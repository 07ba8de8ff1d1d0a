"""Migrations under Django's names."""
