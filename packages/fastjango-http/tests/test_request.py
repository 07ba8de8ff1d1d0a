"""`HttpRequest`: Django's attributes, Starlette's methods, one lazy object."""

import copy
import encodings
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastjango.core import signing
from fastjango.core.exceptions import (
    BadRequest,
    DisallowedHost,
    ImproperlyConfigured,
    RequestAborted,
    RequestDataTooBig,
    SynchronousOnlyOperation,
)
from fastjango.http import (
    HttpRequest,
    HttpResponse,
    QueryDict,
    RawPostDataException,
    UnreadablePostError,
)
from fastjango.http.aio import run_coroutine, run_in_thread
from fastjango.http.bodies import LimitedStream, RequestBody, read_body
from fastjango.http.request import ASGIRequest, WSGIRequest, get_script_name
from starlette.requests import Request

MakeScope = Callable[..., dict[str, Any]]


def channel(*chunks: bytes, disconnect: bool = False) -> Any:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if disconnect or not messages:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False

    async def receive() -> Any:
        return messages.pop(0)

    return receive


def environ(body: bytes = b"", method: str = "GET", **extra: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        **extra,
    }


def form_request(body: bytes = b"a=1&b=2", **extra: Any) -> WSGIRequest:
    return WSGIRequest(
        environ(body, "POST", CONTENT_TYPE="application/x-www-form-urlencoded", **extra)
    )


# --- an empty request ---------------------------------------------------------------------


def test_an_empty_request_can_be_filled_in() -> None:
    request = HttpRequest()
    assert (request.method, request.path, request.path_info) == (None, "", "")
    assert (request.content_type, request.content_params) == (None, None)
    assert (request.GET, request.POST, request.COOKIES, request.META) == ({}, {}, {}, {})
    assert list(request.FILES) == []
    assert request.resolver_match is None
    assert request.encoding is None
    assert repr(request) == "<HttpRequest>"
    assert request
    request.GET["a"] = "1"
    request.POST = QueryDict("b=2")
    request.method, request.path = "GET", "/x/é"
    request.META = {"QUERY_STRING": "a=ü", "HTTP_ACCEPT": "text/html"}
    assert repr(request) == "<HttpRequest: GET '/x/%C3%A9?a=%C3%BC'>"
    assert request.POST["b"] == "2"
    assert request.headers["accept"] == "text/html"
    request.FILES = "files"  # type: ignore[assignment]
    assert request.FILES == "files"
    assert isinstance(request, Request)


def test_copies_are_independent() -> None:
    request = HttpRequest()
    request.method = "GET"
    other = copy.copy(request)
    other.method = "POST"
    assert request.method == "GET"


# --- from a scope -------------------------------------------------------------------------


def test_a_request_from_a_scope(scope: MakeScope) -> None:
    request = HttpRequest(
        scope(
            "post",
            "/site/a/b?x=1&x=2&y=%C3%A9",
            {
                "Cookie": "a=1; b=2",
                "X-Thing": "yes",
                "X_Forged": "no",
                "Content-Type": "Text/Plain; Charset=latin-1",
            },
            root_path="/site",
        )
    )
    assert (request.method, request.path, request.path_info) == ("POST", "/site/a/b", "/a/b")
    assert request.GET.getlist("x") == ["1", "2"]
    assert request.COOKIES == {"a": "1", "b": "2"} == request.cookies
    assert request.headers["x-thing"] == "yes"
    assert request.META["HTTP_X_THING"] == "yes"
    assert request.META["SCRIPT_NAME"] == "/site"
    assert "HTTP_X_FORGED" not in request.META
    assert request.META["REMOTE_ADDR"] == "127.0.0.1"
    assert (request.content_type, request.content_params) == (
        "text/plain",
        {"charset": "latin-1"},
    )
    assert request.encoding == "latin-1"
    assert request.GET["y"] == "Ã©"
    request.encoding = "utf-8"
    assert request.GET["y"] == "é"
    assert (request.scheme, request.is_secure(), request.get_port()) == ("http", False, "80")
    assert "type" in request
    assert dict(request.items())["type"] == "http"
    assert "http" in request.values()
    assert "path" in request.keys()  # noqa: SIM118 - the method itself
    assert request["root_path"] == "/site"


