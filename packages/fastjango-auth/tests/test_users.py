"""Users, permissions, backends and logins, on both edges."""

from __future__ import annotations

from typing import Any

import pytest
from fastjango import auth
from fastjango.auth.backends import BaseBackend, ModelBackend, RemoteUserBackend
from fastjango.auth.base_user import AbstractBaseUser, BaseUserManager
from fastjango.auth.fastapi_users import UserDatabase
from fastjango.auth.forms import PasswordChangeForm
from fastjango.auth.models import AnonymousUser, Group, Permission, User
from fastjango.auth.passwords import acheck_credentials
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, PermissionDenied
from fastjango.http.request import HttpRequest
from fastjango.sessions.backends.db import SessionStore

TWO = ["fastjango.auth.backends.ModelBackend", f"{__name__}.Refusing"]


class Refusing(BaseBackend):
    """Lets nobody in who is called nobody."""

    def authenticate(self, request: Any, username: str = "", **kwargs: Any) -> Any:
        if username == "nobody":
            raise PermissionDenied
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm == "auth.refused":
            raise PermissionDenied
        return perm == "auth.given"


class Remote(RemoteUserBackend):
    create_unknown_user = False


def session_request(user: Any = None) -> Any:
    request = HttpRequest()
    request.session = SessionStore()
    request.user = user or AnonymousUser()
    return request


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def test_creating_users() -> None:
    user = User.objects.create_user("ﬀjo", "Jo@EXAMPLE.com", "pw", first_name="Jo", last_name="Doe")
    assert (user.username, user.email) == ("ffjo", "Jo@example.com")
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.check_password("pw")
    assert not user.check_password("other")
    assert (user.get_full_name(), user.get_short_name()) == ("Jo Doe", "Jo")
    assert user.natural_key() == ("ffjo",)
    assert User.objects.get_by_natural_key("ffjo") == user
    assert (str(user), user.is_anonymous, user.is_authenticated) == ("ffjo", False, True)
    assert not User.objects.create_user("none").has_usable_password()
    assert User.objects.create_superuser("root", password="x").is_superuser
    with pytest.raises(ValueError, match="The given username must be set"):
        User.objects.create_user("")
    for name in ("is_staff", "is_superuser"):
        with pytest.raises(ValueError, match=f"Superuser must have {name}=True"):
            User.objects.create_superuser("r2", password="x", **{name: False})
    user.email = "A@B.COM"
    user.clean()
    assert user.email == "A@b.com"
    assert BaseUserManager.normalize_email(None) == ""
    assert BaseUserManager.normalize_email("no address") == "no address"


async def test_creating_users_asynchronously() -> None:
    user = await User.objects.acreate_user("jo", password="pw")
    assert await user.acheck_password("pw")
    assert (await User.objects.acreate_superuser("root", password="pw")).is_staff
    assert await User.objects.aget_by_natural_key("jo") == user
    await user.aset_password("new")
    await user.asave()
    assert await (await User.objects.aget(pk=user.pk)).acheck_password("new")
    group = await Group.objects.acreate(name="editors")
    assert await Group.objects.aget_by_natural_key("editors") == group
    found = await Permission.objects.aget_by_natural_key("add_user", "auth", "user")
    assert found.codename == "add_user"


def test_upgrades_are_no_changes_of_the_password() -> None:
    user = User.objects.create_user("jo", password="pw")
    before = user.password
    cheap = "fastjango.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=["fastjango.auth.hashers.ScryptPasswordHasher", cheap]):
        assert user.check_password("pw")
    assert user.password.startswith("scrypt$")
    assert user._password is None
    assert User.objects.get().password == user.password != before


async def test_upgrades_asynchronously() -> None:
    user = await User.objects.acreate_user("jo", password="pw")
    cheap = "fastjango.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=["fastjango.auth.hashers.ScryptPasswordHasher", cheap]):
        assert await user.acheck_password("pw")
    assert (await User.objects.aget()).password.startswith("scrypt$")


def test_session_hash_follows_password_and_secret() -> None:
    user = User(username="jo", password="stored")
    first = user.get_session_auth_hash()
    user.password = "other"
    assert user.get_session_auth_hash() != first
    with override_settings(SECRET_KEY_FALLBACKS=["old"]):
        (fallback,) = user.get_session_auth_fallback_hash()
    with override_settings(SECRET_KEY="old"):
        assert user.get_session_auth_hash() == fallback
    assert AbstractBaseUser.get_email_field_name() == "email"


