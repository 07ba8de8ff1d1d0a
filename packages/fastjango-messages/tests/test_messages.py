"""Messages: added by one request, shown by another, once."""

from __future__ import annotations

import asyncio
import secrets
import unittest
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from fastjango import messages
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import lazystr
from fastjango.http import FastJango, HttpRequest, HttpResponse, path
from fastjango.messages import Message, MessageFailure
from fastjango.messages.context_processors import messages as context
from fastjango.messages.middleware import MessageMiddleware
from fastjango.messages.storage import base, default_storage
from fastjango.messages.storage.base import BaseStorage
from fastjango.messages.storage.cookie import (
    CookieStorage,
    MessageEncoder,
    MessagePartGatherSerializer,
    MessageSerializer,
    bisect_keep_left,
    bisect_keep_right,
)
from fastjango.messages.storage.fallback import FallbackStorage
from fastjango.messages.storage.session import SessionStorage
from fastjango.messages.tags import get_level_tags
from fastjango.messages.testing import MessagesTestMixin
from fastjango.messages.views import SuccessMessageMixin
from fastjango.sessions.backends.signed_cookies import SessionStore
from fastjango.values.safestring import SafeString, mark_safe
from starlette.testclient import TestClient

SESSIONS = "fastjango.sessions.middleware.SessionMiddleware"
PATH = "fastjango.messages.middleware.MessageMiddleware"
STORAGES = [CookieStorage, SessionStorage, FallbackStorage]


class Plain(MessageMiddleware):
    """A subclass: the chain runs it in Django's way instead of as a layer."""


class OwnResponse(MessageMiddleware):
    """A subclass that has changed the synchronous hook."""

    def process_response(self, request: Any, response: Any) -> Any:
        response["X-Own"] = "1"
        return super().process_response(request, response)


def noise(length: int) -> str:
    """Text that cannot be compressed."""
    return secrets.token_urlsafe(length)[:length]


def make_request() -> Any:
    request: Any = HttpRequest()
    request.session = SessionStore()
    return request


def carried(request: Any, response: Any) -> Any:
    """The request that a browser sends after a response."""
    following = make_request()
    following.session = request.session
    for name, cookie in response.cookies.items():
        if cookie.value:
            following.COOKIES[name] = cookie.value
    return following


@pytest.fixture(params=STORAGES)
def storage_class(request: pytest.FixtureRequest) -> type[BaseStorage]:
    """Each kind of storage."""
    cls: type[BaseStorage] = request.param
    return cls


# --- storages -------------------------------------------------------------------------------


def test_messages_wait_for_the_next_request_and_are_shown_once(storage_class: Any) -> None:
    request, response = make_request(), HttpResponse()
    storage = storage_class(request)
    storage.add(messages.INFO, "one")
    storage.add(messages.ERROR, mark_safe("<b>two</b>"), extra_tags="a b")
    storage.add(messages.INFO, lazystr("three"), extra_tags=lazystr("late"))
    storage.add(messages.DEBUG, "below the level")
    storage.add(messages.INFO, "")
    assert len(storage) == 3
    assert storage.update(response) == []

    request = carried(request, response)
    storage, response = storage_class(request), HttpResponse()
    assert Message(messages.INFO, "one") in storage
    assert len(storage) == 3
    found = list(storage)
    assert [str(one) for one in found] == ["one", "<b>two</b>", "three"]
    assert [type(one.message) for one in found] == [str, SafeString, str]
    assert [one.tags for one in found] == ["info", "a b error", "late info"]
    assert storage.update(response) == []

    following = carried(request, response)
    assert list(storage_class(following)) == []


