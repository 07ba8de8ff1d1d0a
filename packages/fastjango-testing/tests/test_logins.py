"""Clients that log users in, and the outbox of mail, in a project that has both."""

from __future__ import annotations

import pytest

pytest.importorskip("fastjango.auth")
pytest.importorskip("fastjango.mail")

SETTINGS = """
SECRET_KEY = "x" * 50
ROOT_URLCONF = "my_urls"
ALLOWED_HOSTS = []
INSTALLED_APPS = [
    "fastjango.orm", "fastjango.contenttypes", "fastjango.auth", "fastjango.sessions",
]
MIDDLEWARE = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["fastjango.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "fastjango.mail.backends.smtp.EmailBackend"}}
"""
URLS = """
from fastjango.http import HttpResponse
from fastjango.http.urls import path

def name(request):
    return HttpResponse(request.user.get_username())

urlpatterns = [path("", name)]
"""
TESTS = """
import pytest
from fastjango import mail
from fastjango.auth.models import User

@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", password="secret")

def test_logged_in_by_credentials(client, ada):
    assert not client.login(username="ada", password="wrong")
    assert client.get("/").content == b""
    assert client.login(username="ada", password="secret")
    assert client.get("/").content == b"ada"
    client.logout()
    assert not client.cookies
    assert client.get("/").content == b""

def test_logged_in_by_force(client, ada):
    client.force_login(ada)
    assert ada.backend == "fastjango.auth.backends.ModelBackend"
    assert client.get("/").content == b"ada"

def test_a_session_of_its_own(client, db):
    session = client.session
    session["a"] = 1
    session.save()
    assert client.session["a"] == 1

async def test_async_clients(async_client, ada):
    assert not await async_client.alogin(username="ada", password="wrong")
    assert await async_client.alogin(username="ada", password="secret")
    assert (await async_client.get("/")).content == b"ada"
    await async_client.alogout()
    assert (await async_client.get("/")).content == b""
    await async_client.aforce_login(ada)
    assert (await async_client.get("/")).content == b"ada"

async def test_an_async_session_of_its_own(async_client, db):
    session = await async_client.asession()
    await session.aset("a", 1)
    await session.asave()
    assert await (await async_client.asession()).aget("a") == 1

@pytest.mark.parametrize("again", [1, 2])
def test_mail(mailoutbox, again):
    mail.send_mail("Hello", "text", "a@example.com", ["b@example.com"])
    assert [message.subject for message in mailoutbox] == ["Hello"]
"""


def test_users_and_mail(apart: pytest.Pytester) -> None:
    pytest.importorskip("pytest_asyncio")
    apart.makepyfile(manage='"FASTJANGO_SETTINGS_MODULE", "my_settings"', my_settings=SETTINGS)
    apart.makepyfile(my_urls=URLS, test_users=TESTS)
    plugins = ("no:randomly", "no:cacheprovider", "no:schemathesis")
    arguments = [argument for name in plugins for argument in ("-p", name)]
    result = apart.runpytest_subprocess(*arguments, "-o", "asyncio_mode=auto")
    result.assert_outcomes(passed=7)
