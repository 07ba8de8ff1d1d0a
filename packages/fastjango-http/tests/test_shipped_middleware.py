"""The middleware that comes with the web layer, in the chain and in Django's form."""

import asyncio
import gzip
import re
import subprocess
import sys
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from fastapi import Body, WebSocket
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import FastJango, HttpResponse, StreamingHttpResponse
from fastjango.http.csp import CSP, LazyNonce, build_policy
from fastjango.http.csrf import get_token, mask_secret, new_secret, rotate_token, unmask_token
from fastjango.http.middleware import request_id
from fastjango.http.middleware.clickjacking import XFrameOptionsMiddleware
from fastjango.http.middleware.common import CommonMiddleware
from fastjango.http.middleware.compression import available, choose
from fastjango.http.middleware.csp import ContentSecurityPolicyMiddleware, get_nonce
from fastjango.http.middleware.csrf import CsrfViewMiddleware
from fastjango.http.middleware.gzip import CompressionMiddleware, GZipMiddleware
from fastjango.http.middleware.http import ConditionalGetMiddleware
from fastjango.http.middleware.limits import DeadlineMiddleware
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.http.middleware.request_id import RequestIdFilter, get_request_id
from fastjango.http.middleware.security import SecurityMiddleware
from fastjango.http.request import HttpRequest
from fastjango.http.urls import path
from fastjango.http.views.decorators.clickjacking import xframe_options_exempt
from fastjango.http.views.decorators.csp import csp_override
from fastjango.http.views.decorators.csrf import csrf_exempt, csrf_protect, ensure_csrf_cookie
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

PREFIX = "fastjango.http.middleware."
CSRF = PREFIX + "csrf.CsrfViewMiddleware"
SECRET = "a" * 32


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("page " * 200)


async def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


def site(*middleware: Any, patterns: Any = ()) -> FastJango:
    return FastJango(
        urlpatterns=[path("page/", page), path("form/", form), *patterns],
        django_middleware=list(middleware),
        redirect_slashes=False,
    )


# -- security headers ------------------------------------------------------------------------


async def test_security_headers_are_on_by_default(ask: Any) -> None:
    answer = await ask(site(PREFIX + "security.SecurityMiddleware"), "/page/")
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "same-origin"
    assert answer.header("cross-origin-opener-policy") == "same-origin"
    assert answer.header("strict-transport-security") is None


async def test_hsts_goes_out_over_https_only(ask: Any, configured: Any) -> None:
    configured(
        SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True
    )
    app = site(PREFIX + "security.SecurityMiddleware")
    assert (await ask(app, "/page/")).header("strict-transport-security") is None
    secure = await ask(app, "/page/", scheme="https")
    expected = "max-age=60; includeSubDomains; preload"
    assert secure.header("strict-transport-security") == expected


async def test_redirect_to_https(ask: Any, configured: Any) -> None:
    configured(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=["^form/"])
    app = site(PREFIX + "security.SecurityMiddleware")
    answer = await ask(app, "/page/?a=1")
    assert answer.status == 301
    assert answer.header("location") == "https://testserver/page/?a=1"
    assert (await ask(app, "/form/")).status == 200
    assert (await ask(app, "/page/", scheme="https")).status == 200


def django_request(**meta: str) -> HttpRequest:
    request = HttpRequest()
    request.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta}
    request.path = request.path_info = "/page/"
    request.method = "GET"
    return request


def test_the_same_in_djangos_form(configured: Any) -> None:
    configured(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=5)
    middleware = SecurityMiddleware(lambda request: HttpResponse())
    assert middleware(django_request()).status_code == 301
    secure = django_request()
    secure.is_secure = lambda: True  # type: ignore[method-assign]
    response = middleware(secure)
    assert response["Strict-Transport-Security"] == "max-age=5"
    assert response["X-Content-Type-Options"] == "nosniff"


