"""Handlers that other servers ask for users."""
