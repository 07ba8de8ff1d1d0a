"""Permissions of proxy models belong to the content type of the proxy."""

from __future__ import annotations

import sys
from typing import Any

from fastjango.core.management.color import color_style
from fastjango.orm import migrations
from fastjango.orm.exceptions import IntegrityError
from fastjango.orm.models import Q
from fastjango.orm.transaction import atomic

WARNING = """
    A problem arose migrating proxy model permissions for {old} to {new}.

      Permission(s) for {new} already existed.
      Codenames Q: {query}

    Ensure to audit ALL permissions for {old} and {new}.
"""


def _permissions_of(opts: Any) -> Q:
    codenames = [f"{action}_{opts.model_name}" for action in opts.default_permissions]
    condition = Q(codename__in=codenames)
    for codename, name in opts.permissions:
        condition |= Q(codename=codename, name=name)
    return condition


def update_proxy_model_permissions(apps: Any, schema_editor: Any, reverse: bool = False) -> None:
    """Move permissions of proxy models from the model behind to the proxy, or back."""
    alias = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    types = apps.get_model("contenttypes", "ContentType").objects.db_manager(alias)
    for model in apps.get_models():
        if not model._meta.proxy:
            continue
        condition = _permissions_of(model._meta)
        old = types.get_for_model(model, for_concrete_model=True)
        new = types.get_for_model(model, for_concrete_model=False)
        if reverse:
            old, new = new, old
        try:
            with atomic(using=alias):
                permissions.filter(condition, content_type=old).update(content_type=new)
        except IntegrityError:
            message = WARNING.format(
                old=f"{old.app_label}_{old.model}",
                new=f"{new.app_label}_{new.model}",
                query=condition,
            )
            sys.stdout.write(color_style().WARNING(message))


def revert_proxy_model_permissions(apps: Any, schema_editor: Any) -> None:
    """Move permissions of proxy models back to the model behind."""
    update_proxy_model_permissions(apps, schema_editor, reverse=True)


class Migration(migrations.Migration):
    """Move the permissions."""

    dependencies = [
        ("auth", "0010_alter_group_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(update_proxy_model_permissions, revert_proxy_model_permissions),
    ]