async def test_frame_options(ask: Any, configured: Any) -> None:
    configured(X_FRAME_OPTIONS="sameorigin")
    free = path("free/", xframe_options_exempt(page))
    app = site(PREFIX + "clickjacking.XFrameOptionsMiddleware", patterns=[free])
    assert (await ask(app, "/page/")).header("x-frame-options") == "SAMEORIGIN"
    assert (await ask(app, "/free/")).header("x-frame-options") is None
    response = XFrameOptionsMiddleware(lambda request: HttpResponse())(django_request())
    assert response["X-Frame-Options"] == "SAMEORIGIN"


# -- content security policy -----------------------------------------------------------------


def test_policies_are_written_as_headers() -> None:
    policy = {
        "default-src": [CSP.SELF],
        "script-src": [CSP.SELF, CSP.NONCE],
        "img-src": {"b", "a"},
        "upgrade-insecure-requests": True,
        "frame-src": False,
        "style-src": [CSP.NONCE],
    }
    written = "default-src 'self'; script-src 'self'; img-src a b; upgrade-insecure-requests"
    assert build_policy(policy) == written
    assert "script-src 'self' 'nonce-x'" in build_policy(policy, "x")
    nonce = LazyNonce()
    assert not nonce
    assert len(str(nonce)) >= 20
    assert nonce


async def test_the_policy_has_the_nonce_that_the_page_used(ask: Any, configured: Any) -> None:
    configured(SECURE_CSP={"script-src": [CSP.SELF, CSP.NONCE]}, SECURE_CSP_REPORT_ONLY={"a": "b"})

    def scripted(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(get_nonce(request)))

    own = path("own/", csp_override({"default-src": [CSP.NONE]})(page))
    app = site(
        PREFIX + "csp.ContentSecurityPolicyMiddleware",
        patterns=[path("scripted/", scripted), own],
    )
    answer = await ask(app, "/scripted/")
    expected = f"script-src 'self' 'nonce-{answer.text}'"
    assert answer.header("content-security-policy") == expected
    assert answer.header("content-security-policy-report-only") == "a b"
    assert (await ask(app, "/page/")).header("content-security-policy") == "script-src 'self'"
    assert (await ask(app, "/own/")).header("content-security-policy") == "default-src 'none'"
    response = ContentSecurityPolicyMiddleware(lambda request: HttpResponse())(django_request())
    assert response["Content-Security-Policy"] == "script-src 'self'"


# -- forged requests --------------------------------------------------------------------------


async def echo(value: int = Body(embed=True)) -> dict[str, int]:
    return {"value": value}


def csrf_site() -> FastJango:
    app = site(
        CSRF,
        patterns=[
            path("exempt/", csrf_exempt(page)),
            path("ensured/", ensure_csrf_cookie(page)),
        ],
    )
    app.post("/api")(echo)
    return app


async def test_a_form_needs_cookie_and_token(ask: Any) -> None:
    app = csrf_site()
    refused = await ask(app, "/form/", form={"a": "1"})
    assert refused.status == 403
    shown = await ask(app, "/form/")
    token = shown.text
    cookie = shown.header("set-cookie")
    assert cookie is not None
    assert cookie.startswith("csrftoken=")
    assert "SameSite=Lax" in cookie
    assert "Cookie" in (shown.header("vary") or "")
    headers = {"Cookie": cookie.partition(";")[0]}
    accepted = await ask(app, "/form/", form={"csrfmiddlewaretoken": token}, headers=headers)
    assert accepted.status == 200
    by_header = await ask(app, "/form/", "POST", headers={**headers, "X-CSRFToken": token})
    assert by_header.status == 200
    wrong = mask_secret(new_secret())
    forged = await ask(app, "/form/", form={"csrfmiddlewaretoken": wrong}, headers=headers)
    assert forged.status == 403
    assert (await ask(app, "/exempt/", "POST")).status == 200
    assert (await ask(app, "/ensured/")).header("set-cookie") is not None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://trusted.example"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "https://a.wild.example"}, 200),
        ({"Origin": "http://a.wild.example"}, 403),
    ],
)
async def test_what_the_browser_says_holds_for_apis_too(
    ask: Any, configured: Any, headers: dict[str, str], status: int
) -> None:
    configured(CSRF_TRUSTED_ORIGINS=["https://trusted.example", "https://*.wild.example"])
    sent = {"Content-Type": "application/json", **headers}
    answer = await ask(csrf_site(), "/api", "POST", b'{"value": 1}', headers=sent)
    assert answer.status == status


