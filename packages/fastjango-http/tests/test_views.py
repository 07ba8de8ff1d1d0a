"""Class-based and generic views, error pages, shortcuts, static files and the checks."""

import json
import logging
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import lazystr
from fastjango.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    NoReverseMatch,
    View,
    include,
    path,
    re_path,
)
from fastjango.http.exceptions import RenderingUnavailable
from fastjango.http.log import log_message, log_response
from fastjango.http.rendering import get_renderer, install_renderer
from fastjango.http.shortcuts import (
    aget_list_or_404,
    aget_object_or_404,
    get_list_or_404,
    get_object_or_404,
    redirect,
    render,
    resolve_url,
)
from fastjango.http.urls import build_routes, checks, handlers
from fastjango.http.views import defaults
from fastjango.http.views.generic import (
    ContextMixin,
    RedirectView,
    TemplateResponseMixin,
    TemplateView,
)
from fastjango.http.views.static import directory_index, serve, static, was_modified_since
from fastjango.values.decorators import iscoroutinefunction


def make_request(method: str = "GET", path: str = "/here/", **meta: Any) -> HttpRequest:
    request = HttpRequest()
    request.method, request.path = method, path
    request.META.update({"QUERY_STRING": "", **meta})
    return request


class MissingTemplate(Exception):
    """What the renderer below raises."""


class FakeRenderer:
    """Renders a template as its name and its context."""

    not_found = MissingTemplate

    def __init__(self, *names: str) -> None:
        self.names = names

    def response_class(self, request: Any, template: Any, context: Any, **kwargs: Any) -> Any:
        return HttpResponse(f"{list(template)} {sorted(context)} {kwargs}")

    def render_to_string(
        self,
        template_name: Any,
        context: Mapping[str, Any] | None = None,
        request: Any = None,
        using: str | None = None,
    ) -> str:
        names = [template_name] if isinstance(template_name, str) else template_name
        for name in names:
            if name in self.names:
                return f"{name} {dict(context or {})} {request is not None} {using}"
        raise MissingTemplate(str(names))


@pytest.fixture
def renderer() -> Iterator[Callable[..., None]]:
    before = get_renderer()
    yield lambda *names: install_renderer(FakeRenderer(*names))  # type: ignore[arg-type, func-returns-value]
    install_renderer(before)


# --- View ---------------------------------------------------------------------------------


class Simple(View):
    attribute = "a"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(f"{self.attribute} {args} {kwargs}")


class Async(View):
    async def get(self, request: Any) -> HttpResponse:
        return HttpResponse("async")

    async def post(self, request: Any) -> HttpResponse:
        return HttpResponse("posted")


def test_views() -> None:
    view = Simple.as_view(attribute="b")
    assert view(make_request(), 1, k=2).text == "b (1,) {'k': 2}"
    assert view(make_request("HEAD")).status_code == 200
    options = view(make_request("OPTIONS"))
    assert (options["Allow"], options["Content-Length"]) == ("GET, HEAD, OPTIONS", "0")
    assert view(make_request("POST"))["Allow"] == "GET, HEAD, OPTIONS"
    assert view(make_request("NONSENSE")).status_code == 405
    assert view.view_class is Simple
    assert view.view_initkwargs == {"attribute": "b"}
    assert view.__doc__ == Simple.__doc__
    assert not iscoroutinefunction(view)
    assert Simple(attribute="c").attribute == "c"


