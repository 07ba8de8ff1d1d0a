"""Responses: headers, cookies, content, and how they go over the wire."""

import asyncio
import datetime
import io
import json
import pickle
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastjango.core.exceptions import DisallowedRedirect
from fastjango.core.functional import lazystr
from fastjango.http import (
    BadHeaderError,
    FileResponse,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
    StreamingHttpResponse,
)
from fastjango.http.aio import run_in_thread
from fastjango.http.response import ResponseHeaders
from fastjango.signals import request_finished
from hypothesis import given
from hypothesis import strategies as st
from starlette.background import BackgroundTask
from starlette.responses import Response

Ask = Callable[..., Any]


# --- headers ------------------------------------------------------------------------------


def test_headers() -> None:
    response = HttpResponse(headers={"X-A": 1})
    response["x-B"] = "b"
    response.headers["Bytes"] = b"raw"
    assert (response["X-a"], response["X-B"], response["bytes"]) == ("1", "b", "raw")
    assert response.has_header("x-a")
    assert "X-A" in response
    assert response.get("nope") is None
    assert response.get("nope", "alt") == "alt"
    response.setdefault("X-A", "2")
    response.setdefault("X-C", "c")
    assert dict(response.items())["X-C"] == "c"
    del response["X-A"]
    del response["X-A"]
    assert "X-A" not in response
    assert response.headers.pop("x-b") == ("x-B", "b")
    assert b"X-C: c" in response.serialize_headers()
    assert bytes(response).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("value", ["a\nb", "a\r\nb", b"a\nb", "é\n", "中\r", "nul\x00"])
def test_line_breaks_are_refused(value: Any) -> None:
    response = HttpResponse()
    with pytest.raises(BadHeaderError):
        response["X"] = value
    with pytest.raises(BadHeaderError):
        HttpResponse(headers={"X": value})


def test_names_are_ascii_and_values_are_encoded() -> None:
    response = HttpResponse()
    response["X"] = "café"
    assert response["X"] == "café"
    response["X"] = "中"
    assert response["X"] == "=?utf-8?b?5Lit?="
    with pytest.raises(UnicodeError, match="HTTP response headers must be in ascii format"):
        response["é"] = "x"
    with pytest.raises(UnicodeError):
        response[b"\xe9"] = "x"  # type: ignore[index]
    with pytest.raises(BadHeaderError, match="cannot be encoded"):
        response["X"] = "\ud800"


@given(st.text(max_size=20))
def test_any_header_value_is_refused_or_sendable(value: str) -> None:
    headers = ResponseHeaders(None)
    try:
        headers["X"] = value
    except BadHeaderError:
        return
    sent = headers["X"].encode("latin-1")
    assert not {10, 13, 0} & set(sent)


def test_content_types() -> None:
    assert HttpResponse()["Content-Type"] == "text/html; charset=utf-8"
    assert HttpResponse(content_type="a/b")["Content-Type"] == "a/b"
    assert HttpResponse(headers={"Content-Type": "a/b"})["Content-Type"] == "a/b"
    assert HttpResponse("é", charset="latin-1").content == b"\xe9"
    response = HttpResponse("é", content_type='text/plain; charset="iso-8859-1"')
    assert (response.charset, response.content) == ("iso-8859-1", b"\xe9")
    response.charset = "utf-8"
    assert response.charset == "utf-8"
    with pytest.raises(ValueError, match="'headers' must not contain 'Content-Type'"):
        HttpResponse(content_type="a/b", headers={"Content-Type": "a/b"})


def test_status_and_reason() -> None:
    assert HttpResponse(status="404").status_code == 404
    assert HttpResponse(status=404).reason_phrase == "Not Found"
    assert HttpResponse(status=599).reason_phrase == "Unknown Status Code"
    response = HttpResponse(reason="Fine")
    assert response.reason_phrase == "Fine"
    with pytest.raises(BadHeaderError, match="reason_phrase can't contain control"):
        response.reason_phrase = "a\nb"
    with pytest.raises(TypeError, match="HTTP status code must be an integer"):
        HttpResponse(status=object())
    for status in (99, 600):
        with pytest.raises(ValueError, match="from 100 to 599"):
            HttpResponse(status=status)


# --- cookies ------------------------------------------------------------------------------


