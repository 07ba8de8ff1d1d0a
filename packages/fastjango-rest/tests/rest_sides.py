"""The same models and declarations on both sides: FastJango's and REST framework's."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any


def _with_tables(connection: Any, **modules: Any) -> SimpleNamespace:
    with connection.schema_editor() as editor:
        for model in modules["models"].all:
            editor.create_model(model)
    return SimpleNamespace(**modules)


@functools.cache
def ours() -> SimpleNamespace:
    """FastJango's side; its tables are made once."""
    from fastjango.core import exceptions as core_exceptions
    from fastjango.orm import connection, models
    from fastjango.rest import exceptions, serializers, validators
    from shop_ours.models import shop

    return _with_tables(
        connection, models=shop, serializers=serializers, exceptions=exceptions,
        validators=validators, orm=models, core=core_exceptions,
    )  # fmt: skip


@functools.cache
def theirs() -> SimpleNamespace:
    """REST framework's side, on Django's ORM."""
    from django.core import exceptions as core_exceptions
    from django.db import connection, models
    from rest_framework import exceptions, serializers, validators
    from shop_theirs.models import shop

    return _with_tables(
        connection, models=shop, serializers=serializers, exceptions=exceptions,
        validators=validators, orm=models, core=core_exceptions,
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Return errors and data in a form that both sides share; codes beside texts."""
    if hasattr(value, "code"):
        return str(value), value.code
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "_meta"):
        return type(value).__name__, value.pk
    return value
