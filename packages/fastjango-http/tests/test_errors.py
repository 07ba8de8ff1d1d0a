"""Error responses: by what is accepted, for developers, and for whatever clients send."""

import json
import logging
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from fastapi import HTTPException
from fastapi.encoders import jsonable_encoder
from fastjango.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from fastjango.http import FastJango, Http404, HttpRequest, HttpResponse, path, re_path
from fastjango.http.errors import (
    ExceptionCycleWarning,
    ExceptionReporter,
    SafeExceptionReporterFilter,
    error_response,
    get_default_exception_reporter_filter,
    get_exception_reporter_class,
    get_exception_reporter_filter,
    install,
    prefers_json,
    safe_json,
    technical_404_response,
    technical_500_response,
)
from fastjango.http.errors.filters import CallableSettingWrapper
from fastjango.http.errors.pages import is_developer
from fastjango.http.hooks import debug_queries
from fastjango.http.querydict import QueryDict
from fastjango.http.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.responses import Response

Ask = Callable[..., Any]
SECRET = "hunter" + "2" * 8  # put together, so that no line of source shows it
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ERRORS: dict[str, Exception] = {
    "missing": Http404("secret reason"),
    "denied": PermissionDenied("why"),
    "bad": BadRequest("bad thing"),
    "evil": SuspiciousOperation("evil thing"),
    "teapot": HTTPException(418, "short and stout", {"X-Pot": "1"}),
    "unchanged": HTTPException(304),
    "broken": ZeroDivisionError("broken"),
}


class Item(BaseModel):
    name: str
    size: float = 1.0
    below: "Item | None" = None


def raising(request: Any, kind: str) -> HttpResponse:
    raise ERRORS[kind]


async def operation(kind: str) -> int:
    raise ERRORS[kind]


async def create(item: Item) -> Item:
    return item


@pytest.fixture
def app(configured: Any) -> FastJango:
    from fastjango.http.views.api import operation as mark

    patterns = (
        path("view/<kind>/", raising, name="raising"),
        path("op/<kind>/", operation),
        path("items/", mark(methods=["POST"])(create)),
    )
    configured(ROOT_URLCONF=patterns, ALLOWED_HOSTS=["*"])
    made = FastJango(urlpatterns=patterns, redirect_slashes=False)
    install(made)
    return made


async def quiet(ask: Ask, app: Any, *args: Any, **kwargs: Any) -> Any:
    """Ask, and swallow what the outermost layer hands to the server for its log."""
    caught: list[Exception] = []

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            caught.append(error)

    answer = await ask(guarded, *args, **kwargs)
    answer.caught = caught
    return answer


@pytest.mark.parametrize(
    ("url", "headers", "status", "is_json"),
    [
        ("/nowhere/", {}, 404, False),
        ("/nowhere/", HTML, 404, False),
        ("/nowhere/", JSON, 404, True),
        ("/view/missing/", {}, 404, False),
        ("/view/missing/", JSON, 404, True),
        ("/view/denied/", {}, 403, False),
        ("/view/bad/", JSON, 400, True),
        ("/view/evil/", {}, 400, False),
        ("/view/teapot/", {}, 418, True),
        ("/view/teapot/", HTML, 418, False),
        ("/view/broken/", {}, 500, False),
        ("/view/broken/", JSON, 500, True),
        ("/op/missing/", {}, 404, True),
        ("/op/missing/", HTML, 404, False),
        ("/op/denied/", {}, 403, True),
        ("/op/teapot/", {}, 418, True),
        ("/op/broken/", {}, 500, True),
        ("/op/broken/", HTML, 500, False),
        ("/items/", {}, 405, True),
        ("/items/", HTML, 405, False),
    ],
)
async def test_errors_by_what_is_accepted(
    ask: Ask, app: FastJango, url: str, headers: dict[str, str], status: int, is_json: bool
) -> None:
    answer = await quiet(ask, app, url, headers=headers)
    assert answer.status == status
    assert (answer.header("content-type") == "application/json") is is_json
    if is_json:
        assert set(answer.json()) == {"detail"}
    else:
        assert "<!doctype html>" in answer.text.lower()
    assert "secret reason" not in answer.text
    assert "Traceback" not in answer.text