def test_permissions_of_users_and_groups() -> None:
    user = User.objects.create_user("jo")
    group = Group.objects.create(name="editors")
    assert (str(group), group.natural_key()) == ("editors", ("editors",))
    group.permissions.add(permission("change_user"))
    user.groups.add(group)
    user.user_permissions.add(permission("add_user"))
    user = User.objects.get()
    assert user.get_user_permissions() == {"auth.add_user"}
    assert user.get_group_permissions() == {"auth.change_user"}
    assert user.get_all_permissions() == {"auth.add_user", "auth.change_user"}
    assert user.has_perms(["auth.add_user", "auth.change_user"])
    assert not user.has_perm("auth.delete_user")
    assert not user.has_perm("auth.add_user", user)
    assert user.has_module_perms("auth")
    assert not user.has_module_perms("blog")
    for wrong in ("auth.add_user", 3):
        with pytest.raises(ValueError, match="perm_list must be an iterable of permissions"):
            user.has_perms(wrong)  # type: ignore[arg-type]
    inactive = User.objects.create_user("off", is_active=False)
    inactive.user_permissions.add(permission("add_user"))
    assert not inactive.has_perm("auth.add_user")
    assert not inactive.has_module_perms("auth")
    root = User.objects.create_superuser("root")
    assert root.has_perm("any.thing")
    assert root.has_module_perms("any")
    assert "auth.add_user" in root.get_all_permissions()
    assert permission("add_user").natural_key() == ("add_user", "auth", "user")
    assert Permission.objects.get_by_natural_key("add_user", "auth", "user") == permission(
        "add_user"
    )
    assert str(permission("add_user")) == "Authentication and Authorization | user | Can add user"


async def test_permissions_asynchronously() -> None:
    user = await User.objects.acreate_user("jo")
    found = await Permission.objects.aget(codename="add_user")
    await user.user_permissions.aadd(found)
    assert await user.aget_user_permissions() == {"auth.add_user"}
    assert await user.aget_group_permissions() == set()
    assert await user.aget_all_permissions() == {"auth.add_user"}
    assert await user.ahas_perm("auth.add_user")
    assert not await user.ahas_perms(["auth.add_user", "auth.change_user"])
    assert await user.ahas_perms(["auth.add_user"])
    assert await user.ahas_module_perms("auth")
    nobody = AnonymousUser()
    assert not await nobody.ahas_perm("auth.add_user")
    assert await nobody.aget_group_permissions() == set()
    inactive = await User.objects.acreate_user("off", is_active=False)
    assert not await inactive.ahas_module_perms("auth")


def test_users_with_a_permission() -> None:
    jo = User.objects.create_user("jo")
    jo.user_permissions.add(permission("add_user"))
    off = User.objects.create_user("off", is_active=False)
    off.user_permissions.add(permission("add_user"))
    root = User.objects.create_superuser("root")
    with_perm = User.objects.with_perm
    assert set(with_perm("auth.add_user")) == {jo, root}
    assert set(with_perm(permission("add_user"), include_superusers=False)) == {jo}
    assert set(with_perm("auth.add_user", is_active=None)) == {jo, off, root}
    assert not with_perm("auth.add_user", obj=jo)
    with pytest.raises(ValueError, match=r"in the form app_label\.permission_codename"):
        with_perm("nonsense")
    with pytest.raises(TypeError, match="must be a string or a permission instance"):
        with_perm(3)
    with pytest.raises(TypeError, match="backend must be a dotted import path string"):
        with_perm("auth.add_user", backend=ModelBackend)  # type: ignore[arg-type]
    with override_settings(AUTHENTICATION_BACKENDS=TWO):
        with pytest.raises(ValueError, match="You have multiple authentication backends"):
            with_perm("auth.add_user")
        assert set(with_perm("auth.add_user", backend=TWO[0])) == {jo, root}
        assert not with_perm("auth.add_user", backend=TWO[1])


def test_nobody() -> None:
    nobody = AnonymousUser()
    assert nobody == AnonymousUser()
    assert hash(nobody) == 1
    assert str(nobody) == "AnonymousUser"
    assert (nobody.is_anonymous, nobody.is_authenticated, nobody.get_username()) == (
        True,
        False,
        "",
    )
    assert not nobody.groups.exists()
    assert not nobody.user_permissions.exists()
    assert nobody.get_all_permissions() == nobody.get_group_permissions() == set()
    with pytest.raises(TypeError, match="Cannot cast AnonymousUser to int"):
        int(nobody)
    for call in (
        nobody.save,
        nobody.delete,
        lambda: nobody.set_password("x"),
        lambda: nobody.check_password("x"),
    ):
        with pytest.raises(NotImplementedError, match="DB representation for AnonymousUser"):
            call()


