"""Migrations of logins by other sites."""