async def test_details_of_http_errors(ask: Ask, app: FastJango) -> None:
    answer = await quiet(ask, app, "/view/teapot/")
    assert (answer.json(), answer.header("x-pot")) == ({"detail": "short and stout"}, "1")
    page = await quiet(ask, app, "/view/teapot/", headers=HTML)
    assert "<p>short and stout</p>" in page.text
    assert (await quiet(ask, app, "/view/unchanged/")).body == b""
    assert (await quiet(ask, app, "/items/")).header("allow") == "POST"


async def test_problem_json(ask: Ask, app: FastJango, configured: Any) -> None:
    configured(ERROR_PROBLEM_JSON=True, ROOT_URLCONF=())
    answer = await ask(app, "/op/missing/")
    assert answer.header("content-type") == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not Found",
    }


async def test_errors_are_logged_once(
    ask: Ask, app: FastJango, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="fastjango"):
        await quiet(ask, app, "/view/broken/", **{"fastjango.request_id": "r-1"})
    [record] = [record for record in caplog.records if record.name == "fastjango.request"]
    assert record.getMessage() == "Internal Server Error: /view/broken/"
    assert record.exc_info is not None
    assert record.request_id == "r-1"  # type: ignore[attr-defined]


async def test_exceptions_may_be_let_through(ask: Ask, app: FastJango, configured: Any) -> None:
    configured(DEBUG_PROPAGATE_EXCEPTIONS=True, ROOT_URLCONF=())
    with pytest.raises(ZeroDivisionError):
        await ask(app, "/view/broken/")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": 1e400, "size": NaN}',
        b'{"size": NaN}',
        b'{"size": Infinity}',
        b'{"name": 100000000000000000000000}',
        b'{"name": "a", "size": "x\\u0000"}',
        b"[" * 100_000,
        b'{"below":' * 100_000,
        b'{"below":' * 500 + b"1" + b"}" * 500,
        b"9" * 5000,
        b"",
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
@pytest.mark.parametrize("accept", [{}, HTML])
async def test_no_input_is_a_server_error(
    ask: Ask, app: FastJango, body: bytes, content_type: str, accept: dict[str, str]
) -> None:
    headers = {"Content-Type": content_type, **accept}
    answer = await ask(app, "/items/", method="POST", body=body, headers=headers)
    assert answer.status in (400, 422)
    answer.text.encode()


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("/view/\x00/", {}),
        ("/view/\ud800/", {}),
        ("/nowhere/\x00", {"Cookie": "a=\x00; \xff"}),
        ("/nowhere/", {"Accept": "\xff;q=x,,,/"}),
        ("/nowhere/", {"Content-Type": "multipart/form-data; boundary=\xff"}),
        ("/nowhere/?%00=%ff&&=&a=%", {"Content-Length": "nonsense"}),
    ],
)
async def test_odd_requests(ask: Ask, app: FastJango, url: str, headers: dict[str, str]) -> None:
    ERRORS.setdefault("\x00", Http404())
    ERRORS.setdefault("\ud800", Http404())
    answer = await quiet(ask, app, url, headers=headers) if "\ud800" not in url else None
    if answer is not None:
        assert answer.status == 404


@pytest.mark.parametrize("debug", [True, False])
async def test_a_report_does_not_fail_as_the_request_did(
    ask: Ask, configured: Any, debug: bool
) -> None:
    async def reading(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.GET["a"])

    patterns = [path("read/", reading)]
    configured(ROOT_URLCONF=patterns, ALLOWED_HOSTS=["*"], DEBUG=debug)
    made = FastJango(urlpatterns=patterns, redirect_slashes=False, debug=debug)
    install(made)
    client = {"client": ("127.0.0.1", 1)}
    answer = await quiet(ask, made, "/read/?" + "a=1&" * 2000, headers=HTML, **client)
    assert answer.status == 400
    assert not answer.caught
    assert ("(not readable)" in answer.text) is debug


def test_safe_json() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    value = {
        b"k": b"\xff",
        "s": "\ud800",
        "n": [float("nan"), float("inf"), 1.5, None, True, 10**30],
        "t": ({1},),
        "o": object,
        "deep": deep,
    }
    text = json.dumps(safe_json(value), allow_nan=False)
    text.encode()
    assert '"s": "\\\\ud800"' in text
    assert '["nan", "inf", 1.5, null, true' in text