async def test_async_views() -> None:
    view = Async.as_view()
    assert iscoroutinefunction(view)
    assert (await view(make_request())).text == "async"
    assert (await view(make_request("OPTIONS")))["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert (await view(make_request("PUT"))).status_code == 405


def test_mistakes_in_views() -> None:
    class Mixed(View):
        def get(self, request: Any) -> None: ...
        async def post(self, request: Any) -> None: ...

    class NoSetup(Simple):
        def setup(self, *args: Any, **kwargs: Any) -> None: ...

    with pytest.raises(ImproperlyConfigured, match="must either be all sync or all async"):
        Mixed.as_view()
    with pytest.raises(TypeError, match="The method name get is not accepted"):
        Simple.as_view(get=1)
    with pytest.raises(TypeError, match="received an invalid keyword 'nope'"):
        Simple.as_view(nope=1)
    with pytest.raises(AttributeError, match="forget to call super"):
        NoSetup.as_view()(make_request())
    with pytest.raises(AttributeError, match="available only on the class"):
        Simple().as_view()
    assert View.view_is_async is False


def test_marks_on_dispatch_reach_the_view() -> None:
    class Marked(Simple):
        def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return super().dispatch(request, *args, **kwargs)

    Marked.dispatch.mark = True  # type: ignore[attr-defined]
    assert Marked.as_view().mark is True


# --- generic views ------------------------------------------------------------------------


def test_context() -> None:
    class Page(ContextMixin):
        extra_context = {"b": 2}

    page = Page()
    assert page.get_context_data(a=1) == {"a": 1, "b": 2, "view": page}


def test_template_views(renderer: Callable[..., None]) -> None:
    install_renderer(None)
    view = TemplateView.as_view(template_name="t.html", content_type="a/b", template_engine="e")
    with pytest.raises(RenderingUnavailable, match="TemplateView needs a template engine"):
        view(make_request())
    renderer()
    text = view(make_request(), slug="x").text
    assert text == "['t.html'] ['slug', 'view'] {'using': 'e', 'content_type': 'a/b'}"
    own = TemplateView.as_view(template_name="t", response_class=lambda **kw: HttpResponse("own"))
    assert own(make_request()).text == "own"
    with pytest.raises(ImproperlyConfigured, match="requires either a definition of"):
        TemplateResponseMixin().get_template_names()


@pytest.mark.parametrize(
    ("options", "query", "status", "url"),
    [
        ({"url": "/x/"}, "", 302, "/x/"),
        ({"url": "/x/%(pk)d/"}, "", 302, "/x/5/"),
        ({"url": "/x/", "permanent": True}, "", 301, "/x/"),
        ({"url": "/x/", "preserve_request": True}, "", 307, "/x/"),
        ({"url": "/x/", "query_string": True}, "a=1", 302, "/x/?a=1"),
        ({"url": "/x/?b", "query_string": True}, "a=1", 302, "/x/?b&a=1"),
        ({"url": "/x/"}, "a=1", 302, "/x/"),
        ({"pattern_name": "item"}, "", 302, "/item/5/"),
        ({}, "", 410, None),
    ],
)
def test_redirect_views(
    configured: Callable[..., None],
    options: dict[str, Any],
    query: str,
    status: int,
    url: str | None,
) -> None:
    configured(ROOT_URLCONF=(path("item/<int:pk>/", Simple.as_view(), name="item"),))
    view = RedirectView.as_view(**options)
    for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT", "PATCH"):
        response = view(make_request(method, QUERY_STRING=query), pk=5)
        assert response.status_code == status
        assert response.get("Location") == url


# --- error pages --------------------------------------------------------------------------


def test_plain_error_pages() -> None:
    install_renderer(None)
    request = make_request(path="/<b>/")
    pages = [
        (defaults.page_not_found(request, Http404("x")), 404, "Not Found"),
        (defaults.bad_request(request, ValueError()), 400, "Bad Request (400)"),
        (defaults.permission_denied(request, ValueError()), 403, "403 Forbidden"),
        (defaults.server_error(request), 500, "Server Error (500)"),
    ]
    for page, status, title in pages:
        assert page.status_code == status
        assert f"<h1>{title}</h1>" in page.text
        assert "<b>" not in page.text


def test_error_templates(renderer: Callable[..., None]) -> None:
    renderer("404.html", "403.html", "400.html", "500.html", "mine.html")
    request = make_request(path="/é/")
    assert "'request_path': '/%C3%A9/', 'exception': 'gone'" in (
        defaults.page_not_found(request, Http404("gone")).text
    )
    assert "'exception': 'Http404'" in defaults.page_not_found(request, Http404()).text
    assert "'exception': 'Http404'" in defaults.page_not_found(request, Http404({"t": 1})).text
    assert "'exception': 'why'" in defaults.permission_denied(request, ValueError("why")).text
    assert defaults.bad_request(request, ValueError("s")).text == "400.html {} True None"
    assert defaults.server_error(request).text == "500.html {} False None"
    assert defaults.server_error(request, template_name="mine.html").text.startswith("mine.html")
    renderer()
    assert "Server Error (500)" in defaults.server_error(request).text
    with pytest.raises(MissingTemplate):
        defaults.page_not_found(request, Http404(), template_name="gone.html")


def test_default_handlers() -> None:
    assert handlers.handler404 is defaults.page_not_found
    assert handlers.handler500 is defaults.server_error


# --- shortcuts ----------------------------------------------------------------------------


def test_render(renderer: Callable[..., None]) -> None:
    install_renderer(None)
    with pytest.raises(RenderingUnavailable, match=r"render\(\) needs a template engine"):
        render(make_request(), "a.html")
    renderer("b.html")
    response = render(make_request(), ["a.html", "b.html"], {"x": 1}, "a/b", 201, using="e")
    assert response.text == "b.html {'x': 1} True e"
    assert (response.status_code, response["Content-Type"]) == (201, "a/b")


class Thing:
    def get_absolute_url(self) -> str:
        return "/thing/"


@pytest.mark.parametrize(
    ("to", "args", "expected"),
    [
        (Thing(), (), "/thing/"),
        ("item", (5,), "/item/5/"),
        (lazystr("item"), (5,), "/item/5/"),
        ("/path/", (), "/path/"),
        ("https://host/x", (), "https://host/x"),
        ("./x", (), "./x"),
        ("../x", (), "../x"),
        ("file.html", (), "file.html"),
    ],
)
def test_redirects(
    configured: Callable[..., None], to: Any, args: tuple[Any, ...], expected: str
) -> None:
    configured(ROOT_URLCONF=(path("item/<int:pk>/", Simple.as_view(), name="item"),))
    assert resolve_url(to, *args) == expected
    assert redirect(to, *args).url == expected
    assert redirect(to, *args).status_code == 302
    assert redirect(to, *args, permanent=True).status_code == 301
    assert redirect(to, *args, permanent=True, preserve_request=True).status_code == 308


def test_redirects_to_nowhere(configured: Callable[..., None]) -> None:
    configured(ROOT_URLCONF=())
    for to in ("nowhere", test_views):
        with pytest.raises(NoReverseMatch):
            redirect(to)


class Missing(Exception):
    """No such object."""


class FakeQuerySet:
    class model:
        DoesNotExist = Missing

        class _meta:
            object_name = "Thing"

    def get(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("pk") == 1:
            return "one"
        raise Missing

    async def aget(self, *args: Any, **kwargs: Any) -> Any:
        return self.get(**kwargs)

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        found = ["one"] if kwargs.get("pk") == 1 else []

        class Result(list[Any]):
            async def __aiter__(self) -> AsyncIterator[Any]:
                for item in found:
                    yield item

        return Result(found)

    def all(self) -> "FakeQuerySet":
        return self


class FakeModel:
    _default_manager = FakeQuerySet()


async def test_getting_or_404() -> None:
    for klass in (FakeQuerySet(), FakeModel):
        assert get_object_or_404(klass, pk=1) == "one"
        assert await aget_object_or_404(klass, pk=1) == "one"
        assert get_list_or_404(klass, pk=1) == ["one"]
        assert await aget_list_or_404(klass, pk=1) == ["one"]
        for failing in (get_object_or_404, get_list_or_404):
            with pytest.raises(Http404, match=r"No Thing matches the given query\."):
                failing(klass, pk=2)
        for afailing in (aget_object_or_404, aget_list_or_404):
            with pytest.raises(Http404, match=r"No Thing matches the given query\."):
                await afailing(klass, pk=2)
    for given in (5, int):
        name = "int"
        for failing in (get_object_or_404, get_list_or_404):
            with pytest.raises(
                ValueError, match=rf"{failing.__name__}\(\) must be .* not '{name}'"
            ):
                failing(given)
        for afailing in (aget_object_or_404, aget_list_or_404):
            with pytest.raises(ValueError, match=rf"{afailing.__name__}\(\) must be"):
                await afailing(given)


# --- static files -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("hello")
    (root / "b.txt.gz").write_bytes(b"gz")
    (root / ".hidden").write_text("no")
    (root / "<i>&.txt").write_text("odd")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


def test_serving(folder: Path) -> None:
    response = serve(make_request(), "a.txt", document_root=folder)
    assert b"".join(response) == b"hello"  # type: ignore[arg-type]
    assert response["Content-Type"] == "text/plain"
    modified = response["Last-Modified"]
    response.close()
    again = serve(make_request(HTTP_IF_MODIFIED_SINCE=modified), "a.txt", document_root=folder)
    assert again.status_code == 304
    packed = serve(make_request(), "b.txt.gz", document_root=str(folder))
    assert packed["Content-Encoding"] == "gzip"
    packed.close()


@pytest.mark.parametrize(
    "name",
    [
        "nope.txt",
        "../secret.txt",
        "sub/../../secret.txt",
        "link.txt",
        "/etc/passwd",
        "a.txt\x00",
        "x" * 5000,
        "sub",
        "",
        "..\\secret.txt",
    ],
)
def test_what_is_not_served(folder: Path, name: str) -> None:
    with pytest.raises(Http404):
        serve(make_request(), name, document_root=folder)


def test_serving_needs_a_folder() -> None:
    with pytest.raises(ImproperlyConfigured, match="needs a 'document_root'"):
        serve(make_request(), "a.txt")


def test_indexes(folder: Path, renderer: Callable[..., None]) -> None:
    install_renderer(None)
    page = serve(make_request(), "", document_root=folder, show_indexes=True)
    assert isinstance(page, HttpResponse)
    assert '<a href="sub/">sub/</a>' in page.text
    assert '<a href="%3Ci%3E%26.txt">&lt;i&gt;&amp;.txt</a>' in page.text
    assert ".hidden" not in page.text
    assert "../" not in page.text
    assert 'href="../"' in directory_index("sub", folder / "sub").text
    renderer("static/directory_index.html")
    assert "'directory': 'sub/'" in directory_index("sub", folder / "sub").text
    renderer()
    assert "<h1>Index of sub/</h1>" in directory_index("sub", folder / "sub").text


def test_was_modified_since() -> None:
    assert was_modified_since(None, 5)
    assert was_modified_since("nonsense", 5)
    assert was_modified_since("Thu, 01 Jan 1970 00:00:01 GMT", 2)
    assert not was_modified_since("Thu, 01 Jan 1970 00:00:02 GMT", 2.7)


def test_static_patterns(configured: Callable[..., None]) -> None:
    assert static("media/") == []
    configured(DEBUG=True)
    [pattern] = static("/media/", document_root="/x")
    match = pattern.resolve("media/a/b.txt")
    assert (match.func, match.kwargs) == (serve, {"path": "a/b.txt", "document_root": "/x"})
    assert static("https://host/media/") == []
    with pytest.raises(ImproperlyConfigured, match="Empty static prefix not permitted"):
        static("")


# --- logging ------------------------------------------------------------------------------


def test_logging(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("fastjango.test")
    with caplog.at_level(logging.INFO):
        for status in (200, 404, 500):
            response = HttpResponse(status=status)
            log_response("%s: %s", "x", 5, response=response, logger=logger)
            log_response("again", response=response, logger=logger)
        log_message(logger, "%s", "a\nb", extra_field=1)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "x: 5"),
        ("WARNING", "x: 5"),
        ("ERROR", "x: 5"),
        ("INFO", "a\\nb"),
    ]
    assert caplog.records[-1].extra_field == 1  # type: ignore[attr-defined]


# --- checks -------------------------------------------------------------------------------


def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse()


def other(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse()


async def operation_view(pk: int) -> int:
    return pk


def found(*patterns: Any) -> list[tuple[str | None, str]]:
    from fastjango.core.conf import settings

    settings._wrapped.ROOT_URLCONF = tuple(patterns)
    settings.__dict__.pop("ROOT_URLCONF", None)
    messages = [message for check in checks.ALL for message in check()]
    return [(message.id, message.msg) for message in messages]


@pytest.mark.parametrize(
    ("make", "check_id", "text"),
    [
        (lambda: path("/a/b", view), "urls.W002", "has a route beginning with a '/'"),
        (lambda: re_path(r"^/a", view), "urls.W002", "'^/a' has a route"),
        (lambda: path("a", view, name="x:y"), "urls.W003", "has a name including a ':'"),
        (lambda: path("^a", view), "2_0.W001", "begins with a '^'"),
        (lambda: path("<int:a", view), "urls.W010", "has an unmatched '<' bracket"),
        (lambda: path("a>b", view), "urls.W010", "has an unmatched '>' bracket"),
        (lambda: re_path("^a$", include([])), "urls.W001", "uses include with a route ending"),
        (lambda: path("a/", Simple), "urls.E009", "pass Simple.as_view() instead of Simple"),
        (lambda: "prefix", "urls.E004", "Your URL pattern 'prefix' is invalid"),
        (lambda: ("a", view), "urls.E004", "is invalid"),
        (lambda: 5, "urls.E004", "is invalid"),
    ],
)
def test_pattern_checks(make: Callable[[], Any], check_id: str, text: str) -> None:
    messages = checks.check_resolver(make())
    assert [message.id for message in messages] == [check_id]
    assert text in messages[0].msg


def test_a_good_urlconf_has_no_messages(configured: Callable[..., None]) -> None:
    router = APIRouter()

    @router.get("/x")
    async def x() -> int:
        return 1

    assert (
        found(
            path("", view, name="a"),
            path("b/<int:pk>/", view, name="b"),
            path("b/<slug:s>/", other, name="b"),
            path("c/", include(([path("", view, name="a")], "c"))),
            path("api/", include(router)),
            path("op/<int:pk>/", operation_view),
            path("op/<int:pk>/", operation_view),
            re_path(r"^r\$", include([])),
        )
        == []
    )
    configured(ROOT_URLCONF=None)
    assert [message for check in checks.ALL for message in check()] == []


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("patterns", "check_id"),
    [
        ([path("a/", view, name="n"), path("b/", other, name="n")], "http.W001"),
        ([path("a/", view), path("a/", other)], "http.W002"),
        ([path("<int:a>/", view), path("<int:b>/", other)], "http.W002"),
        ([path("<slug:a>/", view), path("about/", other)], "http.W003"),
        ([path("<path:p>", view), path("x/<int:n>/", other)], "http.W003"),
        ([path("<str:s>/", view), path("<int:n>/", other)], "http.W003"),
        (
            [
                path("a/", include(([], "x"), namespace="n")),
                path("b/", include(([], "y"), namespace="n")),
            ],
            "urls.W005",
        ),
    ],
)
def test_patterns_in_each_others_way(patterns: list[Any], check_id: str) -> None:
    assert [message_id for message_id, _ in found(*patterns)] == [check_id]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "patterns",
    [
        [path("<int:n>/", view), path("<slug:s>/", other)],
        [path("about/", view), path("<slug:a>/", other)],
        [path("<str:x>/a/", view), path("<str:x>/<slug:y>/", other)],
        [path("<slug:x>/", view), path("<path:x>/", other)],
    ],
)
def test_patterns_that_get_along(patterns: list[Any]) -> None:
    assert found(*patterns) == []


