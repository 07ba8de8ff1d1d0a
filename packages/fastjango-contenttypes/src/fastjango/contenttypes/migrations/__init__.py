"""Migrations of the table of content types; their names are Django's."""
