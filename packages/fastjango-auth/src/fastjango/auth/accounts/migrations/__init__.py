"""Migrations of account flows."""