def test_cookies() -> None:
    response = HttpResponse()
    response.set_cookie(
        "a", "1", max_age=10.7, path="/x", domain="d", secure=True, httponly=True, samesite="Lax"
    )
    cookie = response.cookies["a"]
    assert cookie["max-age"] == 10
    assert cookie["expires"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/x", "d", "Lax")
    assert cookie["secure"]
    assert cookie["httponly"]
    response.set_cookie("b", max_age=datetime.timedelta(minutes=1))
    assert response.cookies["b"]["max-age"] == 60
    response.set_cookie("c", expires="Thu, 01 Jan 1970 00:00:00 GMT", path=None)
    assert response.cookies["c"]["expires"].startswith("Thu")
    with pytest.raises(ValueError, match='samesite must be "lax", "none", or "strict"'):
        response.set_cookie("d", samesite="wrong")


@pytest.mark.parametrize("aware", [True, False])
def test_cookies_that_expire_at_a_moment(aware: bool) -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)
    if not aware:
        moment = moment.replace(tzinfo=None)
    response = HttpResponse()
    response.set_cookie("a", expires=moment)
    assert 98 <= response.cookies["a"]["max-age"] <= 100
    with pytest.raises(ValueError, match="can't be used together"):
        response.set_cookie("a", expires=moment, max_age=5)
    response.set_cookie("a", expires=datetime.datetime(2000, 1, 1))
    assert response.cookies["a"]["max-age"] == 0


def test_deleting_cookies() -> None:
    response = HttpResponse()
    response.delete_cookie("a", path="/x", domain="d")
    cookie = response.cookies["a"]
    assert (cookie["max-age"], cookie["path"], cookie["domain"], cookie["secure"]) == (
        0,
        "/x",
        "d",
        "",
    )
    for name, samesite in (("__Host-a", None), ("__Secure-a", None), ("a", "None")):
        response.delete_cookie(name, samesite=samesite)
        assert response.cookies[name]["secure"] is True


async def test_cookies_on_the_wire(ask: Ask) -> None:
    response = HttpResponse("x")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    answer = await ask(response)
    assert [value.split(";")[0] for value in answer.headers_named("set-cookie")] == ["a=1", "b=2"]


# --- content ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("é", "é".encode()),
        (b"\xff", b"\xff"),
        (memoryview(b"m"), b"m"),
        (bytearray(b"b"), b"b"),
        (5, b"5"),
        (lazystr("lazy"), b"lazy"),
        (iter(["a", b"b", 3]), b"ab3"),
        (("x", "y"), b"xy"),
    ],
)
def test_content(content: Any, expected: bytes) -> None:
    response = HttpResponse(content)
    assert response.content == response.getvalue() == response.body == expected
    assert list(response) == [expected]
    response.content = b"new"
    assert response.text == "new"


def test_iterators_are_closed() -> None:
    class Source:
        closed = False

        def __iter__(self) -> Iterator[str]:
            return iter("ab")

        def close(self) -> None:
            self.closed = True
            raise RuntimeError("ignored")

    source = Source()
    assert HttpResponse(source).content == b"ab"
    assert source.closed


def test_writing() -> None:
    response = HttpResponse()
    assert response.text == ""
    response.write("a")
    response.writelines(["b", b"c"])
    response.flush()
    assert (response.text, response.tell()) == ("abc", 3)
    assert response.writable()
    assert not response.readable()
    assert not response.seekable()
    assert bytes(response).endswith(b"\r\n\r\nabc")


def test_the_base_class_cannot_be_written() -> None:
    base = HttpResponseBase()
    assert not base.writable()
    for use in (lambda: base.write("x"), lambda: base.writelines([]), base.tell):
        with pytest.raises(OSError, match="This HttpResponseBase instance"):
            use()
    assert not hasattr(base, "render")
    assert not hasattr(HttpResponse(), "render")


async def test_the_base_class_has_nothing_to_send(ask: Ask) -> None:
    with pytest.raises(NotImplementedError, match="no content to send"):
        await ask(HttpResponseBase())


@pytest.mark.parametrize(
    ("response_class", "status"),
    [
        (HttpResponseBadRequest, 400),
        (HttpResponseForbidden, 403),
        (HttpResponseNotFound, 404),
        (HttpResponseGone, 410),
        (HttpResponseServerError, 500),
        (HttpResponseNotModified, 304),
    ],
)
def test_classes(response_class: type[HttpResponse], status: int) -> None:
    made = response_class()
    assert made.status_code == status
    assert isinstance(made, Response)
    assert f"status_code={status}" in repr(made)


