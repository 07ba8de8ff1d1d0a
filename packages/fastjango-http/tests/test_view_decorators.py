"""View decorators: on sync and async views, and on views in FastAPI style."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import HttpRequest, HttpResponse, View, path
from fastjango.http.cache_control import (
    add_never_cache_headers,
    get_conditional_response,
    get_max_age,
    has_vary_header,
    patch_cache_control,
    patch_response_headers,
    patch_vary_headers,
    set_response_etag,
)
from fastjango.http.hooks import page_cache
from fastjango.http.streaming import StreamingHttpResponse
from fastjango.http.urls import build_routes
from fastjango.http.views.decorators.cache import cache_control, cache_page, never_cache
from fastjango.http.views.decorators.clickjacking import (
    xframe_options_deny,
    xframe_options_exempt,
    xframe_options_sameorigin,
)
from fastjango.http.views.decorators.common import no_append_slash
from fastjango.http.views.decorators.csp import csp_override, csp_report_only_override
from fastjango.http.views.decorators.csrf import csrf_exempt
from fastjango.http.views.decorators.debug import (
    coroutine_functions_to_sensitive_variables,
    sensitive_post_parameters,
    sensitive_variables,
)
from fastjango.http.views.decorators.gzip import gzip_page
from fastjango.http.views.decorators.http import (
    condition,
    conditional_page,
    etag,
    last_modified,
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from fastjango.http.views.decorators.vary import vary_on_cookie, vary_on_headers
from fastjango.http.views.decorators.wrapping import MARKS_KEY
from fastjango.values.decorators import iscoroutinefunction, method_decorator
from starlette.responses import JSONResponse


def make_request(method: str = "GET", **meta: str) -> HttpRequest:
    request = HttpRequest()
    request.method = method
    request.path = "/here/"
    request.META.update(meta)
    return request


async def call(view: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    result = view(*args, **kwargs)
    return await result if iscoroutinefunction(view) else result


@pytest.fixture(params=["sync", "async"])
def plain(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """A view that counts its calls."""
    if request.param == "sync":

        def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            """Count."""
            view.calls += 1  # type: ignore[attr-defined]
            return HttpResponse("view")

        view.calls = 0  # type: ignore[attr-defined]
        return view

    async def aview(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count."""
        aview.calls += 1  # type: ignore[attr-defined]
        return HttpResponse("view")

    aview.calls = 0  # type: ignore[attr-defined]
    return aview


@pytest.mark.parametrize(
    "decorator",
    [
        cache_control(max_age=5),
        never_cache,
        xframe_options_deny,
        xframe_options_exempt,
        no_append_slash,
        csp_override({}),
        csrf_exempt,
        require_GET,
        condition(),
        vary_on_cookie,
        sensitive_post_parameters(),
        cache_page(5),
    ],
)
def test_decorators_keep_name_and_kind(
    plain: Callable[..., Any], decorator: Callable[..., Any]
) -> None:
    wrapped = decorator(plain)
    assert iscoroutinefunction(wrapped) is iscoroutinefunction(plain)
    assert wrapped.__doc__ == "Count."
    assert wrapped is not plain


async def test_caching(plain: Callable[..., Any]) -> None:
    response = await call(cache_control(max_age=5, public=True)(plain), make_request())
    assert response["Cache-Control"] == "max-age=5, public"
    response = await call(never_cache(plain), make_request())
    assert set(response["Cache-Control"].split(", ")) == {
        "max-age=0",
        "no-cache",
        "no-store",
        "must-revalidate",
        "private",
    }
    assert response["Expires"]
    for decorator in (cache_control(), never_cache):
        with pytest.raises(TypeError, match="didn't receive an HttpRequest"):
            await call(decorator(plain), object())


async def test_cache_page_is_the_cache_distributions(plain: Callable[..., Any]) -> None:
    wrapped = cache_page(60, cache="c", key_prefix="p")(plain)
    with pytest.raises(ImproperlyConfigured, match="Install fastjango-cache"):
        await call(wrapped, make_request())

    def build(timeout: Any, cache: Any, key_prefix: Any) -> Any:
        def decorate(view: Any) -> Any:
            if iscoroutinefunction(view):

                async def cached(request: Any) -> Any:
                    return timeout, cache, key_prefix

                return cached
            return lambda request: (timeout, cache, key_prefix)

        return decorate

    with page_cache.implemented(build):
        assert await call(wrapped, make_request()) == (60, "c", "p")
        assert await call(wrapped, make_request()) == (60, "c", "p")


