"""Accounts, tokens, profiles and who follows whom."""