def test_not_modified_has_no_content() -> None:
    response = HttpResponseNotModified()
    assert "Content-Type" not in response
    assert response.content == b""
    response.content = ""
    with pytest.raises(AttributeError, match="You cannot set content to a 304"):
        response.content = b"x"


def test_not_allowed() -> None:
    response = HttpResponseNotAllowed(["GET", "POST"])
    assert response["Allow"] == "GET, POST"
    assert repr(response).startswith("<HttpResponseNotAllowed [GET, POST] status_code=405")


def test_redirects() -> None:
    response = HttpResponseRedirect("/é?q=1")
    assert response.url == "/%C3%A9?q=1"
    assert repr(response) == (
        '<HttpResponseRedirect status_code=302, "text/html; charset=utf-8", url="/%C3%A9?q=1">'
    )
    assert HttpResponseRedirect("/", preserve_request=True).status_code == 307
    assert HttpResponsePermanentRedirect(lazystr("/x")).status_code == 301
    assert HttpResponsePermanentRedirect("/", preserve_request=True).status_code == 308
    assert HttpResponseRedirect("//host/path").url == "//host/path"


@pytest.mark.parametrize(
    "url", ["data:text/html,x", "javascript:alert(1)", "mailto:a@b", "file:///etc", "http://[::1"]
)
def test_unsafe_redirects(url: str) -> None:
    with pytest.raises(DisallowedRedirect, match="Unsafe redirect"):
        HttpResponseRedirect(url)


def test_long_redirects() -> None:
    with pytest.raises(DisallowedRedirect, match="exceeding 10 characters"):
        HttpResponseRedirect("/" + "x" * 10, max_length=10)
    assert HttpResponseRedirect("/" + "x" * 20_000, max_length=None).url


def test_json() -> None:
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678912, tzinfo=datetime.UTC)
    key = uuid.UUID(int=5)
    response = JsonResponse({"when": moment, "key": key, "lazy": lazystr("x")})
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content) == {
        "when": "2026-01-02T03:04:05.678Z",
        "key": str(key),
        "lazy": "x",
    }
    assert JsonResponse([1], safe=False).text == "[1]"
    assert JsonResponse({"b": 1, "a": 2}, json_dumps_params={"sort_keys": True}).text == (
        '{"a": 2, "b": 1}'
    )
    assert JsonResponse({}, status=201, content_type="a/b").status_code == 201
    with pytest.raises(TypeError, match="set the safe parameter to False"):
        JsonResponse([1])

    class Encoder(json.JSONEncoder):
        def default(self, o: Any) -> Any:
            return "encoded"

    assert JsonResponse({"x": object()}, encoder=Encoder).text == '{"x": "encoded"}'


def test_responses_can_be_pickled() -> None:
    response = HttpResponse("x")
    response.set_cookie("a", "1")
    restored = pickle.loads(pickle.dumps(response))
    assert restored.content == b"x"
    assert restored.cookies["a"].value == "1"


# --- over the wire ------------------------------------------------------------------------


async def test_lengths(ask: Ask) -> None:
    answer = await ask(HttpResponse("é"))
    assert answer.header("content-length") == "2"
    assert (await ask(HttpResponse("x", headers={"Content-Length": "5"}))).headers_named(
        "content-length"
    ) == ["5"]
    for status in (204, 304):
        assert (await ask(HttpResponse(status=status))).header("content-length") is None


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 200_000])
async def test_large_bodies_go_in_pieces(ask: Ask, size: int) -> None:
    answer = await ask(HttpResponse(b"x" * size))
    assert len(answer.body) == size
    bodies = [m for m in answer.messages if m["type"] == "http.response.body"]
    assert all(len(m["body"]) <= 65536 for m in bodies)
    assert [m.get("more_body", False) for m in bodies] == [True] * (len(bodies) - 1) + [False]


async def test_closing_and_the_signal(ask: Ask) -> None:
    seen: list[Any] = []

    def receiver(sender: Any, **kwargs: Any) -> None:
        seen.append(sender)

    class Resource:
        closed = 0

        def close(self) -> None:
            self.closed += 1
            raise RuntimeError("ignored")

    request_finished.connect(receiver)
    try:
        resource = Resource()
        response = HttpResponse("x")
        response._resource_closers.append(resource.close)
        response._handler_class = Resource
        await ask(response)
        assert (resource.closed, response.closed, seen) == (1, True, [Resource])
        other = HttpResponse()
        other._resource_closers.append(resource.close)
        other.close()
        assert (resource.closed, seen) == (2, [Resource, None])
    finally:
        request_finished.disconnect(receiver)