def test_paths_outside_the_script_prefix(scope: MakeScope, configured: Any) -> None:
    assert HttpRequest(scope(path="/other", root_path="/site")).path_info == "/other"
    assert HttpRequest(scope(path="/site", root_path="/site")).path_info == ""
    configured(FORCE_SCRIPT_NAME="/forced/")
    request = HttpRequest(scope(path="/forced/x"))
    assert (request.path_info, request.META["SCRIPT_NAME"]) == ("/x", "/forced/")


def test_headers_follow_meta_once_it_has_been_read(scope: MakeScope) -> None:
    request = HttpRequest(scope(headers={"A": "1"}))
    request.META["HTTP_A"] = "2"
    assert request.headers["a"] == "2"
    del request.headers
    request.META["HTTP_A"] = "3"
    assert request.headers["a"] == "3"
    request.META["QUERY_STRING"] = "q=ü"
    request.META["HTTP_COOKIE"] = "c=1"
    assert request.GET["q"] == "ü"
    assert request.COOKIES == {"c": "1"}


def test_one_request_for_a_scope(scope: MakeScope) -> None:
    shared = scope()
    first = HttpRequest.from_scope(shared)
    first.mark = 1  # type: ignore[attr-defined]
    assert HttpRequest.from_scope(shared) is first


def test_what_middleware_adds(scope: MakeScope) -> None:
    request = HttpRequest(scope())
    for name in ("session", "user"):
        assert not hasattr(request, name)
        with pytest.raises(AttributeError, match="is one listed in MIDDLEWARE"):
            getattr(request, name)
        with pytest.raises(AttributeError):
            delattr(request, name)
        setattr(request, name, {"k": 1})
        assert request.scope[name] == getattr(request, name) == {"k": 1}
        delattr(request, name)
        assert not hasattr(request, name)
    request.auth = "bearer"
    assert request.auth == "bearer"


def test_malformed_content_types_are_bad_requests(scope: MakeScope) -> None:
    request = HttpRequest(scope(headers={"Content-Type": "a/b; x*=nope''y"}))
    with pytest.raises(BadRequest, match="Invalid Content-Type header"):
        request.content_type  # noqa: B018
    unknown = HttpRequest(scope(headers={"Content-Type": "a/b; charset=martian"}))
    assert unknown.encoding is None


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "raw_unicode_escape", "undefined", "unicode-escape", "utf7", "hex"]
)
def test_codecs_that_are_no_character_sets_are_not_taken(scope: MakeScope, name: str) -> None:
    header = {"Content-Type": f"a/b; charset={name}"}
    request = HttpRequest(scope(headers=header, query_string=b"a=%C3%A9%5Cud800%2B2AA-"))
    assert request.GET["a"] == "é\\ud800+2AA-"


def test_charsets_of_clients_are_not_remembered(scope: MakeScope) -> None:
    def decoded(charset: str) -> str:
        header = {"Content-Type": f"a/b; charset={charset}"}
        return str(HttpRequest(scope(headers=header, query_string=b"a=%E9")).GET["a"])

    assert (decoded("latin-1"), decoded("martian")) == ("é", "\ufffd")
    remembered: dict[str, Any] = encodings._cache  # type: ignore[attr-defined]
    before = set(remembered)
    for number in range(20):
        assert decoded(f"unknown{number}") == "\ufffd"
        assert decoded(f"latin{'-' * (number + 1)}1") == "é"
    assert set(remembered) == before


# --- hosts and URLs -----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["testserver", "TestServer:8000", "testserver."])
def test_allowed_hosts(scope: MakeScope, host: str) -> None:
    made = scope()
    made["headers"] = [(b"host", host.encode())]
    assert HttpRequest(made).get_host() == host


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("evil.com", "You may need to add 'evil.com' to ALLOWED_HOSTS"),
        ("a b", "The domain name provided is not valid according to RFC 1034/1035"),
        ("testserver\x00", "Invalid HTTP_HOST header"),
    ],
)
def test_other_hosts_are_refused(scope: MakeScope, host: str, message: str) -> None:
    made = scope()
    made["headers"] = [(b"host", host.encode())]
    with pytest.raises(DisallowedHost, match=message):
        HttpRequest(made).get_host()