def test_safe_json_writes_values_as_fastapi_does() -> None:
    class Color(Enum):
        RED = "red"

    values: list[Any] = [
        Decimal("1.5"),
        Decimal(3),
        Color.RED,
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        timedelta(seconds=5),
        UUID(int=7),
    ]
    assert safe_json(values) == jsonable_encoder(values)
    assert safe_json([Decimal("NaN"), ValueError("no good")]) == ["nan", "no good"]


# --- for developers -----------------------------------------------------------------------


def make_request(**meta: Any) -> HttpRequest:
    request = HttpRequest()
    request.method, request.path, request.path_info = "POST", "/x/<b>/", "/x/<b>/"
    request.META.update(
        {"SERVER_NAME": "h", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", **meta}
    )
    return request


@pytest.mark.parametrize(
    ("debug", "address", "expected"),
    [
        (True, "127.0.0.1", True),
        (True, "::1", True),
        (True, None, True),
        (True, "testclient", True),
        (True, "10.0.0.5", True),
        (True, "::ffff:127.0.0.1", True),
        (True, "::ffff:10.0.0.5", True),
        (True, "::ffff:203.0.113.9", False),
        (True, "203.0.113.9", False),
        (True, "nonsense", False),
        (False, "127.0.0.1", False),
    ],
)
def test_who_is_a_developer(
    configured: Any, debug: bool, address: str | None, expected: bool
) -> None:
    configured(DEBUG=debug, INTERNAL_IPS=["10.0.0.5"])
    assert is_developer(make_request(REMOTE_ADDR=address)) is expected


async def test_pages_for_developers(ask: Ask, app: FastJango, configured: Any) -> None:
    patterns = (
        path("view/<kind>/", raising, name="raising"),
        re_path(r"^other/$", raising),
    )
    configured(DEBUG=True, ROOT_URLCONF=patterns, ALLOWED_HOSTS=["*"])
    page = await quiet(ask, app, "/view/broken/", headers=HTML)
    assert page.status == 500
    assert "ZeroDivisionError at /view/broken/" in page.text
    assert "raise ERRORS[kind]" in page.text
    missing = await ask(app, "/nowhere/", headers=HTML)
    assert "Page not found <small>(404)</small>" in missing.text
    assert "Raised by" not in missing.text
    assert "view/&lt;kind&gt;/ [name='raising']" in missing.text
    raised = await ask(app, "/view/missing/", headers=HTML)
    assert "secret reason" in raised.text
    assert "test_errors.raising" in raised.text
    bad = await ask(app, "/view/bad/", headers=HTML)
    assert (bad.status, "BadRequest at" in bad.text) == (400, True)
    text = await quiet(ask, app, "/view/broken/", headers={"Accept": "text/plain, text/html;q=0.1"})
    assert text.header("content-type") == "text/plain; charset=utf-8"
    far = await quiet(ask, app, "/view/broken/", headers=HTML, client=("203.0.113.9", 5))
    assert "Server Error (500)" in far.text
    assert "ZeroDivisionError" not in far.text


async def test_the_page_for_developers_keeps_secrets(ask: Ask, configured: Any) -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        source = f"postgres://me:{SECRET}@host/db"
        nested = {"plain": "shown-1", "below": [{"api_key": SECRET}, ("x-api-key", SECRET)]}
        nested["self"] = nested  # type: ignore[assignment]
        headers = request.headers
        raise ZeroDivisionError(f"{len(source)} {len(nested)} {len(headers)} ")

    async def operation() -> None:
        raise ZeroDivisionError

    patterns = (path("view/", fails), path("op/", operation))
    configured(
        DEBUG=True,
        ROOT_URLCONF=patterns,
        ALLOWED_HOSTS=["*"],
        SESSION_COOKIE_NAME="sid",
        MY_DATABASE=f"postgres://me:{SECRET}@host/db",
    )
    app = FastJango(urlpatterns=patterns, redirect_slashes=False)
    install(app)
    sent = {**HTML, "Cookie": f"sid={SECRET}; plain=shown-2", "Authorization": f"Bearer {SECRET}"}
    for where in ("/view/", "/op/"):
        for accepted in (HTML["Accept"], "text/plain, text/html;q=0.1"):
            page = await quiet(ask, app, where, headers={**sent, "Accept": accepted})
            assert "ZeroDivisionError at" in page.text
            assert SECRET not in page.text
            assert "shown-2" in page.text
    page = await quiet(ask, app, "/view/", headers=sent)
    assert "shown-1" in page.text
    # The scope of ASGI is a variable of many frames: what is not secret in it is still there.
    assert "b&#x27;host&#x27;, b&#x27;testserver&#x27;" in page.text


def test_reports_hide_nothing_in_harmless_variables() -> None:
    def fail() -> None:
        harmless = defaultdict(list, {"a": [("b", 1), Headers({"accept": "x"})]})
        pair = ("author", "Ada")
        raise ValueError(len(harmless) + len(pair))

    html = ExceptionReporter(None, *caught(fail)).get_traceback_html()
    assert "defaultdict(&lt;class" in html
    assert "(&#x27;author&#x27;, &#x27;Ada&#x27;)" in html


def test_404_pages(configured: Any) -> None:
    patterns = (path("a/", raising, name="n"), path("b/", raising))
    configured(ROOT_URLCONF=patterns)
    request = make_request()
    try:
        from fastjango.http import resolve

        resolve("/x/<b>/")
    except Http404 as error:
        page = technical_404_response(request, error).text
    assert "a/ [name='n']" in page
    assert "<b>/" not in page
    assert "matched the last one" in technical_404_response(request, Http404("why")).text
    fresh = technical_404_response(request, Http404({"path": "z", "tried": []}))
    assert "The install worked successfully!" in fresh.text
    admin = SimpleNamespace(pattern="admin/", app_name="admin", namespace="admin")
    only_admin = Http404({"path": "", "tried": [[admin]]})
    assert "The install worked successfully!" in technical_404_response(request, only_admin).text
    elsewhere = Http404({"path": "x", "tried": [[admin]]})
    page = technical_404_response(request, elsewhere).text
    assert "admin/ [namespace='admin']" in page
    nothing = Http404({"path": "", "tried": [[admin], [admin]]})
    assert "The empty path didn" in technical_404_response(request, nothing).text
    request.urlconf = sys.modules[__name__]


def test_reports_name_causes_and_the_part_of_the_line() -> None:
    def fail() -> None:
        try:
            raise KeyError("<first>")
        except KeyError as error:
            raise ValueError("sécond") from error

    def meanwhile() -> None:
        try:
            fail()
        except ValueError:
            raise TypeError("third")  # noqa: B904 - the implicit cause is what is tested

    exc_type, exc_value, tb = caught(meanwhile)
    reporter = ExceptionReporter(None, exc_type, exc_value, tb)
    text, html = reporter.get_traceback_text(), reporter.get_traceback_html()
    direct = "The above exception ('{}') was the direct cause of the following exception:"
    assert direct.format("<first>") in text
    during = "During handling of the above exception ({}), another exception occurred:"
    during = during.format("sécond")
    assert during in text
    # In the list of frames, and in the text that can be copied.
    assert html.count(direct.format("&lt;first&gt;").replace("'", "&#x27;")) == 2
    assert html.count(during) == 2
    line = 'raise ValueError("sécond") from error'
    assert f"    {line}\n    {'^' * len(line)}\n" in text
    for part in ("Exception Type: TypeError\n", "Exception Value: third\n"):
        assert part in text
    assert "Exception Location" in html


class Mute(Exception):
    """Has no text, no length and nothing to show."""

    def __str__(self) -> str:
        raise RuntimeError("mute")

    __repr__ = __str__

    def __len__(self) -> int:
        return 0


async def test_the_page_is_there_whatever_is_broken(ask: Ask, configured: Any) -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        try:
            raise Mute
        except Mute as mute:
            error = Mute()
            error.__notes__ = ["a note", 5]
            raise error from mute

    broken = Mute()
    configured(
        DEBUG=True, ROOT_URLCONF="no.such.urls", BROKEN=broken, SECURE_PROXY_SSL_HEADER=("X",)
    )
    app = FastJango(urlpatterns=[path("view/", fails)], redirect_slashes=False)
    install(app)
    for accepted in (HTML["Accept"], "text/plain, text/html;q=0.1"):
        page = await quiet(ask, app, "/view/", headers={"Accept": accepted})
        assert page.status == 500
        assert "Mute at /view/" in page.text
        assert "Error in __str__() of Mute: RuntimeError" in page.text
        assert "a note\n5" in page.text
        assert "/view/ (the rest is not readable:" in page.text
        assert page.text.count("raise error from mute") >= 1


async def test_a_page_for_an_error_that_fails_is_logged(
    ask: Ask, configured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("first")

    def handler500(request: HttpRequest) -> HttpResponse:
        raise KeyError("second")

    urlconf = SimpleNamespace(urlpatterns=[path("view/", fails)], handler500=handler500)
    configured(ROOT_URLCONF=urlconf, ALLOWED_HOSTS=["*"])
    app = FastJango(urlpatterns=urlconf.urlpatterns, redirect_slashes=False)
    install(app)
    with caplog.at_level("ERROR", "fastjango.request"):
        page = await quiet(ask, app, "/view/", headers=HTML)
    assert (page.status, page.text) == (500, "Internal Server Error")
    assert [record.getMessage() for record in caplog.records] == [
        "The page for this error cannot be made: /view/",
        "Internal Server Error: /view/",
    ]
    assert "second" in caplog.text


def test_reports_without_a_traceback_in_the_middle() -> None:
    error = RuntimeError("outer")
    error.__context__ = RuntimeError("inner")
    reporter = ExceptionReporter(None, *caught(lambda: (_ for _ in ()).throw(error)))
    text, html = reporter.get_traceback_text(), reporter.get_traceback_html()
    assert "Traceback (most recent call last):\n  None" in text
    assert '<li class="frame user">None</li>' in html
    outer = RuntimeError("last")
    outer.__cause__ = RuntimeError("middle")
    outer.__cause__.__context__ = RuntimeError("first")
    reporter = ExceptionReporter(None, RuntimeError, outer, None)
    assert "  Traceback: None" in reporter.get_traceback_text()
    assert '<li class="frame user">Traceback: None</li>' in reporter.get_traceback_html()


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: "abcdefghijkl<b>ὀ</b>mnopq".encode("ascii"), "<strong>kl&lt;b&gt;"),
        (lambda: b"abcdefghijkl\xff mnopqrst".decode("utf-8"), "<strong>hijkl"),
    ],
)
def test_reports_show_what_could_not_be_encoded(call: Callable[[], Any], part: str) -> None:
    html = ExceptionReporter(None, *caught(call)).get_traceback_html()
    assert "Unicode error hint" in html
    assert part in html
    bare = ExceptionReporter(None, UnicodeError, UnicodeError("x"), None).get_traceback_html()
    assert "Unicode error hint" not in bare


