"""Migrations of users, groups and permissions; their names are Django's."""
