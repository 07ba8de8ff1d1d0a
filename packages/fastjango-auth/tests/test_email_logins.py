"""Accounts of a site whose users log in by their address and have no other name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = """
from fastjango.auth.base_user import AbstractBaseUser, BaseUserManager
from fastjango.auth.models import PermissionsMixin
from fastjango.orm import models


class Person(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    objects = BaseUserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
"""

SITE = """
import re
import sys

from fastjango.core import settings, setup

settings.configure(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    INSTALLED_APPS=["fastjango." + name for name in (
        "orm", "http", "auth", "auth.accounts", "cache", "mail", "contenttypes", "sessions",
        "templates", "forms")] + ["people"],
    AUTH_USER_MODEL="people.Person",
    DATABASES={"default": {"ENGINE": "sqlite3", "NAME": "people.sqlite3"}},
    EMAIL_BACKEND="fastjango.mail.backends.locmem.EmailBackend",
    PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
    MIDDLEWARE=["fastjango.sessions.middleware.SessionMiddleware",
                "fastjango.auth.middleware.AuthenticationMiddleware"],
    LOGIN_REDIRECT_URL="/api/account/session",
    ALLOWED_HOSTS=["testserver"],
)
setup()

import time

from fastjango import mail
from fastjango.auth.accounts import accounts_router, background
from fastjango.core.management import call_command
from fastjango.http.urls import include, path
from fastjango.testing import Client

settings.ROOT_URLCONF = [
    path("account/", include("fastjango.auth.accounts.urls")),
    path("api/", include(accounts_router())),
]
call_command("migrate", run_syncdb=True, verbosity=0)
from people.models import Person

mail.outbox = []
kind = sys.argv[1]
client = Client()


def post(page, **data):
    if kind == "api":
        response = client.post("/api/account/" + page, data, content_type="application/json")
    else:
        again = {"password_again": data["password"]} if page == "signup" else {}
        response = client.post(f"/account/{page}/", {**data, **again})
    while background._tasks or background._threads:
        time.sleep(0.01)
    return response


def confirm(token):
    return post("verify", token=token) if kind == "api" else post("verify/" + token)


good = (200, 202) if kind == "api" else (302,)
if kind == "pages":
    page = client.get("/account/signup/").content.decode()
    assert 'name="email"' in page and 'name="username"' not in page, page
password = "a-Long-enough-1"
wrong = post("signup", email="nobody", password=password)
assert wrong.status_code not in good and b"valid email" in wrong.content, wrong.content
for _ in range(2):
    answer = post("signup", email="Ada@Example.com", password=password)
    assert answer.status_code in good, answer.content
first, second = mail.outbox
assert first.subject.startswith("Confirm your address"), first.subject
person = Person.objects.get()
assert (person.email, person.is_active) == ("Ada@example.com", False)
token = re.search(r"http://testserver\\S*/([^/\\s]+)/$", second.body, re.MULTILINE)[1]
assert confirm(token).status_code in good
answer = post("login", username="ada@example.com", password=password)
assert answer.status_code in good, answer.content
assert client.get("/api/account/session").json()["username"] == "Ada@example.com"
mail.outbox = []
post("signup", email="ADA@example.com", password=password)
assert "already" in mail.outbox[0].subject + mail.outbox[0].body, mail.outbox[0].body
print(Person.objects.count())
"""


@pytest.mark.parametrize("kind", ["pages", "api"])
def test_people_sign_up_with_an_address_alone(kind: str, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "__init__.py").touch()
    (tmp_path / "people" / "models.py").write_text(MODELS)
    (tmp_path / "site.test.py").write_text(SITE)
    ended = subprocess.run(
        [sys.executable, "site.test.py", kind],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["1"]