def test_authenticate_asks_the_backends() -> None:
    user = User.objects.create_user("jo", password="pw")
    failures: list[dict[str, Any]] = []

    def note(credentials: dict[str, Any], **kwargs: Any) -> None:
        failures.append(credentials)

    auth.user_login_failed.connect(note)
    try:
        found = auth.authenticate(username="jo", password="pw")
        assert found == user
        assert found.backend == TWO[0]
        assert auth.authenticate(username="jo", password="no") is None
        assert auth.authenticate(username="who", password="no") is None
        assert auth.authenticate(username="jo") is None
        assert auth.authenticate(other="thing") is None
        assert failures[0] == {"username": "jo", "password": "*" * 20}
        user.is_active = False
        user.save()
        assert auth.authenticate(username="jo", password="pw") is None
        with override_settings(AUTHENTICATION_BACKENDS=TWO[::-1]):
            User.objects.create_user("nobody", password="pw")
            assert auth.authenticate(username="nobody", password="pw") is None
        with (
            override_settings(AUTHENTICATION_BACKENDS=[]),
            pytest.raises(ImproperlyConfigured, match="No authentication backends"),
        ):
            auth.authenticate(username="jo", password="pw")
    finally:
        auth.user_login_failed.disconnect(note)


class Checked(User):
    """Users whose passwords another place knows; one edge alone is written."""

    class Meta:
        app_label = "auth"
        proxy = True

    def check_password(self, raw_password: Any) -> bool:
        return bool(raw_password == "elsewhere")

    def set_password(self, raw_password: Any) -> None:
        self.password = f"elsewhere${raw_password}"


async def test_passwords_of_another_place_are_asked_for_on_both_edges() -> None:
    user = Checked(username="jo")
    await user.aset_password("pw")
    assert user.password == "elsewhere$pw"
    assert await user.acheck_password("elsewhere")
    assert not await user.acheck_password("pw")
    form = PasswordChangeForm(user, {"old_password": "pw"})
    await form.ais_valid()
    assert form.has_error("old_password", "password_incorrect")
    form = PasswordChangeForm(user, {"old_password": "elsewhere"})
    await form.ais_valid()
    assert not form.has_error("old_password")


async def test_names_that_no_database_can_hold_are_nobodys() -> None:
    """PostgreSQL refuses the question; here the row is there, and must not be asked for."""
    name = "jo\x00@example.com"
    await User.objects.acreate_user(name, name, "pw-of-jo")
    request = HttpRequest()
    assert await auth.aauthenticate(request, username=name, password="pw-of-jo") is None
    assert await acheck_credentials(request, name, "pw-of-jo") is None
    assert await UserDatabase().get_by_email(name) is None


@override_settings(AUTHENTICATION_BACKENDS=TWO)
async def test_backends_without_twins_run_in_threads() -> None:
    user = await User.objects.acreate_user("jo", password="pw")
    assert await user.ahas_perm("auth.given")
    assert not await user.ahas_perm("auth.refused")
    assert await auth.aauthenticate(username="jo", password="no") is None
    backend = BaseBackend()
    assert await backend.aget_user(1) is None
    assert await backend.aauthenticate(None) is None
    assert await backend.aget_all_permissions(user) == set()
    assert not await backend.ahas_perm(user, "x.y")


@override_settings(AUTHENTICATION_BACKENDS=["fastjango.auth.backends.RemoteUserBackend"])
async def test_remote_users() -> None:
    user = await auth.aauthenticate(remote_user="new")
    assert user.username == "new"
    assert await auth.aauthenticate(remote_user="") is None
    with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.Remote"]):
        assert await auth.aauthenticate(remote_user="unknown") is None
        assert await auth.aauthenticate(remote_user="new") == user
    allow = "fastjango.auth.backends.AllowAllUsersRemoteUserBackend"
    user.is_active = False
    await user.asave()
    assert await auth.aauthenticate(remote_user="new") is None
    with override_settings(AUTHENTICATION_BACKENDS=[allow]):
        assert await auth.aauthenticate(remote_user="new") == user
    with override_settings(
        AUTHENTICATION_BACKENDS=["fastjango.auth.backends.AllowAllUsersModelBackend"]
    ):
        await user.aset_password("pw")
        await user.asave()
        assert await auth.aauthenticate(username="new", password="pw") == user