async def test_a_bearer_token_needs_no_other(ask: Any) -> None:
    app = csrf_site()
    bearer = await ask(app, "/form/", "POST", headers={"Authorization": "Bearer x"})
    assert bearer.status == 200
    # Browsers add Basic credentials by themselves.
    basic = await ask(app, "/form/", "POST", headers={"Authorization": "Basic eDp5"})
    assert basic.status == 403


async def test_the_refusal_is_json_for_programs_and_says_more_in_debug(
    ask: Any, configured: Any
) -> None:
    answer = await ask(csrf_site(), "/form/", "POST", headers={"Accept": "application/json"})
    assert answer.json()["detail"] == "CSRF verification failed."
    configured(DEBUG=True)
    shown = await ask(csrf_site(), "/form/", "POST")
    assert "CSRF cookie not set." in shown.text


def test_websockets_of_other_origins_are_refused() -> None:
    app = csrf_site()

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)
    with client.websocket_connect("/ws", headers={"origin": "http://testserver"}):
        pass
    with (
        pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)),
        client.websocket_connect("/ws", headers={"origin": "http://evil.example"}),
    ):
        pass


def test_tokens_are_masked_afresh_and_rotated() -> None:
    request = django_request(CSRF_COOKIE=SECRET)
    first, second = get_token(request), get_token(request)
    assert first != second
    assert unmask_token(first) == unmask_token(second) == SECRET
    rotate_token(request)
    assert unmask_token(get_token(request)) != SECRET


def test_djangos_form_of_the_middleware() -> None:
    middleware = CsrfViewMiddleware(page)
    request = django_request()
    request.method = "POST"
    middleware.process_request(request)
    response = middleware.process_view(request, page, (), {})
    assert response.status_code == 403
    protected = csrf_protect(page)
    assert protected(django_request()).status_code == 200


# -- the rest --------------------------------------------------------------------------------


async def test_slashes_and_www(ask: Any, configured: Any) -> None:
    app = site(PREFIX + "common.CommonMiddleware")
    configured(ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("page/", page)]}))
    moved = await ask(app, "/page?x=1")
    assert (moved.status, moved.header("location")) == (301, "/page/?x=1")
    assert moved.header("content-length") == "0"
    missing = CommonMiddleware(lambda request: HttpResponse(status=404))
    bare = django_request()
    bare.path = bare.path_info = "/page"
    redirect = missing(bare)
    assert (redirect.status_code, redirect["Content-Length"]) == (301, "0")
    assert (await ask(app, "/nowhere")).status == 404
    configured(
        PREPEND_WWW=True, ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("page/", page)]})
    )
    moved = await ask(site(PREFIX + "common.CommonMiddleware"), "/page/")
    assert moved.header("location") == "http://www.testserver/page/"
    assert CommonMiddleware(lambda request: HttpResponse("x"))(django_request()).status_code == 301


async def test_compression(ask: Any) -> None:
    app = site(PREFIX + "gzip.GZipMiddleware")
    answer = await ask(app, "/page/", headers={"Accept-Encoding": "gzip"})
    assert answer.header("content-encoding") == "gzip"
    assert gzip.decompress(answer.body) == b"page " * 200
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("vary") == "Accept-Encoding"
    plain = await ask(app, "/page/", headers={"Accept-Encoding": "gzip;q=0"})
    assert plain.header("content-encoding") is None

    @app.get("/stream")
    async def streamed() -> StreamingResponse:
        async def chunks() -> Any:
            for _ in range(3):
                yield b"chunk " * 100

        return StreamingResponse(chunks())

    answer = await ask(app, "/stream", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.body) == b"chunk " * 300
    both = await ask(
        site(PREFIX + "gzip.CompressionMiddleware"), "/page/", headers={"Accept-Encoding": "gzip"}
    )
    assert both.header("content-encoding") == "gzip"
    response = GZipMiddleware(page)(django_request(HTTP_ACCEPT_ENCODING="gzip"))
    assert gzip.decompress(response.content) == b"page " * 200
    assert CompressionMiddleware(page)(django_request()).content == b"page " * 200