async def test_clickjacking(plain: Callable[..., Any]) -> None:
    request = make_request()
    assert (await call(xframe_options_deny(plain), request))["X-Frame-Options"] == "DENY"
    same = await call(xframe_options_sameorigin(plain), request)
    assert same["X-Frame-Options"] == "SAMEORIGIN"
    nested = xframe_options_deny(xframe_options_sameorigin(plain))
    assert (await call(nested, request))["X-Frame-Options"] == "SAMEORIGIN"
    response = await call(xframe_options_exempt(plain), request)
    assert response.xframe_options_exempt is True
    assert request.scope[MARKS_KEY] == {"xframe_options_exempt": True}


async def test_csp(plain: Callable[..., Any]) -> None:
    request = make_request()
    response = await call(
        csp_override({"a": 1})(csp_report_only_override({"b": 2})(plain)), request
    )
    assert (response._csp_config, response._csp_ro_config) == ({"a": 1}, {"b": 2})
    assert request.scope[MARKS_KEY] == {"_csp_config": {"a": 1}, "_csp_ro_config": {"b": 2}}
    for decorator in (csp_override, csp_report_only_override):
        with pytest.raises(TypeError, match="CSP config should be a mapping"):
            decorator("nope")  # type: ignore[arg-type]


async def test_marks_are_left_on_a_copy(plain: Callable[..., Any]) -> None:
    for decorator, mark, value in (
        (csrf_exempt, "csrf_exempt", True),
        (no_append_slash, "should_append_slash", False),
    ):
        wrapped = decorator(plain)
        assert getattr(wrapped, mark) is value
        assert not hasattr(plain, mark)
        assert (await call(wrapped, make_request())).text == "view"


async def test_vary(plain: Callable[..., Any]) -> None:
    view = vary_on_cookie(vary_on_headers("Accept-Language", "cookie")(plain))
    assert (await call(view, make_request()))["Vary"] == "Accept-Language, cookie"


@pytest.mark.parametrize(
    ("decorator", "allowed"),
    [
        (require_GET, ["GET"]),
        (require_POST, ["POST"]),
        (require_safe, ["GET", "HEAD"]),
        (require_http_methods(["PUT", "PATCH"]), ["PUT", "PATCH"]),
    ],
)
async def test_methods(
    plain: Callable[..., Any],
    decorator: Callable[..., Any],
    allowed: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    view = decorator(plain)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        response = await call(view, make_request(method))
        assert response.status_code == (200 if method in allowed else 405)
        if response.status_code == 405:
            assert response["Allow"] == ", ".join(allowed)
            assert f"Method Not Allowed ({method}): /here/" in caplog.text
    assert view.allowed_methods == allowed
    assert require_http_methods(["GET", "PUT"])(view).allowed_methods == [
        method for method in ("GET", "PUT") if method in allowed
    ]


# --- preconditions ------------------------------------------------------------------------

MOMENT = datetime.datetime(2007, 10, 21, 23, 21, 47)
STAMP = "Sun, 21 Oct 2007 23:21:47 GMT"
LATER = "Mon, 18 Oct 2010 16:56:23 GMT"
EARLIER = "Sat, 20 Oct 2007 23:21:47 GMT"


@pytest.mark.parametrize(
    ("method", "meta", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": STAMP}, 304),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": LATER}, 304),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": EARLIER}, 200),
        ("GET", {"HTTP_IF_MODIFIED_SINCE": "nonsense"}, 200),
        ("POST", {"HTTP_IF_MODIFIED_SINCE": LATER}, 200),
        ("GET", {"HTTP_IF_UNMODIFIED_SINCE": LATER}, 200),
        ("GET", {"HTTP_IF_UNMODIFIED_SINCE": EARLIER}, 412),
        ("GET", {"HTTP_IF_NONE_MATCH": '"tag"'}, 304),
        ("GET", {"HTTP_IF_NONE_MATCH": 'W/"tag"'}, 304),
        ("GET", {"HTTP_IF_NONE_MATCH": '"other", "tag"'}, 304),
        ("GET", {"HTTP_IF_NONE_MATCH": "*"}, 304),
        ("GET", {"HTTP_IF_NONE_MATCH": '"other"'}, 200),
        ("PUT", {"HTTP_IF_NONE_MATCH": "*"}, 412),
        ("GET", {"HTTP_IF_MATCH": '"tag"'}, 200),
        ("GET", {"HTTP_IF_MATCH": "*"}, 200),
        ("PUT", {"HTTP_IF_MATCH": '"other"'}, 412),
        ("PUT", {"HTTP_IF_MATCH": '"other"', "HTTP_IF_UNMODIFIED_SINCE": LATER}, 412),
        ("PUT", {"HTTP_IF_MATCH": '"tag"', "HTTP_IF_UNMODIFIED_SINCE": EARLIER}, 200),
        ("GET", {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": LATER}, 200),
    ],
)
async def test_preconditions(
    plain: Callable[..., Any], method: str, meta: dict[str, str], status: int
) -> None:
    view = condition(lambda request: "tag", lambda request: MOMENT)(plain)
    response = await call(view, make_request(method, **meta))
    assert response.status_code == status
    assert plain.calls == (1 if status == 200 else 0)  # type: ignore[attr-defined]
    if method == "GET":
        assert (response["ETag"], response["Last-Modified"]) == ('"tag"', STAMP)
    else:
        assert "ETag" not in response


async def test_single_preconditions(plain: Callable[..., Any]) -> None:
    request = make_request()
    assert (await call(etag(lambda request: 'W/"x"')(plain), request))["ETag"] == 'W/"x"'
    aware = MOMENT.replace(tzinfo=datetime.UTC)
    response = await call(last_modified(lambda request: aware)(plain), request)
    assert response["Last-Modified"] == STAMP
    nothing = condition(lambda request: None, lambda request: None)(plain)
    headers = (await call(nothing, make_request(HTTP_IF_MATCH='"x"'))).headers
    assert "ETag" not in headers
    weak = etag(lambda request: 'W/"x"')(plain)
    assert (await call(weak, make_request(HTTP_IF_MATCH='W/"x"'))).status_code == 412


async def test_headers_set_by_the_view_are_kept() -> None:
    def view(request: Any) -> HttpResponse:
        return HttpResponse(headers={"ETag": '"mine"', "Last-Modified": LATER})

    response = condition(lambda request: "tag", lambda request: MOMENT)(view)(make_request())
    assert (response["ETag"], response["Last-Modified"]) == ('"mine"', LATER)


# --- secrets ------------------------------------------------------------------------------


async def test_sensitive_post_parameters(plain: Callable[..., Any]) -> None:
    for decorator, expected in (
        (sensitive_post_parameters("a", "b"), ("a", "b")),
        (sensitive_post_parameters(), "__ALL__"),
    ):
        request = make_request()
        await call(decorator(plain), request)
        assert request.sensitive_post_parameters == expected  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="make sure to use @method_decorator"):
        await call(sensitive_post_parameters()(plain), object())
    with pytest.raises(TypeError, match="must be called to use it as a decorator"):
        sensitive_post_parameters(plain)  # type: ignore[arg-type]