def test_messages_wait_async(storage_class: Any) -> None:
    async def check() -> None:
        request, response = make_request(), HttpResponse()
        storage = storage_class(request)
        storage.add(messages.INFO, "one")
        assert await storage.aupdate(response) == []
        request = carried(request, response)
        storage, response = storage_class(request), HttpResponse()
        storage.add(messages.INFO, "two")
        assert await storage.aupdate(response) == []
        request = carried(request, response)
        storage, response = storage_class(request), HttpResponse()
        assert [str(one) async for one in storage] == ["one", "two"]
        assert await storage.aupdate(response) == []
        assert await storage_class(carried(request, response)).aload() == []

    asyncio.run(check())


def test_messages_that_nobody_reads_stay(storage_class: Any) -> None:
    request, response = make_request(), HttpResponse()
    storage = storage_class(request)
    storage.add(messages.INFO, "one")
    storage.update(response)
    request = carried(request, response)
    untouched, response = storage_class(request), HttpResponse()
    assert untouched.update(response) is None
    assert asyncio.run(untouched.aupdate(response)) is None
    assert not response.cookies


def test_what_was_added_can_be_read_at_once(storage_class: Any) -> None:
    storage = storage_class(make_request())
    storage.add(messages.INFO, "one")
    assert [str(one) for one in storage] == ["one"]
    storage.add(messages.INFO, "two")
    assert [str(one) for one in storage] == ["one", "two"]


def test_levels(storage_class: Any) -> None:
    storage = storage_class(make_request())
    assert storage.level == messages.INFO
    storage.level = messages.ERROR
    storage.add(messages.INFO, "one")
    assert len(storage) == 0
    storage.level = None
    assert storage.level == messages.INFO
    storage.level = 5
    del storage.level
    with override_settings(MESSAGE_LEVEL=29):
        assert storage.level == 29
    assert storage_class.__name__ in repr(storage)


def test_a_cookie_holds_what_fits_and_says_so() -> None:
    request, response = make_request(), HttpResponse()
    storage = CookieStorage(request)
    for number in range(5):
        storage.add(messages.INFO, f"{number}{noise(900)}")
    unstored = storage.update(response)
    assert unstored
    assert [str(one)[0] for one in unstored] == ["0", "1", "2", "3", "4"][: len(unstored)]
    assert len(response.cookies["messages"].value) <= 2048
    again = CookieStorage(carried(request, response))
    kept, complete = again._get()
    assert kept is not None
    assert len(kept) == 5 - len(unstored)
    assert not complete


def test_the_session_takes_what_does_not_fit() -> None:
    request, response = make_request(), HttpResponse()
    texts = [f"{number}{noise(900)}" for number in range(6)]
    storage = FallbackStorage(request)
    for text in texts:
        storage.add(messages.INFO, text)
    assert storage.update(response) == []
    assert "_messages" in request.session
    request = carried(request, response)
    storage, response = FallbackStorage(request), HttpResponse()
    assert sorted(str(one) for one in storage) == sorted(texts)
    storage.update(response)
    assert "_messages" not in request.session

    async def check() -> None:
        request, response = make_request(), HttpResponse()
        storage = FallbackStorage(request)
        for text in texts:
            storage.add(messages.INFO, text)
        assert await storage.aupdate(response) == []
        storage = FallbackStorage(carried(request, response))
        assert sorted([str(one) async for one in storage]) == sorted(texts)

    asyncio.run(check())


def test_a_changed_cookie_is_dropped() -> None:
    request = make_request()
    request.COOKIES["messages"] = "made:up:1"
    storage, response = CookieStorage(request), HttpResponse()
    assert list(storage) == []
    storage.update(response)
    assert response.cookies["messages"]["max-age"] == 0