def one_gzip_stream(data: bytes) -> bytes:
    """Decompress data that must be a single gzip stream."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = reader.decompress(data)
    assert reader.eof
    assert reader.unused_data == b""
    return body


async def achunks() -> Any:
    for letter in (b"a", b"b"):
        yield letter * 300


@pytest.mark.parametrize("middleware", ["gzip.GZipMiddleware", "gzip.CompressionMiddleware"])
async def test_a_compressed_stream_has_a_header_of_random_length(ask: Any, middleware: str) -> None:
    app = site(PREFIX + middleware)
    app.get("/stream")(lambda: StreamingResponse(achunks()))
    lengths: set[int] = set()
    for _ in range(20):
        answer = await ask(app, "/stream", headers={"Accept-Encoding": "gzip"})
        assert one_gzip_stream(answer.body) == b"a" * 300 + b"b" * 300
        lengths.add(len(answer.body))
    assert len(lengths) > 1


async def test_gzip_of_streams_called_by_hand_is_one_stream() -> None:
    request = django_request(HTTP_ACCEPT_ENCODING="gzip")
    lengths: set[int] = set()
    for _ in range(20):
        sync = GZipMiddleware(lambda _: StreamingHttpResponse([b"a" * 300, b"b" * 300]))(request)
        data = b"".join(sync)
        lengths.add(len(data))
        assert one_gzip_stream(data) == b"a" * 300 + b"b" * 300
        both = GZipMiddleware(lambda _: StreamingHttpResponse(achunks()))(request)
        joined = b"".join([chunk async for chunk in both])
        assert one_gzip_stream(joined) == b"a" * 300 + b"b" * 300
    assert len(lengths) > 1


def test_the_best_encoding_is_chosen() -> None:
    assert choose("gzip, br;q=0.5", ["zstd", "br", "gzip"]) == "gzip"
    assert choose("*", ["br", "gzip"]) == "br"
    assert choose("gzip;q=x", ["gzip"]) is None
    assert choose("", ["gzip"]) is None


async def test_conditional_get(ask: Any) -> None:
    app = site(PREFIX + "http.ConditionalGetMiddleware")
    etag = (await ask(app, "/page/")).header("etag")
    assert etag is not None
    again = await ask(app, "/page/", headers={"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")
    assert again.header("etag") == etag
    response = ConditionalGetMiddleware(page)(django_request(HTTP_IF_NONE_MATCH=etag))
    for control in ("no-store", 'no-store ="x"', "max-age=1, No-Store = x"):
        kept = ConditionalGetMiddleware(
            lambda request, control=control: HttpResponse(headers={"Cache-Control": control})
        )
        assert "ETag" not in kept(django_request())
    assert response.status_code == 304


async def test_request_ids(ask: Any) -> None:
    seen: list[str | None] = []

    async def view(request: HttpRequest) -> HttpResponse:
        seen.append(get_request_id())
        return HttpResponse()

    app = site(PREFIX + "request_id.RequestIdMiddleware", patterns=[path("id/", view)])
    given = await ask(app, "/id/", headers={"X-Request-ID": "abc-1"})
    assert given.header("x-request-id") == "abc-1"
    made = await ask(app, "/id/", headers={"X-Request-ID": "a b\x7f"})
    assert seen == ["abc-1", made.header("x-request-id")]
    assert len(seen[1] or "") == 32
    record = type("Record", (), {})()
    assert RequestIdFilter().filter(record)
    assert record.request_id in ("-", seen[1])


async def test_hosts_are_checked_for_every_view(ask: Any, scope: Any) -> None:
    app = site(PREFIX + "hosts.HostMiddleware")
    app.post("/api")(echo)
    assert (await ask(app, "/page/")).status == 200
    foreign = [(b"host", b"evil.example")]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app({**scope(path="/api"), "headers": foreign}, receive, send)
    assert sent[0]["status"] == 400


async def test_cors_allows_what_is_listed(ask: Any, configured: Any) -> None:
    configured(CORS_ALLOWED_ORIGINS=["https://app.example"], CORS_ALLOW_CREDENTIALS=True)
    app = site(PREFIX + "cors.CorsMiddleware")
    allowed = await ask(app, "/page/", headers={"Origin": "https://app.example"})
    assert allowed.header("access-control-allow-origin") == "https://app.example"
    assert allowed.header("access-control-allow-credentials") == "true"
    assert allowed.header("vary") == "Origin"
    other = await ask(app, "/page/", headers={"Origin": "https://evil.example"})
    assert other.header("access-control-allow-origin") is None
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    preflight = await ask(app, "/page/", "OPTIONS", headers=asked)
    assert preflight.status == 200
    assert "PUT" in (preflight.header("access-control-allow-methods") or "")
    configured(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True)
    with pytest.raises(ImproperlyConfigured, match="List the origins"):
        await ask(site(PREFIX + "cors.CorsMiddleware"), "/page/")
    configured(CORS_ALLOWED_ORIGINS=["app.example"])
    with pytest.raises(ImproperlyConfigured, match="no origin"):
        await ask(site(PREFIX + "cors.CorsMiddleware"), "/page/")


async def test_limits_hold_on_the_stream(ask: Any, configured: Any) -> None:
    configured(REQUEST_MAX_BODY_SIZE=10, REQUEST_MAX_HEADERS=5, REQUEST_MAX_HEADER_SIZE=200)
    app = site(PREFIX + "limits.LimitsMiddleware")

    @app.post("/raw")
    async def raw(request: HttpRequest) -> HttpResponse:
        chunks = [chunk async for chunk in request.stream()]
        return HttpResponse(b"".join(chunks))

    assert (await ask(app, "/raw", "POST", b"0123456789")).status == 200
    assert (await ask(app, "/raw", "POST", b"x" * 11)).status == 413
    lying = {"Content-Length": "3"}
    assert (await ask(app, "/raw", "POST", [b"x" * 6, b"x" * 6], headers=lying)).status == 413
    assert (await ask(app, "/page/", headers={"X-A": "y" * 200})).status == 431
    many = {f"X-{n}": "1" for n in range(6)}
    assert (await ask(app, "/page/", headers=many)).status == 431
    assert (await ask(app, "/page/?a=%00")).status == 400
    assert (await ask(app, "/page/", headers={"Content-Length": "-1"})).status == 400


def test_limits_hold_for_the_handshake_of_websockets(configured: Any) -> None:
    configured(REQUEST_MAX_HEADERS=10)
    app = site(PREFIX + "limits.LimitsMiddleware")

    @app.websocket("/ws/{name}")
    async def socket(websocket: WebSocket, name: str) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)
    with client.websocket_connect("/ws/a"):
        pass
    many = {f"X-{n}": "1" for n in range(10)}
    for where, headers in (("/ws/a%00b", {}), ("/ws/a?b=%00", {}), ("/ws/a", many)):
        with (
            pytest.raises(WebSocketDisconnect) as caught,
            client.websocket_connect(where, headers=headers),
        ):
            pass
        assert caught.value.code == 1008


async def test_a_length_of_too_many_digits_for_a_number(ask: Any, configured: Any) -> None:
    configured(REQUEST_MAX_BODY_SIZE=10)
    app = site(PREFIX + "limits.LimitsMiddleware")
    for length, status in (("9" * 5000, 413), ("0" * 5000 + "4", 200)):
        answer = await ask(app, "/page/", headers={"Content-Length": length})
        assert answer.status == status


async def test_a_deadline_ends_a_stuck_request(ask: Any, configured: Any) -> None:
    configured(REQUEST_TIMEOUT=1.0)
    app = site(PREFIX + "limits.DeadlineMiddleware")
    cancelled: list[bool] = []

    @app.get("/stuck")
    async def stuck() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    assert (await ask(app, "/stuck")).status == 504
    assert cancelled == [True]
    assert (await ask(app, "/page/")).status == 200


async def test_a_view_that_answers_its_cancellation_is_heard(ask: Any, configured: Any) -> None:
    configured(REQUEST_TIMEOUT=0.05)
    app = site(PREFIX + "limits.DeadlineMiddleware")

    @app.get("/late")
    async def late() -> dict[str, bool]:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return {"late": True}
        return {"late": False}

    answer = await ask(app, "/late")
    assert (answer.status, answer.json()) == (200, {"late": True})


@pytest.mark.parametrize("begins", [True, False])
async def test_a_late_error_page_is_one_answer(ask: Any, configured: Any, begins: bool) -> None:
    configured(REQUEST_TIMEOUT=0.05)

    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            if begins:
                await send({"type": "http.response.start", "status": 500, "headers": []})

    answer = await ask(DeadlineMiddleware(stubborn))
    starts = [one for one in answer.messages if one["type"] == "http.response.start"]
    assert [one["status"] for one in starts] == [500 if begins else 504]


async def test_a_stream_that_has_begun_may_take_long(ask: Any, configured: Any) -> None:
    configured(REQUEST_TIMEOUT=1.0)
    app = site(PREFIX + "limits.DeadlineMiddleware")

    @app.get("/stream")
    async def streamed() -> StreamingResponse:
        async def chunks() -> Any:
            for number in range(4):
                yield b"%d" % number
                await asyncio.sleep(0.3)

        return StreamingResponse(chunks())

    assert (await ask(app, "/stream", stay=True)).body == b"0123"


async def test_an_error_of_the_view_is_no_missed_deadline(ask: Any, configured: Any) -> None:
    configured(REQUEST_TIMEOUT=5)

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await ask(DeadlineMiddleware(broken))


@pytest.mark.parametrize("outside", [True, False])
@pytest.mark.parametrize("debug", [True, False])
def test_the_error_page_leaves_after_the_deadline_has_ended(
    configured: Any, outside: bool, debug: bool
) -> None:
    configured(REQUEST_TIMEOUT=5, DEBUG=debug)
    others = [PREFIX + "security.SecurityMiddleware", PREFIX + "limits.DeadlineMiddleware"]
    app = site(*(reversed(others) if outside else others))

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("of the view")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"


FORKING = """
import os
from fastjango.http.middleware.request_id import take_name

