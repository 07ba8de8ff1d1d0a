"""The app of accounts and profiles."""

from fastjango.core import AppConfig


class UsersConfig(AppConfig):
    """Accounts, tokens, profiles and who follows whom."""

    name = "users"
    label = "users"
    default_auto_field = "django.db.models.BigAutoField"