async def test_background_tasks_run_after_the_answer(ask: Ask) -> None:
    done: list[str] = []
    response = HttpResponse("x")
    response.background = BackgroundTask(done.append, "done")
    await ask(response)
    assert done == ["done"]


async def test_fastapi_endpoints_return_them(ask: Ask) -> None:
    app = FastAPI()

    @app.get("/")
    async def root() -> HttpResponse:
        response = JsonResponse({"a": 1}, status=202)
        response.set_cookie("c", "1")
        return response

    answer = await ask(app)
    assert (answer.status, answer.json()) == (202, {"a": 1})
    assert answer.header("set-cookie").startswith("c=1")


async def test_they_refuse_websockets(scope: Any) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def receive() -> Any:
        raise AssertionError

    await HttpResponseForbidden("no")({**scope(), "type": "websocket"}, receive, send)
    assert sent == ["websocket.http.response.start", "websocket.http.response.body"]


# --- streams ------------------------------------------------------------------------------


async def agenerate() -> AsyncIterator[str]:
    for part in ("a", "é", "c"):
        await asyncio.sleep(0)
        yield part


def generate() -> Iterator[str]:
    yield from ("a", "é", "c")


def test_streams_are_iterated_once() -> None:
    response = StreamingHttpResponse(generate())
    assert response.streaming
    assert not response.is_async
    assert list(response) == [b"a", "é".encode(), b"c"]
    assert list(response) == []
    assert StreamingHttpResponse(["x", b"y"]).getvalue() == b"xy"
    for name in ("content", "text"):
        with pytest.raises(AttributeError, match=f"has no `{name}` attribute"):
            getattr(response, name)
    assert repr(response) == '<StreamingHttpResponse status_code=200, "text/html; charset=utf-8">'
    with pytest.raises(OSError, match="is not writable"):
        response.write("x")
    with pytest.raises(TypeError):
        StreamingHttpResponse(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [agenerate, generate])
async def test_streams_on_the_wire(ask: Ask, make: Callable[[], Any]) -> None:
    answer = await ask(StreamingHttpResponse(make()))
    assert answer.text == "aéc"
    assert answer.header("content-length") is None
    bodies = [m for m in answer.messages if m["type"] == "http.response.body"]
    assert [m["body"] for m in bodies] == [b"a", "é".encode(), b"c", b""]
    assert (await ask(StreamingHttpResponse(make()), method="HEAD")).body == b""


async def test_large_parts_are_split(ask: Ask) -> None:
    answer = await ask(StreamingHttpResponse([b"x" * 100_000]))
    assert len(answer.body) == 100_000
    assert all(len(m.get("body", b"")) <= 65536 for m in answer.messages)


async def test_streams_on_the_other_side_warn() -> None:
    with pytest.warns(Warning, match="must consume asynchronous iterators"):
        assert list(StreamingHttpResponse(agenerate())) == [b"a", "é".encode(), b"c"]
    with pytest.warns(Warning, match="must consume synchronous iterators"):
        assert [part async for part in StreamingHttpResponse(generate())] == [
            b"a",
            "é".encode(),
            b"c",
        ]
    assert len([part async for part in StreamingHttpResponse(agenerate())]) == 3


async def test_streams_are_closed_when_the_client_leaves(scope: Any) -> None:
    closed: list[bool] = []

    class Source:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x"] * 5)

        def close(self) -> None:
            closed.append(True)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await StreamingHttpResponse(Source())(scope(), None, send)  # type: ignore[arg-type]
    assert closed == [True]


# --- files --------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.txt"
    path.write_bytes(b"0123456789")
    return path


async def test_files(ask: Ask, file: Path) -> None:
    handle = file.open("rb")
    answer = await ask(FileResponse(handle))
    assert answer.text == "0123456789"
    assert handle.closed
    assert answer.header("content-type") == "text/plain"
    assert answer.header("content-length") == "10"
    assert answer.header("content-disposition") == 'inline; filename="data.txt"'
    assert answer.header("accept-ranges") == "bytes"


