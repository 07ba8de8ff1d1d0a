"""Managers hear of links that lead nowhere, and only of those."""

import re

import pytest
from fastjango.core import setup
from fastjango.core.conf import settings
from fastjango.http import HttpResponse, path
from fastjango.testing import Client, override_settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="only-for-tests-" + "x" * 50,
        INSTALLED_APPS=["fastjango.http", "fastjango.mail"],
        ALLOWED_HOSTS=["testserver"],
    )
    setup()

MIDDLEWARE = ["fastjango.mail.http.BrokenLinkEmailsMiddleware"]


async def here(request):
    return HttpResponse("here")


urlpatterns = [path("here/", here)]


@pytest.fixture
def sent():
    from fastjango import mail

    mail.outbox = []
    with override_settings(
        MIDDLEWARE=MIDDLEWARE,
        MANAGERS=["manager@example.com"],
        EMAIL_BACKEND="fastjango.mail.backends.locmem.EmailBackend",
        IGNORABLE_404_URLS=[re.compile(r"^/favicon")],
        APPEND_SLASH=False,
    ):
        yield mail.outbox


def visit(address: str, **headers: str) -> int:
    with override_settings(ROOT_URLCONF=__name__):
        return Client().get(address, headers=headers).status_code


def test_a_broken_link_is_reported(sent):
    assert visit("/gone/?a=1", referer="http://other.example/page", **{"user-agent": "B"}) == 404
    (message,) = sent
    assert message.to == ["manager@example.com"]
    assert message.subject.endswith("Broken link on testserver")
    assert "Referrer: http://other.example/page" in message.body
    assert "Requested URL: /gone/?a=1" in message.body
    assert "User agent: B" in message.body


def test_our_own_broken_links_are_named_so(sent):
    visit("/gone/", referer="http://testserver/here/")
    assert sent[0].subject.endswith("Broken INTERNAL link on testserver")


@pytest.mark.parametrize(
    ("address", "referer"),
    [
        ("/gone/", ""),
        ("/gone/", "http://search.example/?q=x"),
        ("/gone/", "http://testserver/gone/"),
        ("/gone/", "http://[broken"),
        ("/favicon.ico", "http://other.example/page"),
        ("/here/", "http://other.example/page"),
    ],
)
def test_what_needs_no_report_gets_none(sent, address, referer):
    visit(address, referer=referer)
    assert sent == []


def test_nothing_is_sent_in_debug(sent):
    with override_settings(DEBUG=True):
        visit("/gone/", referer="http://other.example/page")
    assert sent == []


def test_the_own_redirect_to_a_slash_is_no_broken_link(sent):
    from fastjango.mail.http import BrokenLinkEmailsMiddleware

    middleware = BrokenLinkEmailsMiddleware(lambda request: HttpResponse())
    with override_settings(APPEND_SLASH=True):
        assert middleware.is_ignorable_request(None, "/gone/", "testserver", "/gone")
    assert not middleware.is_ignorable_request(None, "/gone/", "testserver", "/gone")