def test_hosts_while_developing(scope: MakeScope, configured: Any) -> None:
    configured(DEBUG=True, ALLOWED_HOSTS=[])
    made = scope()
    made["headers"] = [(b"host", b"sub.localhost:8000")]
    assert HttpRequest(made).get_host() == "sub.localhost:8000"


def test_hosts_behind_proxies(scope: MakeScope, configured: Any) -> None:
    headers = {
        "X-Forwarded-Host": "public",
        "X-Forwarded-Port": "8443",
        "X-Forwarded-Proto": "https, http",
    }
    assert HttpRequest(scope(headers=headers)).get_host() == "testserver"
    configured(
        ALLOWED_HOSTS=["*"],
        USE_X_FORWARDED_HOST=True,
        USE_X_FORWARDED_PORT=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    )
    request = HttpRequest(scope(headers=headers))
    assert (request.get_host(), request.get_port(), request.scheme) == ("public", "8443", "https")
    assert (
        HttpRequest(scope(headers={"X-Forwarded-Proto": "http"}, scheme="https")).scheme == "http"
    )
    configured(SECURE_PROXY_SSL_HEADER=("just one",))
    with pytest.raises(ImproperlyConfigured, match="must be a tuple containing two values"):
        HttpRequest(scope()).scheme  # noqa: B018


@pytest.mark.parametrize(
    ("scheme", "port", "expected"),
    [("http", 80, "testserver"), ("https", 443, "testserver"), ("http", 81, "testserver:81")],
)
def test_hosts_without_a_header(scope: MakeScope, scheme: str, port: int, expected: str) -> None:
    made = scope(scheme=scheme, server=("testserver", port))
    made["headers"] = []
    assert HttpRequest(made).get_host() == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (None, "http://testserver/a/b%20c?q=1"),
        ("/x/", "http://testserver/x/"),
        ("x", "http://testserver/a/x"),
        ("/x/../y", "http://testserver/y"),
        ("?z", "http://testserver/a/b%20c?z"),
        ("//other/x", "http://other/x"),
        ("https://other/ü", "https://other/%C3%BC"),
    ],
)
def test_absolute_uris(scope: MakeScope, location: Any, expected: str) -> None:
    request = HttpRequest(scope(path="/a/b c?q=1"))
    assert request.build_absolute_uri(location) == expected


def test_a_path_that_looks_like_a_host(scope: MakeScope) -> None:
    request = HttpRequest(scope(path="//evil/x"))
    assert request.build_absolute_uri() == "http://testserver//evil/x"


def test_full_paths(scope: MakeScope) -> None:
    request = HttpRequest(scope(path="/s/a;b?q=1", root_path="/s"))
    assert request.get_full_path() == "/s/a%3Bb?q=1"
    assert request.get_full_path(force_append_slash=True) == "/s/a%3Bb/?q=1"
    assert request.get_full_path_info(force_append_slash=True) == "/a%3Bb/?q=1"


def test_negotiation(scope: MakeScope) -> None:
    request = HttpRequest(scope(headers={"Accept": "text/*;q=0.5, application/json"}))
    assert request.accepts("text/html")
    assert not request.accepts("image/png")
    assert str(request.accepted_type("text/html")) == "text/*; q=0.5"
    assert request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    assert request.get_preferred_type(["image/png"]) is None
    assert request.get_preferred_type([]) is None
    assert [str(t) for t in request.accepted_types_by_precedence] == [
        "application/json",
        "text/*; q=0.5",
    ]
    assert HttpRequest(scope()).accepts("anything/at-all")


def test_signed_cookies() -> None:
    response = HttpResponse()
    response.set_signed_cookie("c", "hello", salt="s")
    request = HttpRequest()
    request.COOKIES["c"] = response.cookies["c"].value
    assert request.get_signed_cookie("c", salt="s") == "hello"
    assert request.get_signed_cookie("c", salt="s", max_age=timedelta(days=1)) == "hello"
    assert request.get_signed_cookie("c", default="d") == "d"
    assert request.get_signed_cookie("nope", default=None) is None
    with pytest.raises(KeyError):
        request.get_signed_cookie("nope")
    with pytest.raises(signing.BadSignature):
        request.get_signed_cookie("c", salt="other")


# --- bodies -------------------------------------------------------------------------------