@pytest.mark.parametrize(
    ("options", "name", "expected"),
    [
        ({}, "a.gz", ("application/gzip", 'inline; filename="a.gz"')),
        ({"as_attachment": True}, "a.pdf", ("application/pdf", 'attachment; filename="a.pdf"')),
        ({"filename": "ü.txt"}, "x", ("text/plain", "inline; filename*=utf-8''%C3%BC.txt")),
        ({"as_attachment": True}, "", ("application/octet-stream", "attachment")),
        ({}, "noextension", ("application/octet-stream", 'inline; filename="noextension"')),
        ({"content_type": "a/b"}, "a.pdf", ("a/b", 'inline; filename="a.pdf"')),
    ],
)
def test_file_headers(options: dict[str, Any], name: str, expected: tuple[str, str]) -> None:
    source = io.BytesIO(b"abc")
    source.name = name  # type: ignore[attr-defined]
    response = FileResponse(source, **options)
    assert (response["Content-Type"], response["Content-Disposition"]) == expected
    assert response["Content-Length"] == "3"
    response.close()
    assert source.closed


def test_lengths_of_odd_files(file: Path) -> None:
    class NoSeek:
        def __init__(self, name: str) -> None:
            self.name = name
            self.read = io.BytesIO(b"0123456789").read

        def tell(self) -> int:
            return 2

    class Buffer(NoSeek):
        def getbuffer(self) -> memoryview:
            return memoryview(b"01234")

    class NoTell:
        def __init__(self) -> None:
            stream = io.BytesIO(b"0123456789")
            self.read, self.seek = stream.read, stream.seek

    assert FileResponse(NoSeek(str(file)))["Content-Length"] == "8"
    assert "Content-Length" not in FileResponse(NoSeek("/nowhere"))
    assert FileResponse(Buffer(""))["Content-Length"] == "3"
    response = FileResponse(NoTell())
    assert response["Content-Length"] == "10"
    assert b"".join(response) == b"0123456789"
    partly = io.BytesIO(b"0123456789")
    partly.seek(4)
    assert FileResponse(partly)["Content-Length"] == "6"
    assert "Content-Length" not in FileResponse(["not", "a file"])
    with tempfile.TemporaryFile() as unnamed:
        assert "Content-Disposition" not in FileResponse(unnamed)


@pytest.mark.parametrize(
    ("header", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=-30", 206, "0123456789", "bytes 0-9/10"),
        ("bytes=5-100", 206, "56789", "bytes 5-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=-0", 416, "", "bytes */10"),
        ("bytes=4-2", 200, "0123456789", None),
        ("bytes=-", 200, "0123456789", None),
        ("bytes=0-1,4-5", 200, "0123456789", None),
        ("items=0-1", 200, "0123456789", None),
        ("bytes=x", 200, "0123456789", None),
    ],
)
async def test_ranges(
    ask: Ask, file: Path, header: str, status: int, body: str, content_range: str | None
) -> None:
    answer = await ask(FileResponse(file.open("rb")), headers={"Range": header})
    assert (answer.status, answer.text) == (status, body)
    assert answer.header("content-range") == content_range
    assert answer.header("content-length") == str(len(body))


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"tag"', 206), ('"other"', 200), ('W/"tag"', 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 206)],
)
async def test_ranges_of_another_version(ask: Ask, file: Path, condition: str, status: int) -> None:
    response = FileResponse(file.open("rb"))
    response["ETag"] = '"tag"'
    response["Last-Modified"] = "Thu, 01 Jan 1970 00:00:00 GMT"
    headers = {"Range": "bytes=0-1", "If-Range": condition}
    assert (await ask(response, headers=headers)).status == status


async def test_when_ranges_do_not_apply(ask: Ask, file: Path) -> None:
    headers = {"Range": "bytes=0-1"}
    assert (await ask(FileResponse(file.open("rb")), method="POST", headers=headers)).status == 200
    gone = FileResponse(file.open("rb"), status=404)
    assert (await ask(gone, headers=headers)).status == 404
    stream = FileResponse(["a", "b"])
    assert (await ask(stream, headers=headers)).text == "ab"


async def test_files_that_shrink_while_being_sent(ask: Ask, file: Path) -> None:
    response = FileResponse(file.open("rb"))
    await run_in_thread(file.write_bytes, b"0")
    answer = await ask(response, headers={"Range": "bytes=0-5"})
    assert answer.text == "0"