def test_sensitive_variables() -> None:
    @sensitive_variables("a")
    def hidden() -> int:
        return 1

    @sensitive_variables()
    async def coroutine() -> None: ...

    assert hidden() == 1
    assert hidden.sensitive_variables == ("a",)  # type: ignore[attr-defined]
    assert "__ALL__" in coroutine_functions_to_sensitive_variables.values()
    with pytest.raises(TypeError, match="must be called to use it as a decorator"):
        sensitive_variables(hidden)  # type: ignore[arg-type]


def test_coroutines_without_a_file_cannot_be_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    async def coroutine() -> None: ...

    def fail(obj: Any) -> str:
        raise TypeError

    monkeypatch.setattr(inspect, "getfile", fail)
    with pytest.raises(ValueError, match="cannot safely be wrapped"):
        sensitive_variables()(coroutine)


# --- methods and FastAPI ------------------------------------------------------------------


def test_on_methods() -> None:
    class Page(View):
        @method_decorator(never_cache)
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("get")

        @xframe_options_deny
        def post(self, request: Any) -> HttpResponse:
            return HttpResponse("post")

    view = method_decorator(vary_on_cookie, name="dispatch")(Page).as_view()
    response = view(make_request())
    assert "no-store" in response["Cache-Control"]
    assert response["Vary"] == "Cookie"
    assert view(make_request("POST"))["X-Frame-Options"] == "DENY"