def test_forms() -> None:
    request = form_request(b"a=1&a=2&b=%C3%A9")
    assert request.POST.getlist("a") == ["1", "2"]
    assert request.POST["b"] == "é"
    assert request.body == b"a=1&a=2&b=%C3%A9"
    assert isinstance(request.body, bytes)
    assert request.FILES == {}
    with pytest.raises(AttributeError, match="after the upload has been processed"):
        request.upload_handlers = []
    with pytest.raises(RuntimeError, match="after the upload has been processed"):
        request.multipart_parser_class = None


def test_reading_as_a_file() -> None:
    request = WSGIRequest(environ(b"one\ntwo\nthree", "POST"))
    assert request.readline() == b"one\n"
    assert request.read(2) == b"tw"
    assert list(request) == [b"o\n", b"three"]
    assert request.readlines() == []
    assert request.POST == {}
    with pytest.raises(RawPostDataException, match="You cannot access body after reading"):
        request.body  # noqa: B018


def test_the_body_can_be_read_again_as_a_file() -> None:
    request = WSGIRequest(environ(b"abc", "POST"))
    assert request.body == b"abc"
    assert request.read() == b"abc"
    assert request.body == b"abc"


def test_only_post_has_a_form() -> None:
    request = WSGIRequest(environ(b"a=1", "PUT", CONTENT_TYPE="application/x-www-form-urlencoded"))
    assert request.POST == {}
    assert request.body == b"a=1"
    assert WSGIRequest(environ(b"{}", "POST", CONTENT_TYPE="application/json")).POST == {}


def test_url_encoded_forms_are_utf_8() -> None:
    request = form_request()
    request.encoding = "latin-1"
    with pytest.raises(BadRequest, match="must be UTF-8 encoded"):
        request.POST  # noqa: B018


@pytest.mark.parametrize("length", ["7", "nonsense", "5,5"])
def test_the_size_limit(configured: Any, length: str, scope: MakeScope) -> None:
    configured(DATA_UPLOAD_MAX_MEMORY_SIZE=6)
    made = scope("POST", headers={"Content-Length": length})
    for size, fine in ((6, length != "7"), (7, False)):
        request = ASGIRequest(made, io.BytesIO(b"x" * size))
        if fine:
            assert request.body == b"x" * size
        else:
            with pytest.raises(RequestDataTooBig, match="DATA_UPLOAD_MAX_MEMORY_SIZE"):
                request.body  # noqa: B018