first = take_name()  # the pool is full before the fork
if os.fork() == 0:
    print(take_name(), flush=True)
    os._exit(0)
os.wait()
print(take_name(), first)
"""


def test_request_ids_of_a_forked_process_are_its_own() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, check=True
    )
    names = run.stdout.split()
    assert len(names) == len(set(names)) == 3
    more = [request_id.take_name() for _ in range(600)]
    assert len(set(more)) == 600
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in [*names, *more])


def _decoded(encoding: str, body: bytes) -> bytes:
    if encoding == "br":
        return bytes(brotli.decompress(body))
    return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(body))


@pytest.mark.parametrize("encoding", ["br", "zstd"])
async def test_brotli_and_zstandard(ask: Any, encoding: str) -> None:
    app = site(PREFIX + "gzip.CompressionMiddleware")

    @app.get("/stream")
    async def streamed() -> StreamingResponse:
        async def chunks() -> Any:
            for _ in range(3):
                yield b"chunk " * 100

        return StreamingResponse(chunks())

    headers = {"Accept-Encoding": f"gzip;q=0.5, {encoding}"}
    whole = await ask(app, "/page/", headers=headers)
    assert whole.header("content-encoding") == encoding
    assert whole.header("content-length") == str(len(whole.body))
    assert _decoded(encoding, whole.body) == b"page " * 200
    stream = await ask(app, "/stream", headers=headers, stay=True)
    assert stream.header("content-encoding") == encoding
    assert _decoded(encoding, stream.body) == b"chunk " * 300
    # Nothing is held back: the first chunk can be read before the second is written.
    first = next(one["body"] for one in stream.messages if one["type"] == "http.response.body")
    part: Any = brotli.Decompressor() if encoding == "br" else None
    text = part.process(first) if part else _decoded(encoding, first)
    assert text == b"chunk " * 100


def test_the_best_of_what_is_installed_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available() == ["zstd", "br", "gzip"]
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert available() == ["br", "gzip"]
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert available() == ["gzip"]


def test_the_mixin_needs_something_to_call() -> None:
    with pytest.raises(ValueError, match="get_response must be provided"):
        MiddlewareMixin(None)  # type: ignore[arg-type]
