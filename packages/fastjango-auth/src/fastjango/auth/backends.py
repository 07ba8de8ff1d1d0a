"""Backends: they find users by credentials and by id, and know their permissions."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from functools import partial
from typing import Any

from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth._texts import is_unstorable
from fastjango.auth.authentication import (
    acheck_password_with_timing_attack_mitigation,
    check_password_with_timing_attack_mitigation,
    get_user_model,
)
from fastjango.auth.models import Permission
from fastjango.http.aio import run_in_thread
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.orm.models import Exists, OuterRef, Q

__all__ = [
    "AllowAllUsersModelBackend",
    "AllowAllUsersRemoteUserBackend",
    "BaseBackend",
    "ModelBackend",
    "RemoteUserBackend",
]


class BaseBackend:
    """What a backend may answer; the answers here are no, nobody and nothing.

    A subclass overrides what it knows. A twin that it leaves alone calls the overridden method in
    a worker thread.
    """

    def authenticate(self, request: Any, **kwargs: Any) -> Any:
        """Return the user who has some credentials, `None` if this backend knows nobody."""
        return None

    async def aauthenticate(self, request: Any, **kwargs: Any) -> Any:
        """Do what `authenticate` does, in a worker thread."""
        return await run_in_thread(partial(self.authenticate, request, **kwargs))

    def get_user(self, user_id: Any) -> Any:
        """Return the user of this id, `None` if there is none who may come in."""
        return None

    async def aget_user(self, user_id: Any) -> Any:
        """Do what `get_user` does, in a worker thread."""
        return await run_in_thread(self.get_user, user_id)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions that a user has directly."""
        return set()

    async def aget_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_user_permissions` does, in a worker thread."""
        return await run_in_thread(self.get_user_permissions, user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions that a user has through groups."""
        return set()

    async def aget_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_group_permissions` does, in a worker thread."""
        return await run_in_thread(self.get_group_permissions, user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return all permissions of a user."""
        return {
            *self.get_user_permissions(user_obj, obj=obj),
            *self.get_group_permissions(user_obj, obj=obj),
        }

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_all_permissions` does."""
        return {
            *await self.aget_user_permissions(user_obj, obj=obj),
            *await self.aget_group_permissions(user_obj, obj=obj),
        }

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether a user has a permission."""
        return perm in self.get_all_permissions(user_obj, obj=obj)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Do what `has_perm` does."""
        return perm in await self.aget_all_permissions(user_obj, obj=obj)


def _found(name: str, *args: Any, **kwargs: Any) -> Steps[Any]:
    """Ask the manager of users for one of them, `None` if there is none."""
    model = get_user_model()
    try:
        return (yield call(model._default_manager, name, *args, **kwargs))
    except model.DoesNotExist:
        return None


def _listed(queryset: Any) -> Step:
    async def alist() -> list[Any]:
        return [row async for row in queryset]

    return Step(partial(list, queryset), alist)


class ModelBackend(BaseBackend):
    """Knows the users of `AUTH_USER_MODEL` by name and password, and their permissions."""

    @sensitive_variables("password")
    def _authenticate_steps(self, username: Any, password: Any, others: Any) -> Steps[Any]:
        if username is None:
            username = others.get(get_user_model().USERNAME_FIELD)
        if username is None or password is None:
            return None
        user = None
        if not is_unstorable(username):
            user = yield from _found("get_by_natural_key", username)
        right = yield pair(
            check_password_with_timing_attack_mitigation,
            acheck_password_with_timing_attack_mitigation,
            user,
            password,
        )
        return user if right and self.user_can_authenticate(user) else None

    @sensitive_variables("password")
    def authenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the user of this name and password, if there is one who may log in.

        The password is hashed even if there is no such user.

        Args:
            kwargs: The name may also come under the name of the user model's field.
        """
        return run(self._authenticate_steps(username, password, kwargs))

    @sensitive_variables("password")
    async def aauthenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Do what `authenticate` does, hashing in a worker thread."""
        return await arun(self._authenticate_steps(username, password, kwargs))

    def user_can_authenticate(self, user: Any) -> bool:
        """Tell whether a user may log in: who is not active may not."""
        return bool(getattr(user, "is_active", True))

    def _get_user_permissions(self, user_obj: Any) -> Any:
        return user_obj.user_permissions.all()

    def _get_group_permissions(self, user_obj: Any) -> Any:
        return Permission.objects.filter(group__in=user_obj.groups.all())

    def _permission_steps(self, user_obj: Any, obj: Any, kind: str) -> Steps[set[str]]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        cache = f"_{kind}_perm_cache"
        if not hasattr(user_obj, cache):
            if user_obj.is_superuser:
                rows: Any = Permission.objects.all()
            else:
                rows = getattr(self, f"_get_{kind}_permissions")(user_obj)
            rows = rows.values_list("content_type__app_label", "codename").order_by()
            found = yield _listed(rows)
            setattr(user_obj, cache, {f"{label}.{codename}" for label, codename in found})
        known: set[str] = getattr(user_obj, cache)
        return known

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions that a user has directly; for a single object, none.

        Side effects: one query, whose answer is kept on the user.
        """
        return run(self._permission_steps(user_obj, obj, "user"))

    async def aget_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_user_permissions` does."""
        return await arun(self._permission_steps(user_obj, obj, "user"))

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions that a user has through groups; for a single object, none.

        Side effects: one query, whose answer is kept on the user.
        """
        return run(self._permission_steps(user_obj, obj, "group"))

    async def aget_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_group_permissions` does."""
        return await arun(self._permission_steps(user_obj, obj, "group"))

    def _all_steps(self, user_obj: Any, obj: Any) -> Steps[set[str]]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            direct = yield call(self, "get_user_permissions", user_obj, obj=obj)
            grouped = yield call(self, "get_group_permissions", user_obj, obj=obj)
            user_obj._perm_cache = {*direct, *grouped}
        known: set[str] = user_obj._perm_cache
        return known

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return all permissions of a user; for a single object, none."""
        return run(self._all_steps(user_obj, obj))

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_all_permissions` does."""
        return await arun(self._all_steps(user_obj, obj))

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether an active user has a permission; for a single object, no."""
        return bool(user_obj.is_active) and super().has_perm(user_obj, perm, obj=obj)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Do what `has_perm` does."""
        return bool(user_obj.is_active) and await super().ahas_perm(user_obj, perm, obj=obj)

    def _module_steps(self, user_obj: Any, app_label: str) -> Steps[bool]:
        if not user_obj.is_active:
            return False
        known = yield call(self, "get_all_permissions", user_obj)
        return any(perm.partition(".")[0] == app_label for perm in known)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether an active user has any permission in an app."""
        return run(self._module_steps(user_obj, app_label))

    async def ahas_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Do what `has_module_perms` does."""
        return await arun(self._module_steps(user_obj, app_label))

    def with_perm(
        self,
        perm: Any,
        is_active: bool | None = True,
        include_superusers: bool = True,
        obj: Any = None,
    ) -> Any:
        """Return the users who have a permission, as a queryset; for a single object, nobody.

        See `UserManager.with_perm` for the arguments.

        Raises:
            TypeError: `perm` is neither a text nor a permission.
            ValueError: It is a text without app label and codename.
        """
        users = get_user_model()._default_manager
        wanted = _permission_condition(perm)
        if obj is not None:
            return users.none()
        held = (Q(group__user=OuterRef("pk")) | Q(user=OuterRef("pk"))) & wanted
        condition: Any = Exists(Permission.objects.filter(held))
        if include_superusers:
            condition |= Q(is_superuser=True)
        if is_active is not None:
            condition &= Q(is_active=is_active)
        return users.filter(condition)

    def _allowed(self, user: Any) -> Any:
        return user if self.user_can_authenticate(user) else None

    # Every request with a user comes by here: both edges are written out.
    def get_user(self, user_id: Any) -> Any:
        """Return the user of this id, `None` if there is none who may log in."""
        model = get_user_model()
        try:
            return self._allowed(model._default_manager.get(pk=user_id))
        except model.DoesNotExist:
            return None

    async def aget_user(self, user_id: Any) -> Any:
        """Do what `get_user` does."""
        model = get_user_model()
        try:
            return self._allowed(await call(model._default_manager, "get", pk=user_id).acall())
        except model.DoesNotExist:
            return None


def _permission_condition(perm: Any) -> Q:
    if isinstance(perm, Permission):
        return Q(pk=perm.pk)
    if not isinstance(perm, str):
        raise TypeError("The `perm` argument must be a string or a permission instance.")
    try:
        app_label, codename = perm.split(".")
    except ValueError:
        raise ValueError(
            "Permission name should be in the form app_label.permission_codename."
        ) from None
    return Q(codename=codename, content_type__app_label=app_label)


class AllowAllUsersModelBackend(ModelBackend):
    """A `ModelBackend` that lets in users who are not active."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Tell that everybody may log in."""
        return True