async def test_on_views_in_fastapi_style(ask: Callable[..., Any]) -> None:
    @never_cache
    @xframe_options_exempt
    @vary_on_headers("Accept")
    async def item(pk: int, q: str = "-") -> dict[str, Any]:
        return {"pk": pk, "q": q}

    @etag(lambda request, **kwargs: f"v{kwargs['pk']}")
    def tagged(pk: int, **more: Any) -> Any:
        return JSONResponse({"pk": pk})

    seen: dict[str, Any] = {}
    app = FastAPI()
    app.router.routes.extend(
        build_routes([path("<int:pk>/", item), path("tagged/<int:pk>/", tagged)], app.router)
    )

    async def watch(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        seen.update(scope.get(MARKS_KEY, {}))

    answer = await ask(watch, "/4/?q=x")
    assert answer.json() == {"pk": 4, "q": "x"}
    assert answer.header("vary") == "Accept"
    assert "no-store" in answer.header("cache-control")
    assert seen == {"xframe_options_exempt": True}
    parameters = app.openapi()["paths"]["/{pk}/"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["pk", "q"]
    answer = await ask(app, "/tagged/4/?more=x")
    assert (answer.status, answer.header("etag")) == (200, '"v4"')
    again = await ask(app, "/tagged/4/?more=x", headers={"If-None-Match": '"v4"'})
    assert (again.status, again.body) == (304, b"")


# --- the functions behind them ------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "given", "expected"),
    [
        (None, {"private": True}, "private"),
        ("", {"private": True}, "private"),
        ("private", {"public": True}, "public"),
        ("public", {"private": True}, "private"),
        ("max-age=10", {"max_age": 5}, "max-age=5"),
        ("max-age=3", {"max_age": 5}, "max-age=3"),
        ("max-age=x", {"max_age": 5}, "max-age=5"),
        ("no-cache=Set-Cookie", {"no_cache": True}, "no-cache"),
        ("no-cache=a", {"no_cache": "b"}, "no-cache=a, no-cache=b"),
        (
            "must-revalidate",
            {"max_age": 1, "s_maxage": 2},
            "must-revalidate, max-age=1, s-maxage=2",
        ),
    ],
)
def test_patching_cache_control(before: str | None, given: dict[str, Any], expected: str) -> None:
    response = HttpResponse()
    if before is not None:
        response["Cache-Control"] = before
    patch_cache_control(response, **given)
    assert response["Cache-Control"] == expected


@pytest.mark.parametrize(
    ("before", "given", "expected"),
    [
        (None, ("Accept",), "Accept"),
        ("Cookie", ("accept", "COOKIE"), "Cookie, accept"),
        ("Cookie , Accept", (" X ",), "Cookie, Accept, X"),
        ("*", ("A",), "*"),
        ("A", ("*",), "*"),
    ],
)
def test_patching_vary(before: str | None, given: tuple[str, ...], expected: str) -> None:
    response = HttpResponse()
    if before is not None:
        response["Vary"] = before
    patch_vary_headers(response, given)
    assert response["Vary"] == expected
    assert has_vary_header(response, expected.split(",")[0].upper())
    assert not has_vary_header(response, "nope")
    assert not has_vary_header(HttpResponse(), "a")


def test_other_headers(configured: Callable[..., None]) -> None:
    response = HttpResponse()
    assert get_max_age(response) is None
    patch_response_headers(response, 30)
    assert get_max_age(response) == 30
    expires = response["Expires"]
    patch_response_headers(response, 10)
    assert (get_max_age(response), response["Expires"]) == (10, expires)
    configured(CACHE_MIDDLEWARE_SECONDS=77)
    fresh = HttpResponse()
    patch_response_headers(fresh)
    assert get_max_age(fresh) == 77
    add_never_cache_headers(fresh)
    assert get_max_age(fresh) == 0
    for header in ("max-age=x", "private"):
        assert get_max_age(HttpResponse(headers={"Cache-Control": header})) is None


def test_etags_of_responses() -> None:
    response = set_response_etag(HttpResponse("x"))
    assert response["ETag"] == '"9dd4e461268c8034f5c8564e155c67a6"'
    assert "ETag" not in set_response_etag(HttpResponse())
    assert "ETag" not in set_response_etag(StreamingHttpResponse(["x"]))
    assert "etag" in set_response_etag(JSONResponse({})).headers


def test_conditional_answers_to_finished_responses() -> None:
    request = make_request(HTTP_IF_NONE_MATCH='"x"')
    response = HttpResponse("x", headers={"Vary": "A", "X-Other": "1"})
    response.set_cookie("a", "1")
    answer = get_conditional_response(request, etag='"x"', response=response)
    assert answer.status_code == 304
    assert answer["Vary"] == "A"
    assert "X-Other" not in answer
    assert answer.cookies["a"].value == "1"
    failed = HttpResponse(status=404)
    assert get_conditional_response(request, etag='"x"', response=failed) is failed
    assert get_conditional_response(make_request()) is None


# --- decorators made of middleware --------------------------------------------------------


async def test_decorators_of_middleware_are_built_late(plain: Callable[..., Any]) -> None:
    from fastjango.http.views.decorators.wrapping import late_middleware_decorator

    missing = late_middleware_decorator("no_such_module_anywhere", "Middleware")(plain)
    assert iscoroutinefunction(missing) is iscoroutinefunction(plain)
    with pytest.raises(ModuleNotFoundError):
        await call(missing, make_request())
    gzipped = gzip_page(plain)
    request = make_request(HTTP_ACCEPT_ENCODING="gzip")
    for _ in range(2):
        response = await call(gzipped, request)
        assert response.status_code == 200
    tagged = await call(conditional_page(plain), make_request())
    assert tagged["ETag"]


def test_builtin_callables_are_wrapped_as_they_are() -> None:
    wrapped = never_cache(HttpResponse)
    with pytest.raises(TypeError, match="didn't receive an HttpRequest"):
        wrapped("x")