async def test_errors_that_views_return_are_logged_once(
    ask: Ask, configured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(request: Any) -> HttpResponse:
        return HttpResponse(status=410)

    async def broken(request: Any) -> Response:
        return Response(status_code=503)

    patterns = (path("gone/", gone), path("broken/", broken), path("why/<kind>/", raising))
    configured(ALLOWED_HOSTS=["*"])
    app = FastJango(urlpatterns=patterns)
    with caplog.at_level("WARNING", "fastjango.request"):
        for where in ("/gone/", "/broken/", "/why/denied/"):
            await ask(app, where)
    found = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert found == [
        ("WARNING", "Gone: /gone/"),
        ("ERROR", "Service Unavailable: /broken/"),
        ("WARNING", "Forbidden (Permission denied): /why/denied/"),
    ]


async def test_errors_that_middlewares_answer_with_are_logged_once(
    ask: Ask, configured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def paying(request: Any) -> HttpResponse:
        response = await following(request)
        if request.path == "/paid/":
            response.status_code = 402
        return response

    def paying_factory(get_response: Any) -> Any:
        nonlocal following
        following = get_response
        return paying

    def busy_factory(get_response: Any) -> Any:
        def busy(request: Any) -> HttpResponse:
            return HttpResponse(status=503) if request.path == "/busy/" else get_response(request)

        return busy

    async def gone(request: Any) -> HttpResponse:
        return HttpResponse(status=410)

    async def paid(request: Any) -> HttpResponse:
        return HttpResponse("thanks")

    following: Any = None
    paying_factory.async_capable = True  # type: ignore[attr-defined]
    paying_factory.sync_capable = False  # type: ignore[attr-defined]
    configured(ALLOWED_HOSTS=["*"])
    app = FastJango(
        urlpatterns=[path("gone/", gone), path("why/<kind>/", raising), path("paid/", paid)],
        django_middleware=[busy_factory, paying_factory],
    )

    @app.get("/operation")
    async def operation() -> None:
        raise HTTPException(418)

    with caplog.at_level("WARNING", "fastjango.request"):
        for where in ("/paid/", "/busy/", "/gone/", "/why/denied/", "/operation"):
            await ask(app, where)
    assert [record.getMessage() for record in caplog.records] == [
        "Payment Required: /paid/",
        "Service Unavailable: /busy/",
        "Gone: /gone/",
        "Forbidden (Permission denied): /why/denied/",
    ]


def test_a_404_that_a_converter_raises_is_reported(configured: Any) -> None:
    configured(ROOT_URLCONF=(path("a/<int:number>/", raising),))
    request = make_request()
    with mock.patch("fastjango.http.errors.reporter.resolve", side_effect=Http404("no")):
        assert "no" in technical_404_response(request, Http404("no")).text
    assert technical_404_response(request, Http404()).status_code == 404


def caught(function: Callable[[], Any]) -> tuple[Any, Any, Any]:
    try:
        function()
    except Exception:
        return sys.exc_info()
    raise AssertionError


def test_reports(configured: Any) -> None:
    configured(MY_TOKEN="hush"[::-1], MY_CALL=len)

    def fail() -> None:
        password = "hunter2"[::-1]
        shown = "<visible>"
        large = "x" * 5000

        class Bad:
            def __repr__(self) -> str:
                raise ValueError("no repr")

        bad = Bad()
        try:
            raise KeyError("first")
        except KeyError as error:
            error.add_note("noted")
            raise ValueError(f"{shown} {len(password)} {len(large)} {bad is None}") from error

    request = make_request(HTTP_COOKIE="a=1", HTTP_X="y")
    request.GET = QueryDict("q=1")
    request.POST = QueryDict("p=2")
    request.COOKIES = {"sessionid": "s", "plain": "c"}
    request.user = "ada"
    exc_type, exc_value, tb = caught(fail)
    with debug_queries.implemented(lambda: ["SELECT 1"]):
        reporter = ExceptionReporter(request, exc_type, exc_value, tb)
        html, text = reporter.get_traceback_html(), reporter.get_traceback_text()
    for report in (html, text):
        assert "2retnuh" not in report
        assert "hsuh" not in report
        assert "ValueError at /x/" in report
        assert "ada" in report
    assert "&lt;visible&gt;" in html
    assert "SELECT 1" in html
    assert "trimmed 5002 bytes string" in html
    assert "no repr" in html
    assert "q = '1'" in text
    assert "sessionid = '********************'" in text
    assert [f["function"] for f in reporter.get_traceback_frames()] == ["fail", "caught", "fail"]
    with_note = ExceptionReporter(None, KeyError, exc_value.__cause__, None)
    assert "noted" in with_note.get_traceback_text()
    assert "noted" in with_note.get_traceback_html()
    assert "Request data not supplied" in with_note.get_traceback_html()
    assert "Request data not supplied" in with_note.get_traceback_text()
    empty = ExceptionReporter(None, None, None, None)
    assert empty.get_traceback_html().count("Report")
    assert (
        "INTERNAL_IPS"
        not in ExceptionReporter(None, None, None, None, is_email=True)
        .get_traceback_html()
        .split("<h2>Settings</h2>")[0]
    )


def test_causes_that_run_in_circles() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    with pytest.warns(ExceptionCycleWarning, match="Cycle in the exception chain"):
        frames = ExceptionReporter(None, ValueError, first, None).get_traceback_frames()
    assert [frame["tb"] for frame in frames] == [None, None]


def test_hidden_frames() -> None:
    def hidden() -> None:
        __traceback_hide__ = True
        raise ValueError

    reporter = ExceptionReporter(None, *caught(hidden))
    assert [frame["function"] for frame in reporter.get_traceback_frames()] == ["caught"]
    namespace: dict[str, Any] = {}
    exec(compile("def f():\n    raise ValueError", "/nowhere.py", "exec"), namespace)
    frames = ExceptionReporter(None, *caught(namespace["f"])).get_traceback_frames()
    assert frames[-1]["context_line"] == "<source code not available>"


def test_users_and_forms_that_cannot_be_read() -> None:
    class Broken(HttpRequest):
        @property
        def user(self) -> Any:
            raise RuntimeError

        @property
        def POST(self) -> Any:
            raise OSError

        @property
        def FILES(self) -> Any:
            raise OSError

    request = Broken.__new__(Broken)
    request.__dict__.update(
        META={"SERVER_NAME": "h", "SERVER_PORT": "80"},
        GET=QueryDict(),
        COOKIES={},
        _path="/",
        path_info="/",
        _method="GET",
        scope={},
        resolver_match=None,
    )
    text = ExceptionReporter(request, ValueError, ValueError("x"), None).get_traceback_text()
    assert "[unable to retrieve the current user]" in text
    assert "No POST data" in text


def test_filters(configured: Any) -> None:
    found = get_default_exception_reporter_filter()
    assert isinstance(found, SafeExceptionReporterFilter)
    stars = found.cleansed_substitute
    assert found.cleanse_setting("API_KEY", "x") == stars
    assert found.cleanse_setting("DATABASES", {"a": {"PASSWORD": "p", "NAME": "n"}}) == {
        "a": {"PASSWORD": stars, "NAME": "n"}
    }
    assert found.cleanse_setting("L", [{"token": 1}, ("x", {"secret": 2})]) == [
        {"token": stars},
        ("x", {"secret": stars}),
    ]
    assert repr(found.cleanse_setting("C", len)) == repr(len)
    assert isinstance(found.cleanse_setting(5, len), CallableSettingWrapper)
    assert found.get_safe_settings()["SECRET_KEY"] == stars
    assert found.get_post_parameters(None) == {}
    assert found.get_safe_request_meta(object()) == found.get_safe_cookies(object()) == {}

    class Own(SafeExceptionReporterFilter):
        pass

    class OwnReporter(ExceptionReporter):
        pass

    request = make_request()
    request.exception_reporter_filter = Own()  # type: ignore[attr-defined]
    request.exception_reporter_class = OwnReporter  # type: ignore[attr-defined]
    assert isinstance(get_exception_reporter_filter(request), Own)
    assert get_exception_reporter_class(request) is OwnReporter
    assert get_exception_reporter_class(None) is ExceptionReporter

    class Lazy:
        @property
        def __class__(self) -> Any:
            raise RuntimeError("lazy")

    assert "while evaluating" in found.cleanse_special_types(request, Lazy())


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("marks", [("sauce", "other"), ()])
async def test_marked_secrets(configured: Any, debug: bool, marks: tuple[str, ...]) -> None:
    configured(DEBUG=debug)
    sauce_value = "worcestershire"

    @sensitive_variables(*marks)
    def sync_function(sauce: str) -> None:
        recipe = "recipe"
        raise ValueError(len(recipe))

    @sensitive_variables(*marks)
    async def async_function(sauce: str) -> None:
        recipe = "recipe"
        raise ValueError(len(recipe))

    @sensitive_variables(*marks)
    def generator(sauce: str) -> Iterator[int]:
        recipe = "recipe"
        yield 1
        raise ValueError(len(recipe))

    @sensitive_variables(*marks)
    async def async_generator(sauce: str) -> AsyncIterator[int]:
        recipe = "recipe"
        yield 1
        raise ValueError(len(recipe))

    request = make_request()
    request.POST = QueryDict("sauce=worcestershire&recipe=recipe")
    sensitive_post_parameters(*marks)(lambda request: None)(request)
    reports = []
    info = caught(lambda: sync_function(sauce_value))
    reports.append(ExceptionReporter(request, *info))
    try:
        await async_function(sauce_value)
    except ValueError:
        reports.append(ExceptionReporter(request, *sys.exc_info()))
    reports.append(ExceptionReporter(request, *caught(lambda: list(generator(sauce_value)))))
    try:
        async for _ in async_generator(sauce_value):
            pass
    except ValueError:
        reports.append(ExceptionReporter(request, *sys.exc_info()))
    for report in reports:
        inner = dict(report.get_traceback_data()["frames"][-1]["vars"])
        shown = "worcestershire" in inner["sauce"]
        assert shown is debug
        assert ("recipe" in inner["recipe"]) is (debug or bool(marks))
    post = dict(reports[0].get_traceback_data()["filtered_POST_items"])
    assert (post["sauce"] == "worcestershire") is debug


async def test_other_failures_to_encode_are_faults(ask: Ask, app: FastJango) -> None:
    ERRORS["encode"] = UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range")
    assert (await quiet(ask, app, "/view/encode/")).status == 500


def test_choosing_a_kind() -> None:
    request = make_request(HTTP_ACCEPT="image/png")
    assert prefers_json(request, default=True)
    assert not prefers_json(request)
    assert error_response(request, 404).status_code == 404
    assert "Error (599)" in error_response(request, 599).text
    response = technical_500_response(request, ValueError, ValueError("x"), None)
    assert response["Content-Type"].startswith("text/plain")
