"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["AuthConfig"]


class AuthConfig(AppConfig):
    """Users, permissions, logins, tokens and OAuth2, on Django's tables."""

    name = "fastjango.auth"
    label = "auth"
    verbose_name = _("Authentication and Authorization")
    requires = ("contenttypes",)
    settings_class = "fastjango.auth.conf.AuthSettings"
    # Django names it by a plain attribute as well; the base computes its own from a setting.
    default_auto_field = "fastjango.orm.models.AutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def ready(self) -> None:
        """Make permissions after migrations, note logins, and register checks and hooks."""
        from fastjango.auth import events
        from fastjango.auth.authentication import get_user_model
        from fastjango.auth.checks import check_routes
        from fastjango.auth.guards import rules_of_view
        from fastjango.auth.management import (
            create_permissions,
            rename_permissions_after_model_rename,
        )
        from fastjango.auth.models import aupdate_last_login, update_last_login
        from fastjango.auth.signals import user_logged_in
        from fastjango.core import checks
        from fastjango.http.hooks import view_guards
        from fastjango.orm.signals import post_migrate

        checks.register(check_routes, checks.Tags.security, deploy=True)
        if rules_of_view not in view_guards:
            view_guards.register(rules_of_view)
        events.connect()
        post_migrate.connect(
            rename_permissions_after_model_rename,
            dispatch_uid="django.contrib.auth.management.rename_permissions",
        )
        post_migrate.connect(
            create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions"
        )
        if any(field.name == "last_login" for field in get_user_model()._meta.concrete_fields):
            user_logged_in.connect(
                update_last_login, dispatch_uid="update_last_login", twin=aupdate_last_login
            )

    def context_processors(self) -> Iterable[Any]:
        """Give templates `user`, `perms` and `can`."""
        return (
            "fastjango.auth.context_processors.auth",
            "fastjango.auth.context_processors.policies",
        )

    def checks(self) -> Iterable[Any]:
        """Return the system checks of the user model, permissions, middleware and routes."""
        from fastjango.auth import checks

        return checks.ALL