class RemoteUserBackend(ModelBackend):
    """Takes the server's word for who a client is; see `RemoteUserMiddleware`.

    Attributes:
        create_unknown_user: Whether a name without a user gets one.
    """

    create_unknown_user: bool = True

    def _remote_steps(self, request: Any, remote_user: str | None) -> Steps[Any]:
        if not remote_user:
            return None
        model = get_user_model()
        username = self.clean_username(remote_user)
        created = False
        if self.create_unknown_user:
            user, created = yield call(
                model._default_manager, "get_or_create", **{model.USERNAME_FIELD: username}
            )
        else:
            user = yield from _found("get_by_natural_key", username)
        user = yield call(self, "configure_user", request, user, created=created)
        return user if user is not None and self.user_can_authenticate(user) else None

    def authenticate(  # type: ignore[override]  # other credentials
        self, request: Any, remote_user: str | None
    ) -> Any:
        """Return the user of a name that is trusted; see `create_unknown_user`."""
        return run(self._remote_steps(request, remote_user))

    async def aauthenticate(  # type: ignore[override]  # other credentials
        self, request: Any, remote_user: str | None
    ) -> Any:
        """Do what `authenticate` does."""
        return await arun(self._remote_steps(request, remote_user))

    def clean_username(self, username: str) -> str:
        """Return the name to look for; override it to cut off a domain or the like."""
        return username

    def configure_user(self, request: Any, user: Any, created: bool = True) -> Any:
        """Return the user, changed as you like.

        Args:
            created: Whether the user is new.
        """
        return user

    async def aconfigure_user(self, request: Any, user: Any, created: bool = True) -> Any:
        """Do what `configure_user` does; an override of that alone runs in a worker thread."""
        if type(self).configure_user is RemoteUserBackend.configure_user:
            return user
        return await run_in_thread(self.configure_user, request, user, created)


class AllowAllUsersRemoteUserBackend(RemoteUserBackend):
    """A `RemoteUserBackend` that lets in users who are not active."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Tell that everybody may log in."""
        return True
