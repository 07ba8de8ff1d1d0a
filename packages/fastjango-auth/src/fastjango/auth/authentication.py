"""Backends: finding them, and asking them who has some credentials."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from fastjango.auth._edges import Steps, arun, call, pair, run
from fastjango.auth._texts import is_password
from fastjango.auth.signals import user_login_failed
from fastjango.core import apps, settings
from fastjango.core.exceptions import ImproperlyConfigured, PermissionDenied
from fastjango.core.imports import import_string
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.signals import receiver, setting_changed
from fastjango.values.inspect import signature

__all__ = [
    "aauthenticate",
    "acheck_password_with_timing_attack_mitigation",
    "authenticate",
    "check_password_with_timing_attack_mitigation",
    "get_backends",
    "get_permission_codename",
    "get_user_model",
    "load_backend",
]

#: Sender of `user_login_failed`, as receivers written for Django know it.
SENDER = "fastjango.auth"

OURS, THEIRS = "fastjango.auth.backends.", "django.contrib.auth.backends."
_SECRET_NAME = re.compile("api|token|key|secret|password|signature", re.IGNORECASE)
_MASK = "********************"


def our_path(path: str) -> str:
    """Return where a backend is: Django's name of one of ours stands for ours."""
    return OURS + path.removeprefix(THEIRS) if path.startswith(THEIRS) else path


def shared_path(path: str) -> str:
    """Return the name under which sessions know a backend: Django's, if it is one of ours."""
    return THEIRS + path.removeprefix(OURS) if path.startswith(OURS) else path


def is_configured(path: str) -> bool:
    """Tell whether `AUTHENTICATION_BACKENDS` has a backend, under Django's name or ours."""
    paths: list[str] = settings.AUTHENTICATION_BACKENDS
    if path in paths:
        return True
    wanted = shared_path(path)
    return any(shared_path(known) == wanted for known in paths)


def load_backend(path: str) -> Any:
    """Return a new backend of the class that a dotted path names."""
    return import_string(our_path(path))()


def configured_backends() -> list[tuple[Any, str]]:
    """Return the backends of `AUTHENTICATION_BACKENDS` with their paths.

    Raises:
        ImproperlyConfigured: The setting is empty.
    """
    # Django's name and ours of one backend are one entry.
    paths = {shared_path(path): path for path in reversed(settings.AUTHENTICATION_BACKENDS)}
    backends = [(load_backend(path), path) for path in reversed(paths.values())]
    if not backends:
        raise ImproperlyConfigured(
            "No authentication backends have been defined. Does "
            "AUTHENTICATION_BACKENDS contain anything?"
        )
    return backends


def get_backends() -> list[Any]:
    """Return the backends of `AUTHENTICATION_BACKENDS`.

    Raises:
        ImproperlyConfigured: The setting is empty.
    """
    return [backend for backend, _path in configured_backends()]


def _accepting(request: Any, credentials: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """The backends whose `authenticate` takes these credentials."""
    for backend, path in configured_backends():
        try:
            signature(backend.authenticate).bind(request, **credentials)
        except TypeError:
            continue
        yield backend, path


def _clean_credentials(credentials: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _MASK if _SECRET_NAME.search(name) else value for name, value in credentials.items()
    }


@sensitive_variables("credentials")
def _authenticate_steps(request: Any, credentials: dict[str, Any]) -> Steps[Any]:
    for backend, path in _accepting(request, credentials):
        try:
            user = yield call(backend, "authenticate", request, **credentials)
        except PermissionDenied:
            # This backend wants nobody else to be asked.
            break
        if user is None:
            continue
        user.backend = path
        return user
    yield call(
        user_login_failed,
        "send",
        sender=SENDER,
        credentials=_clean_credentials(credentials),
        request=request,
    )
    return None


@sensitive_variables("credentials")
def authenticate(request: Any = None, **credentials: Any) -> Any:
    """Return the user who has these credentials, `None` if there is nobody.

    The backends are asked in their order. The user's attribute `backend` tells who knew them.

    Side effects: sends `user_login_failed` for nobody, with secrets masked.

    Args:
        request: The request that they came with, which some backends look at.
        credentials: Mostly `username` and `password`.
    """
    return run(_authenticate_steps(request, credentials))


@sensitive_variables("credentials")
async def aauthenticate(request: Any = None, **credentials: Any) -> Any:
    """Do what `authenticate` does; passwords are hashed in a worker thread."""
    return await arun(_authenticate_steps(request, credentials))


def get_user_model() -> Any:
    """Return the model of users that `AUTH_USER_MODEL` names.

    Raises:
        ImproperlyConfigured: The setting is no label of a model, or the model is not installed.
    """
    try:
        return apps.get_model(settings.AUTH_USER_MODEL, require_ready=False)
    except ValueError:
        raise ImproperlyConfigured(
            "AUTH_USER_MODEL must be of the form 'app_label.model_name'"
        ) from None
    except LookupError:
        raise ImproperlyConfigured(
            f"AUTH_USER_MODEL refers to model '{settings.AUTH_USER_MODEL}' that has not been "
            "installed"
        ) from None


def get_permission_codename(action: str, opts: Any) -> str:
    """Return the codename of the permission for an action on a model.

    Args:
        action: `add`, `change`, `delete`, `view` or one of your own.
        opts: The model's `_meta`.
    """
    return f"{action}_{opts.model_name}"


@receiver(setting_changed, inline=True)
def _forget_relations(*, setting: str, **kwargs: Any) -> None:
    """Find out anew which models point to users when a test names another model of users."""
    if setting == "AUTH_USER_MODEL" and apps.ready:
        apps.clear_cache()


@sensitive_variables("password")
def _check_steps(user: Any, password: str) -> Steps[Any]:
    if user is None:
        # Nobody takes as long as somebody with a wrong password.
        # What cannot be hashed takes as long as any other wrong password.
        hashable = password if is_password(password) else ""
        set_password = get_user_model()().set_password
        yield pair(set_password, partial(asyncio.to_thread, set_password), hashable)
        return None
    return (yield call(user, "check_password", password))


@sensitive_variables("password")
def check_password_with_timing_attack_mitigation(user: Any, password: str) -> bool | None:
    """Tell whether a user has a password; without a user, take as long and return `None`."""
    return cast("bool | None", run(_check_steps(user, password)))


@sensitive_variables("password")
async def acheck_password_with_timing_attack_mitigation(user: Any, password: str) -> bool | None:
    """Do what its twin does, hashing in a worker thread."""
    return cast("bool | None", await arun(_check_steps(user, password)))
