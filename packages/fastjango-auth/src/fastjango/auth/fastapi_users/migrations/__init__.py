"""Migrations of the adapter for fastapi-users."""
