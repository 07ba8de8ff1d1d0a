"""Asking the backends for permissions: what users and `AnonymousUser` have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from fastjango.auth._edges import Steps, arun, call, run
from fastjango.core.exceptions import PermissionDenied

Permissions = set[str]


def _collected(user: Any, obj: Any, kind: str) -> Steps[Permissions]:
    from fastjango.auth.authentication import get_backends

    name = f"get_{kind}_permissions"
    found: Permissions = set()
    for backend in get_backends():
        if hasattr(backend, name):
            found.update((yield call(backend, name, user, obj)))
    return found


def _granted(question: str, *args: Any) -> Steps[bool]:
    """Ask backend after backend until one says yes, or refuses by `PermissionDenied`."""
    from fastjango.auth.authentication import get_backends

    for backend in get_backends():
        if not hasattr(backend, question):
            continue
        try:
            if (yield call(backend, question, *args)):
                return True
        except PermissionDenied:
            return False
    return False


def _listed(perm_list: Any) -> Iterable[str]:
    if not isinstance(perm_list, Iterable) or isinstance(perm_list, str):
        raise ValueError("perm_list must be an iterable of permissions.")
    return cast("Iterable[str]", perm_list)


class UserPermissions:
    """The questions about permissions; the backends answer them."""

    is_active: Any
    is_superuser: Any

    @property
    def _may_do_everything(self) -> bool:
        return bool(self.is_active and self.is_superuser)

    def get_user_permissions(self, obj: Any = None) -> Permissions:
        """Return the permissions that the user has directly, as `has_perm` takes them.

        Args:
            obj: Only permissions for this object.
        """
        return run(_collected(self, obj, "user"))

    async def aget_user_permissions(self, obj: Any = None) -> Permissions:
        """Do what `get_user_permissions` does."""
        return await arun(_collected(self, obj, "user"))

    def get_group_permissions(self, obj: Any = None) -> Permissions:
        """Return the permissions that the user has through groups.

        Args:
            obj: Only permissions for this object.
        """
        return run(_collected(self, obj, "group"))

    async def aget_group_permissions(self, obj: Any = None) -> Permissions:
        """Do what `get_group_permissions` does."""
        return await arun(_collected(self, obj, "group"))

    def get_all_permissions(self, obj: Any = None) -> Permissions:
        """Return all permissions of the user.

        Args:
            obj: Only permissions for this object.
        """
        return run(_collected(self, obj, "all"))

    async def aget_all_permissions(self, obj: Any = None) -> Permissions:
        """Do what `get_all_permissions` does."""
        return await arun(_collected(self, obj, "all"))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Tell whether the user has a permission; an active superuser has all.

        Args:
            perm: App label and codename: `blog.change_article`.
            obj: The object it is for.
        """
        return self._may_do_everything or run(_granted("has_perm", self, perm, obj))

    async def ahas_perm(self, perm: str, obj: Any = None) -> bool:
        """Do what `has_perm` does."""
        return self._may_do_everything or await arun(_granted("has_perm", self, perm, obj))

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        """Tell whether the user has every one of some permissions.

        Raises:
            ValueError: `perm_list` is a text, or cannot be iterated over.
        """
        return all(self.has_perm(perm, obj) for perm in _listed(perm_list))

    async def ahas_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        """Do what `has_perms` does."""
        for perm in _listed(perm_list):
            if not await self.ahas_perm(perm, obj):
                return False
        return True

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether the user has any permission in an app."""
        return self._may_do_everything or run(_granted("has_module_perms", self, app_label))

    async def ahas_module_perms(self, app_label: str) -> bool:
        """Do what `has_module_perms` does."""
        return self._may_do_everything or await arun(_granted("has_module_perms", self, app_label))
