"""What templates know of the user: `user`, `perms` and `can`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

__all__ = ["PermLookupDict", "PermWrapper", "auth", "policies"]


class PermLookupDict:
    """The permissions of a user in one app: `perms.blog.change_article`; true if there are any."""

    def __init__(self, user: Any, app_label: str) -> None:
        # A template looks at attributes before items: a public one would hide a permission.
        self._user, self._app_label = user, app_label

    def __repr__(self) -> str:
        return str(self._user.get_all_permissions())

    def __getitem__(self, perm_name: str) -> bool:
        return bool(self._user.has_perm(f"{self._app_label}.{perm_name}"))

    def __iter__(self) -> Iterator[NoReturn]:
        # `in` would otherwise try the numbers from 0 on as names of permissions.
        raise TypeError("PermLookupDict is not iterable.")

    def __bool__(self) -> bool:
        return bool(self._user.has_module_perms(self._app_label))


class PermWrapper:
    """The permissions of a user by app: `perms.blog`, `"blog.change_article" in perms`."""

    def __init__(self, user: Any) -> None:
        # Named so that `perms.user` is the app of that name, as in Django, and not the user.
        self._user = user

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self._user!r})"

    def __getitem__(self, app_label: str) -> PermLookupDict:
        return PermLookupDict(self._user, app_label)

    def __iter__(self) -> Iterator[NoReturn]:
        raise TypeError("PermWrapper is not iterable.")

    def __contains__(self, perm_name: str) -> bool:
        app_label, dot, codename = perm_name.partition(".")
        return self[app_label][codename] if dot else bool(self[app_label])


def _user(request: Any) -> Any:
    if hasattr(request, "user"):
        return request.user
    from fastjango.auth.models import AnonymousUser

    return AnonymousUser()


def auth(request: Any) -> dict[str, Any]:
    """Return `user` and `perms`; an `AnonymousUser` for a request without a user."""
    user = _user(request)
    return {"user": user, "perms": PermWrapper(user)}


def policies(request: Any) -> dict[str, Callable[..., bool]]:
    """Return `can`, which asks the policies: `{% if can("change", article) %}`.

    With a model in place of an object it tells whether the user may do that to any object.
    """
    user = _user(request)

    def can(action: str, target: Any) -> bool:
        from fastjango.auth.policies import find_policy, policy_of

        if isinstance(target, str):
            return find_policy(target).may(user, action)
        policy = policy_of(target)
        return (
            policy.may(user, action)
            if isinstance(target, type)
            else policy.allows(user, action, target)
        )

    return {"can": can}
