"""Permissions that follow models, system checks, and what Apache asks."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.auth import checks
from fastjango.auth.handlers.modwsgi import check_password, groups_for_user
from fastjango.auth.management import (
    create_permissions,
    get_default_username,
    get_system_username,
    rename_permissions_after_model_rename,
)
from fastjango.auth.models import Group, Permission, User
from fastjango.auth.reauthentication import (
    REAUTHENTICATION_SESSION_KEY,
    reauthentication_required,
)
from fastjango.contenttypes.models import ContentType
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.http import HttpResponse, path
from fastjango.orm.migrations import RenameModel
from fastjango.testing import Client


@pytest.fixture
def kind() -> Iterator[ContentType]:
    """The content type of a model that has been renamed to `Team`."""
    made = ContentType.objects.create(app_label="auth", model="team")
    yield made
    made.delete()


def migration(*renames: tuple[str, str], app_label: str = "auth") -> Any:
    return SimpleNamespace(app_label=app_label, operations=[RenameModel(*one) for one in renames])


def rename(*plan: tuple[Any, bool], verbosity: int = 2) -> str:
    out = StringIO()
    config = apps.get_app_config("auth")
    rename_permissions_after_model_rename(
        config, verbosity=verbosity, plan=plan, using="default", stdout=out
    )
    return out.getvalue()


def add(kind: ContentType, *codenames: str) -> None:
    for codename in codenames:
        Permission.objects.create(content_type=kind, codename=codename, name=codename)


def held(kind: ContentType) -> dict[str, str]:
    return dict(Permission.objects.filter(content_type=kind).values_list("codename", "name"))


def test_permissions_follow_a_renamed_model(kind: ContentType) -> None:
    add(kind, "add_club", "change_club", "own_club")
    said = rename((migration(("Club", "Crew"), ("Crew", "Team")), False))
    assert said == (
        "Renamed permission(s): auth.add_club → add_team\n"
        "Renamed permission(s): auth.change_club → change_team\n"
    )
    assert held(kind) == {
        "add_team": "Can add Team",
        "change_team": "Can change Team",
        "own_club": "own_club",  # a permission of the model's own keeps its name
    }
    # Nothing to do: another app, no plan, a model whose content type was not renamed.
    for plan in (
        [(migration(("Club", "Team"), app_label="blog"), False)],
        [],
        [(migration(("Team", "Other")), False)],
        [(SimpleNamespace(app_label="auth", operations=["something else"]), False)],
    ):
        assert rename(*plan) == ""


def test_permissions_follow_back(kind: ContentType) -> None:
    add(kind, "view_club")
    assert "auth.view_club → view_team" in rename((migration(("Team", "Club")), True))
    assert held(kind) == {"view_team": "Can view Team"}


def test_permissions_that_are_in_the_way(kind: ContentType) -> None:
    add(kind, "add_club", "add_team", "view_club")
    with pytest.raises(RuntimeError, match="1 permission rename conflict"):
        rename((migration(("Club", "Team")), False))
    assert set(held(kind)) == {"add_club", "add_team", "view_club"}
    with pytest.raises(RuntimeError):
        rename((migration(("Club", "Team")), False), verbosity=0)


def test_apps_without_models_or_permissions(capsys: pytest.CaptureFixture[str]) -> None:
    bare = SimpleNamespace(models_module=None, label="bare")

    class Without:
        @staticmethod
        def get_model(*names: str) -> Any:
            raise LookupError

    config = apps.get_app_config("auth")
    for given, registry in ((bare, apps), (config, Without)):
        create_permissions(given, apps=registry)
        rename_permissions_after_model_rename(given, apps=registry)
    Permission.objects.filter(codename="view_group").delete()
    create_permissions(config, verbosity=2)
    assert "Adding permission" in capsys.readouterr().out
    assert Permission.objects.filter(codename="view_group").count() == 1

    class Nowhere:
        def allow_migrate(self, *args: Any, **hints: Any) -> bool:
            return False

    with override_settings(DATABASE_ROUTERS=[Nowhere()]):
        Permission.objects.filter(codename="view_group").delete()
        create_permissions(config)
        rename_permissions_after_model_rename(config, plan=[])
        assert not Permission.objects.filter(codename="view_group").exists()
    create_permissions(config, verbosity=0)


def test_names_for_new_superusers(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass

    def nobody() -> str:
        raise KeyError("uid 1000 is nowhere")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert get_system_username() == get_default_username() == ""
    monkeypatch.setattr(getpass, "getuser", lambda: "Žluťoučký Kůň")
    assert get_default_username() == "zlutouckykun"
    monkeypatch.setattr(getpass, "getuser", lambda: "no/name")
    assert get_default_username() == ""


class Opts:
    """As much of a model's options as the checks look at."""

    label, object_name, model_name, app_label = "shop.Thing", "Thing", "thing", "shop"
    verbose_name_raw = "thing"
    default_permissions = ("add",)
    permissions: tuple[tuple[str, str], ...] = ()

    def __init__(self, **changes: Any) -> None:
        vars(self).update(changes)