def test_a_urlconf_that_includes_itself(
    configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("circling_urlconf")
    monkeypatch.setitem(sys.modules, "circling_urlconf", module)
    module.__dict__["urlpatterns"] = [
        path("a/", view),
        path("again/", include([path("and/", include("circling_urlconf"))])),
        path("other/", include([path("b/", view)])),
    ]
    configured(ROOT_URLCONF="circling_urlconf")
    [message] = checks.check_url_config()
    assert message.id == "http.E001"
    assert message.msg == (
        "The URLconf 'circling_urlconf' includes itself: 'again/', 'and/' includes "
        "'circling_urlconf' again."
    )
    assert message.hint is not None
    assert message.hint.startswith("Routes are made when the site starts")
    assert checks.check_url_namespaces_unique() == checks.check_url_reachable() == []
    with pytest.raises(ImproperlyConfigured, match="The URLconf includes itself: 'again/'"):
        build_routes(module.urlpatterns)


def test_settings_checks(configured: Callable[..., None]) -> None:
    configured(STATIC_URL="static", MEDIA_URL="media/")
    messages = checks.check_url_settings()
    assert [(m.id, m.msg) for m in messages] == [
        ("urls.E006", "The STATIC_URL setting must end with a slash.")
    ]


def test_handler_checks(configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("checked_urlconf")
    module.__dict__.update(
        urlpatterns=[], handler404="nowhere.at.all", handler500=view, handler403=lambda: None
    )
    monkeypatch.setitem(sys.modules, "checked_urlconf", module)
    configured(ROOT_URLCONF="checked_urlconf")
    messages = {m.id: m.msg for m in checks.check_custom_error_handlers()}
    assert messages["urls.E008"] == (
        "The custom handler404 view 'nowhere.at.all' could not be imported."
    )
    assert messages["urls.E007"].endswith("arguments (request, exception).")
    assert set(messages) == {"urls.E007", "urls.E008"}


def test_the_plugin_brings_its_checks() -> None:
    from fastjango.http.apps import HttpConfig

    config = HttpConfig.build("fastjango.http")
    assert set(checks.ALL) <= set(config.checks())


# --- the command --------------------------------------------------------------------------


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run the command over a small site."""
    import fastjango.http.asgi as asgi
    from fastapi import FastAPI
    from fastjango.core.management import call_command
    from fastjango.http.management.commands.routes import Command
    from fastjango.http.urls import build_routes
    from fastjango.http.views.decorators.csrf import csrf_exempt

    app = FastAPI(openapi_url=None)
    app.router.routes.extend(
        build_routes([path("a/<int:pk>/", view, name="a"), path("b/", csrf_exempt(other))])
    )
    monkeypatch.setattr(asgi, "get_asgi_application", lambda: app)

    def run(*args: str) -> str:
        out = StringIO()
        call_command(Command(), *args, stdout=out, no_color=True)
        return out.getvalue().strip()

    return run


def test_the_routes_command(listed: Callable[..., str]) -> None:
    lines = listed().splitlines()
    assert lines[0].split() == ["METHODS", "PATH", "NAME", "VIEW", "GUARDS"]
    assert lines[1].split()[:3] == ["ANY", "/a/<int:pk>/", "a"]
    assert lines[2].endswith("csrf exempt")
    [info] = json.loads(listed("--json", "--path", "b/"))
    assert (info["path"], info["guards"]) == ("/b/", ["csrf exempt"])
    assert "/b/" not in listed("--name", "a")
    assert "/b/" not in listed("--unguarded")
    assert listed("--path", "nowhere") == "No routes."