def test_broken_transports() -> None:
    class Broken(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise OSError("gone")

        readline = read

    for use in (
        lambda request: request.read(),
        lambda request: request.readline(),
        lambda request: request.body,
        lambda request: request.POST,
    ):
        request = form_request()
        request._stream = LimitedStream(Broken(), 5)
        with pytest.raises(UnreadablePostError, match="gone"):
            use(request)


async def test_bodies_off_the_wire(scope: MakeScope) -> None:
    request = HttpRequest(scope("POST"), channel(b"ab", b"", b"c"))
    body = request.body
    assert await body() == b"abc"
    assert request.body == b"abc"
    assert await request.body() == b"abc"
    assert isinstance(request.body, RequestBody)
    assert [chunk async for chunk in request.stream()] == [b"abc", b""]


@pytest.mark.parametrize(
    "use",
    [bytes, len, bool, list, lambda b: b + b"", lambda b: b == b"", lambda b: b.decode(), hash],
)
async def test_an_unread_body_says_so(scope: MakeScope, use: Callable[[Any], Any]) -> None:
    request = HttpRequest(scope("POST"), channel(b"ab"))
    expected = TypeError if use is hash else SynchronousOnlyOperation
    with pytest.raises(expected):
        use(request.body)
    with pytest.raises(SynchronousOnlyOperation, match=r"await request.aload\(\)"):
        request.read()
    with pytest.raises(AttributeError):
        request.body.__nothing__  # noqa: B018
    assert (await request.body()).decode() == "ab"


async def test_json_and_forms_as_in_starlette(scope: MakeScope) -> None:
    request = HttpRequest(scope("POST"), channel(b'{"a": 1}'))
    assert await request.json() == {"a": 1}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = HttpRequest(scope("POST", headers=headers), channel(b"a=1"))
    form = await request.form()
    assert form["a"] == "1"
    await request.close()
    request = HttpRequest(scope("POST", headers=headers), channel(b"a=1"))
    await request.aload()
    assert request.POST["a"] == "1"
    assert [chunk async for chunk in request.stream()] == [b"a=1", b""]
    request = HttpRequest(scope("POST"), channel(b"xyz"))
    await request.aload()
    assert [chunk async for chunk in request.stream()] == [b"xyz", b""]
    await request.close()


async def test_clients_that_leave(scope: MakeScope) -> None:
    with pytest.raises(RequestAborted):
        await HttpRequest(scope("POST"), channel(disconnect=True)).aload()
    with pytest.raises(RequestAborted):
        await HttpRequest(scope("POST"), channel(b"a", disconnect=True)).aload()
    with pytest.raises(UnreadablePostError):
        await HttpRequest(scope("POST"), channel(disconnect=True)).body()


async def test_large_bodies_go_to_disk() -> None:
    stream = await read_body(channel(b"a" * 10, b"b" * 10, b"c"), 15)
    assert stream.read() == b"a" * 10 + b"b" * 10 + b"c"
    assert getattr(stream, "_rolled", False)
    stream.close()
    small = await read_body(channel(b"a"), 15)
    assert isinstance(small, io.BytesIO)


async def test_worker_threads_read_the_body_by_themselves(scope: MakeScope) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = HttpRequest(scope("POST", headers=headers), channel(b"a=1"))
    assert (await run_in_thread(lambda: request.POST["a"])) == "1"
    other = HttpRequest(scope("POST"), channel(b"abc"))
    assert (await run_in_thread(lambda: other.body)) == b"abc"


def test_closing_closes_uploads() -> None:
    request = HttpRequest()
    stream = io.BytesIO()
    request.FILES.appendlist("f", stream)
    request.close()
    assert stream.closed


# --- WSGI ---------------------------------------------------------------------------------


def test_wsgi_requests() -> None:
    request = WSGIRequest(
        environ(
            SCRIPT_NAME="/site",
            PATH_INFO="/caf\xc3\xa9/\xe9",
            QUERY_STRING="q=\xc3\xa9",
            HTTP_COOKIE="c=\xc3\xa9",
            CONTENT_LENGTH="nonsense",
        )
    )
    assert request.path == "/site/café/%E9"
    assert request.path_info == "/café/%E9"
    assert request.GET["q"] == "é"
    assert request.COOKIES == {"c": "é"}
    assert request.scheme == "http"
    assert request.body == b""
    assert WSGIRequest(environ()).path == "/"


def test_script_names(configured: Any) -> None:
    assert get_script_name({"SCRIPT_URL": "/m//x/help", "PATH_INFO": "/help"}) == "/m/x"
    assert get_script_name({"REDIRECT_URL": "/m/help", "PATH_INFO": "/help"}) == "/m"
    assert get_script_name({"SCRIPT_NAME": "/s"}) == "/s"
    configured(FORCE_SCRIPT_NAME="/forced")
    assert get_script_name({"SCRIPT_NAME": "/s"}) == "/forced"


def test_limited_streams() -> None:
    stream = LimitedStream(io.BytesIO(b"one\ntwo\nrest"), 8)
    assert stream.readline() == b"one\n"
    assert stream.readline(2) == b"tw"
    assert stream.read(None) == b"o\n"
    assert stream.read() == stream.readline() == b""
    assert not stream.seekable()
    stream.close()
    assert stream.closed


# --- crossing over ------------------------------------------------------------------------


async def double(number: int) -> int:
    return number * 2


def test_run_coroutine_without_a_loop() -> None:
    assert run_coroutine(double, 4) == 8


async def test_run_coroutine_on_a_loop_and_in_its_threads() -> None:
    assert run_coroutine(double, 4) == 8
    assert await run_in_thread(run_coroutine, double, 5) == 10


@pytest.mark.parametrize(
    ("query", "value"), [("a=Zoë€".encode(), "Zoë€"), (b"a=%C3%AB", "ë"), (b"a=\xe9", "é")]
)
def test_queries_with_raw_letters(scope: MakeScope, query: bytes, value: str) -> None:
    request = HttpRequest(scope(query_string=query))
    assert request.GET["a"] == value
    served = HttpRequest(scope(query_string=query))
    assert served.META["QUERY_STRING"]  # once it is there, it is what is read
    assert served.GET["a"] == value