def problems(**changes: Any) -> list[str | None]:
    model = SimpleNamespace(_meta=Opts(**changes))
    config = SimpleNamespace(get_models=lambda: [model])
    return [message.id for message in checks.check_models_permissions([config])]


def test_permissions_that_do_not_fit() -> None:
    assert problems() == []
    assert problems(verbose_name_raw="x" * 255) == ["auth.E007"]
    assert problems(model_name="x" * 100) == ["auth.E011"]
    assert problems(permissions=(("a", "x" * 256),)) == ["auth.E008"]
    assert problems(permissions=(("a" * 101, "x"),)) == ["auth.E012"]
    assert problems(permissions=(("add_thing", "x"),)) == ["auth.E005"]
    assert problems(permissions=(("a", "x"), ("a", "y"))) == ["auth.E006"]


def user_problems(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[str | None]:
    class Model:
        USERNAME_FIELD = "username"
        REQUIRED_FIELDS: Any = ["email"]
        is_anonymous = is_authenticated = False
        unique, constraints = True, ()

        class _meta:
            object_name = "Model"

    for name, value in changes.items():
        setattr(Model, name, value)
    Model._meta.total_unique_constraints = Model.constraints  # type: ignore[attr-defined]  # a stand-in
    Model._meta.get_field = lambda name: SimpleNamespace(unique=Model.unique)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setattr(checks.apps, "get_model", lambda *names: Model)
    try:
        return [message.id for message in checks.check_user_model()]
    finally:
        monkeypatch.undo()


def test_user_models_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_problems(monkeypatch) == []
    assert user_problems(monkeypatch, REQUIRED_FIELDS="email") == ["auth.E001"]
    assert user_problems(monkeypatch, REQUIRED_FIELDS=["username"]) == ["auth.E002"]
    assert user_problems(monkeypatch, unique=False) == ["auth.E003"]
    fields = (SimpleNamespace(fields=("username",)),)
    assert user_problems(monkeypatch, unique=False, constraints=fields) == []
    with override_settings(AUTHENTICATION_BACKENDS=["site.Backend"]):
        assert user_problems(monkeypatch, unique=False) == ["auth.W004"]
    method = lambda self: True  # noqa: E731 - what old code did
    found = user_problems(monkeypatch, is_anonymous=method, is_authenticated=method)
    assert found == ["auth.C009", "auth.C010"]
    config = apps.get_app_config("auth")
    assert checks.check_user_model([config]) == []
    assert checks.check_user_model([apps.get_app_config("sessions")]) == []


def test_apache_asks() -> None:
    user = User.objects.create_user("ada", password="right")
    User.objects.create_user("off", password="right", is_active=False)
    user.groups.add(Group.objects.create(name="crew"))
    assert check_password({}, "ada", "right") is True
    assert check_password({}, "ada", "wrong") is False
    for name in ("off", "nobody"):
        assert check_password({}, name, "right") is None
        assert groups_for_user({}, name) == []
    assert groups_for_user({}, "ada") == [b"crew"]


@reauthentication_required
def drop(request: Any) -> HttpResponse:
    return HttpResponse("dropped")


@reauthentication_required
async def adrop(request: Any) -> HttpResponse:
    return HttpResponse("dropped")


@pytest.mark.parametrize("url", ["/sync/", "/async/"])
def test_sensitive_views_ask_for_the_password_again(url: str) -> None:
    user = User.objects.create_user("ada", password="right")
    with override_settings(
        ROOT_URLCONF=[path("sync/", drop), path("async/", adrop)],
        MIDDLEWARE=[
            "fastjango.sessions.middleware.SessionMiddleware",
            "fastjango.auth.middleware.AuthenticationMiddleware",
        ],
        REAUTHENTICATION_URL="/again/",
        REAUTHENTICATION_TIMEOUT=300,
    ):
        client = Client()
        client.force_login(user)
        assert client.get(f"{url}?a=1").headers["location"] == f"/again/?next={url}%3Fa%3D1"
        for age, status in ((0, 200), (299, 200), (301, 302), (-5, 302)):
            import time

            session = client.session
            session[REAUTHENTICATION_SESSION_KEY] = time.time() - age
            session.save()
            assert client.get(url).status_code == status, age
        session[REAUTHENTICATION_SESSION_KEY] = "now"
        session.save()
        assert client.get(url).status_code == 302
