"""Migrations of JSON Web Tokens."""
