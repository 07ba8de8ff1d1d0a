"""Functions that Apache's mod_wsgi asks for passwords and groups.

Source: https://docs.djangoproject.com/en/6.1/howto/deployment/wsgi/apache-auth/
"""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from fastjango.auth._texts import is_unstorable
from fastjango.auth.authentication import (
    check_password_with_timing_attack_mitigation,
    get_user_model,
)
from fastjango.orm import close_old_connections, reset_queries

__all__ = ["check_password", "groups_for_user"]


@contextmanager
def _outside_of_requests() -> Generator[None]:
    """Do for connections what the server does around a request."""
    reset_queries()
    try:
        yield
    finally:
        close_old_connections()


def _active_user(username: str) -> Any:
    model = get_user_model()
    if is_unstorable(username):
        return None
    try:
        user = model._default_manager.get_by_natural_key(username)
    except model.DoesNotExist:
        return None
    return user if user.is_active else None


def check_password(environ: Mapping[str, Any], username: str, password: str) -> bool | None:
    """Return whether a password is right; `None` if there is no such user who is active."""
    with _outside_of_requests():
        return check_password_with_timing_attack_mitigation(_active_user(username), password)


def groups_for_user(environ: Mapping[str, Any], username: str) -> list[bytes]:
    """Return the names of the groups that an active user is in."""
    with _outside_of_requests():
        user = _active_user(username)
        return [] if user is None else [group.name.encode() for group in user.groups.all()]