def test_the_settings_of_the_session_cookie_count() -> None:
    with override_settings(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_DOMAIN="example.local"):
        response = HttpResponse()
        storage = CookieStorage(make_request())
        storage.add(messages.INFO, "one")
        storage.update(response)
    cookie = response.cookies["messages"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["domain"] == "example.local"
    assert cookie["samesite"] == "Lax"


def test_messages_anywhere_in_json_come_back() -> None:
    value = {"list": [1, Message(20, "a"), {"x": Message(20, mark_safe("b"), "t")}], "empty": []}
    text = MessageEncoder().encode(value)
    from fastjango.messages.storage.cookie import MessageDecoder

    assert MessageDecoder().decode(text) == value
    with pytest.raises(TypeError):
        MessageEncoder().encode(object())
    written = MessageSerializer().dumps([Message(20, "a")])
    assert MessagePartGatherSerializer().loads(written) == [Message(20, "a")]


def test_the_session_storage_needs_a_session() -> None:
    with pytest.raises(ImproperlyConfigured, match="requires session middleware"):
        SessionStorage(HttpRequest())
    request = make_request()
    request.session["_messages"] = [Message(20, "as it is")]
    assert [str(one) for one in SessionStorage(request)] == ["as it is"]


def test_halving() -> None:
    assert bisect_keep_left([1, 1, 1, 1], fn=lambda some: sum(some) > 2) == 2
    assert bisect_keep_left([1, 1], fn=lambda some: sum(some) > 2) == 2
    assert bisect_keep_right([1, 1, 1, 1], fn=lambda some: sum(some) > 2) == 2
    assert bisect_keep_right([], fn=lambda some: True) == 0


def test_a_storage_without_twins_works_async() -> None:
    class Kept(BaseStorage):
        kept: list[Any] = []

        def _get(self) -> Any:
            return self.kept, True

        def _store(
            self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
        ) -> Sequence[Any]:
            type(self).kept = list(messages)
            return []

    async def check() -> None:
        storage = Kept(make_request())
        storage.add(messages.INFO, "one")
        await storage.aupdate(HttpResponse())
        assert [str(one) async for one in Kept(make_request())] == ["one"]

    asyncio.run(check())
    bare = BaseStorage(make_request())
    with pytest.raises(NotImplementedError):
        bare._get()
    with pytest.raises(NotImplementedError):
        bare._store([], None)


# --- messages -------------------------------------------------------------------------------


def test_a_message() -> None:
    one = Message(messages.INFO, "a", "x")
    assert repr(one) == "Message(level=20, message='a', extra_tags='x')"
    assert repr(Message(20, "a")) == "Message(level=20, message='a')"
    assert one == Message(20, "a")
    assert one != Message(30, "a")
    assert one != "a"
    assert Message(99, "a").tags == ""
    assert messages.DEFAULT_LEVELS["INFO"] == messages.INFO
    assert messages.DEFAULT_TAGS[messages.WARNING] == "warning"
    with override_settings(MESSAGE_TAGS={messages.INFO: "notice", 29: ""}):
        assert one.tags == "x notice"
        assert get_level_tags()[29] == ""
        assert base.LEVEL_TAGS[messages.INFO] == "notice"
    with pytest.raises(AttributeError):
        _ = base.NOTHING  # type: ignore[attr-defined]


# --- requests -------------------------------------------------------------------------------


async def add(request: Any) -> Any:
    for level in ("debug", "info", "success", "warning", "error"):
        getattr(messages, level)(request, level)
    return HttpResponse("added")


async def show(request: Any) -> Any:
    found = await messages.aget_messages(request)
    return HttpResponse(" ".join(str(one) for one in found))


async def plain(request: Any) -> Any:
    return HttpResponse("plain")


def too_much(request: Any) -> Any:
    request.session = None
    for number in range(9):
        messages.info(request, f"{number}{noise(900)}")
    return HttpResponse("added")


def site(middleware: Any = PATH) -> TestClient:
    urls = [path(f"{view.__name__}/", view) for view in (add, show, plain, too_much)]
    app = FastJango(urlpatterns=urls, django_middleware=[SESSIONS, middleware])

    @app.get("/operation")
    async def operation(request: Request) -> str:
        messages.success(request, "from an operation")
        return "done"

    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(params=[PATH, Plain, OwnResponse])
def client(request: pytest.FixtureRequest) -> TestClient:
    """A client of a site with each form of the middleware."""
    return site(request.param)


def test_from_request_to_request(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/plain/").headers
    response = client.get("/add/")
    assert response.headers["set-cookie"].startswith("messages=")
    assert client.get("/show/").text == "info success warning error"
    assert client.get("/show/").text == ""


def test_from_a_path_operation(client: TestClient) -> None:
    client.get("/operation")
    assert client.get("/show/").text == "from an operation"


@override_settings(MESSAGE_STORAGE="fastjango.messages.storage.session.SessionStorage")
def test_in_the_session(client: TestClient) -> None:
    response = client.get("/add/")
    assert response.headers["set-cookie"].startswith("sessionid=")
    assert client.get("/show/").text == "info success warning error"


@override_settings(MESSAGE_STORAGE="fastjango.messages.storage.cookie.CookieStorage")
def test_too_much_is_an_error_for_developers_alone(client: TestClient) -> None:
    assert client.get("/too_much/").status_code == 200
    with override_settings(DEBUG=True):
        assert client.get("/too_much/").status_code == 500


def test_without_the_middleware() -> None:
    request = make_request()
    assert messages.get_messages(request) == []
    assert asyncio.run(messages.aget_messages(request)) == []
    assert not messages.set_level(request, 5)
    assert messages.get_level(request) == messages.INFO
    messages.info(request, "a", fail_silently=True)
    with pytest.raises(MessageFailure, match="MessageMiddleware"):
        messages.info(request, "a")
    with pytest.raises(TypeError, match="must be an HttpRequest object, not 'int'"):
        messages.add_message(5, 20, "a")  # type: ignore[arg-type]
    response = HttpResponse()
    middleware = MessageMiddleware(lambda request: response)
    assert middleware.process_response(make_request(), response) is response
    assert asyncio.run(middleware.aprocess_response(make_request(), response)) is response


def test_the_level_of_a_request() -> None:
    request = make_request()
    request._messages = default_storage(request)
    assert messages.set_level(request, messages.ERROR)
    assert messages.get_level(request) == messages.ERROR
    messages.info(request, "a")
    messages.error(request, "b")
    assert [str(one) for one in context(request)["messages"]] == ["b"]
    assert context(request)["DEFAULT_MESSAGE_LEVELS"] == messages.DEFAULT_LEVELS


# --- views and tests ------------------------------------------------------------------------


class FormView:
    def __init__(self, request: Any) -> None:
        self.request = request

    def form_valid(self, form: Any) -> Any:
        return "answer"


class AsyncFormView(FormView):
    async def form_valid(self, form: Any) -> Any:
        return "answer"


def test_a_view_says_what_it_did() -> None:
    class View(SuccessMessageMixin, FormView):
        success_message = "%(name)s was made"

    class AsyncView(SuccessMessageMixin, AsyncFormView):
        success_message = "%(name)s was made"

    class Silent(SuccessMessageMixin, FormView):
        pass

    form = SimpleNamespace(cleaned_data={"name": "ada"})
    for view in (View, AsyncView):
        request = make_request()
        request._messages = default_storage(request)
        answer = view(request).form_valid(form)
        assert (asyncio.run(answer) if asyncio.iscoroutine(answer) else answer) == "answer"
        assert [str(one) for one in request._messages] == ["ada was made"]
    assert Silent(make_request()).form_valid(form) == "answer"


def test_a_test_case_asserts_messages() -> None:
    class Case(MessagesTestMixin, unittest.TestCase):
        def runTest(self) -> None: ...

    request = make_request()
    request._messages = default_storage(request)
    messages.info(request, "a")
    messages.info(request, "b")
    response = SimpleNamespace(wsgi_request=request)
    a, b = Message(20, "a"), Message(20, "b")
    case = Case()
    case.assertMessages(response, [a, b])
    case.assertMessages(SimpleNamespace(asgi_request=request), [b, a], ordered=False)
    with pytest.raises(AssertionError):
        case.assertMessages(response, [b, a])
    with pytest.raises(AssertionError):
        case.assertMessages(response, [a], ordered=False)