def test_login_and_logout() -> None:
    user = User.objects.create_user("jo", password="pw")
    request = session_request()
    request.session["kept"] = 1
    request.session.save()
    key = request.session.session_key
    auth.login(request, user)
    assert request.user == user
    assert request.session.session_key != key
    assert request.session["kept"] == 1
    assert request.session[auth.BACKEND_SESSION_KEY] == "django.contrib.auth.backends.ModelBackend"
    assert User.objects.get().last_login is not None
    assert auth.get_user(request) == user
    auth.login(request, User.objects.create_user("bo", password="pw"))
    assert "kept" not in request.session
    auth.logout(request)
    assert request.user == AnonymousUser()
    assert auth.get_user(request) == AnonymousUser()


def test_a_changed_password_ends_the_session() -> None:
    user = User.objects.create_user("jo", password="pw")
    request = session_request()
    auth.login(request, user)
    user.set_password("new")
    user.save()
    assert auth.get_user(request) == AnonymousUser()
    auth.login(request, user)
    user.set_password("newer")
    user.save()
    auth.update_session_auth_hash(request, user)
    assert auth.get_user(request) == user
    request.session[auth.HASH_SESSION_KEY] = ""
    assert auth.get_user(request) == AnonymousUser()


def test_fallback_secrets_keep_sessions() -> None:
    user = User.objects.create_user("jo", password="pw")
    request = session_request()
    auth.login(request, user)
    before = request.session[auth.HASH_SESSION_KEY]
    from fastjango.core import settings

    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert auth.get_user(request) == user
        assert request.session[auth.HASH_SESSION_KEY] != before


def test_sessions_of_unknown_backends_and_ids_are_nobodys() -> None:
    request = session_request()
    auth.login(request, User.objects.create_user("jo"))
    request.session[auth.BACKEND_SESSION_KEY] = "some.other.Backend"
    assert auth.get_user(request) == AnonymousUser()
    request.session[auth.SESSION_KEY] = "no number"
    assert auth.get_user(request) == AnonymousUser()


@override_settings(AUTHENTICATION_BACKENDS=TWO)
def test_login_must_know_the_backend() -> None:
    user = User.objects.create_user("jo")
    with pytest.raises(ValueError, match="therefore must provide the `backend` argument or set"):
        auth.login(session_request(), user)
    with pytest.raises(TypeError, match="backend must be a dotted import path string"):
        auth.login(session_request(), user, backend=ModelBackend)  # type: ignore[arg-type]
    auth.login(session_request(), user, backend=TWO[0])


async def test_login_and_logout_asynchronously() -> None:
    user = await User.objects.acreate_user("jo", password="pw")
    request = session_request()

    async def auser() -> Any:
        return user

    request.auser = auser
    await auth.alogin(request, user)
    assert await auth.aget_user(request) == user
    assert (await User.objects.aget()).last_login is not None
    await user.aset_password("new")
    await user.asave()
    await auth.aupdate_session_auth_hash(request, user)
    assert await auth.aget_user(request) == user
    await auth.alogout(request)
    assert (await request.auser()) == AnonymousUser()


def test_the_user_model_setting_is_checked() -> None:
    assert auth.get_user_model() is User
    with (
        override_settings(AUTH_USER_MODEL="nonsense"),
        pytest.raises(ImproperlyConfigured, match=r"of the form 'app_label\.model_name'"),
    ):
        auth.get_user_model()
    with (
        override_settings(AUTH_USER_MODEL="auth.Gone"),
        pytest.raises(ImproperlyConfigured, match="that has not been installed"),
    ):
        auth.get_user_model()
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        auth.nothing  # noqa: B018
    assert "login" in dir(auth)


class Locked(ModelBackend):
    """Refuses everybody, in a method that has a twin in the base class."""

    def authenticate(
        self, request: Any, username: Any = None, password: Any = None, **kw: Any
    ) -> Any:
        return None


@override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.Locked"])
async def test_an_override_of_the_sync_method_alone_is_not_passed_over() -> None:
    await User.objects.acreate_user("jo", password="pw")
    assert await auth.aauthenticate(username="jo", password="pw") is None
