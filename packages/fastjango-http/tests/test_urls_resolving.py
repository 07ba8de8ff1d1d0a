"""Patterns and resolvers: paths to views and back, held against Django's."""

import functools
import pickle
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from fastjango.core.exceptions import ImproperlyConfigured, ViewDoesNotExist
from fastjango.core.functional import lazy
from fastjango.http import (
    HttpResponse,
    NoReverseMatch,
    QueryDict,
    Resolver404,
    View,
    include,
    path,
    re_path,
    register_converter,
    resolve,
    reverse,
    reverse_lazy,
)
from fastjango.http.urls import (
    LocalePrefixPattern,
    RegexPattern,
    RoutePattern,
    URLResolver,
    clear_script_prefix,
    clear_url_caches,
    get_callable,
    get_mod_func,
    get_resolver,
    get_script_prefix,
    get_urlconf,
    is_valid_path,
    set_script_prefix,
    set_urlconf,
    translate_url,
)
from fastjango.http.urls import converters as registry
from fastjango.http.urls.chains import Chain
from fastjango.http.urls.i18n import i18n_patterns, is_language_prefix_patterns_used
from hypothesis import given
from hypothesis import strategies as st


def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("view")


def other(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("other")


class Page(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("page")


def resolver(*patterns: Any) -> URLResolver:
    return URLResolver(RegexPattern(r"^/"), list(patterns))


@pytest.fixture
def converter() -> Iterator[Callable[..., None]]:
    before = dict(registry.REGISTERED_CONVERTERS)
    yield register_converter
    registry.REGISTERED_CONVERTERS.clear()
    registry.REGISTERED_CONVERTERS.update(before)
    registry.get_converters.cache_clear()
    for forget in registry._on_registration:
        forget()


# --- one pattern ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "given_path", "expected"),
    [
        ("", "", {}),
        ("a/", "a/", {}),
        ("a/", "a", None),
        ("a/", "a/b", None),
        ("<int:n>/", "12/", {"n": 12}),
        ("<int:n>/", "-1/", None),
        ("<int:n>/", "12/\n", None),
        ("<slug:s>", "a-b_C9", {"s": "a-b_C9"}),
        ("<name>", "a/b", None),
        ("<path:p>", "a/b", {"p": "a/b"}),
        ("<path:p>", "a\nb", None),
        (
            "<uuid:u>/",
            "00000000-0000-4000-8000-000000000000/",
            {"u": uuid.UUID("00000000-0000-4000-8000-000000000000")},
        ),
        ("<uuid:u>/", "00000000-0000-4000-8000-00000000000G/", None),
        ("a.b/<int:x>-<int:y>/", "a.b/1-2/", {"x": 1, "y": 2}),
        ("a.b/", "aXb/", None),
    ],
)
def test_endpoint_routes(route: str, given_path: str, expected: dict[str, Any] | None) -> None:
    found = RoutePattern(route, is_endpoint=True).match(given_path)
    assert (found and found[2]) == expected
    if found:
        assert found[0] == ""


def test_prefix_routes_leave_the_rest() -> None:
    assert RoutePattern("a/").match("a/b/") == ("b/", (), {})
    assert RoutePattern("<int:n>/").match("5/b/") == ("b/", (), {"n": 5})
    assert RoutePattern("a/").match("b/") is None


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("<int: n>/", "cannot contain whitespace in angle brackets"),
        ("<int:1n>/", "which isn't a valid Python identifier"),
        ("<nope:n>/", "uses invalid converter 'nope'"),
    ],
)
def test_bad_routes(route: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        path(route, view)


def test_expressions() -> None:
    pattern = RegexPattern(r"^(?P<a>\d+)/(?P<b>\w+)?/(x)$", is_endpoint=True)
    assert pattern.match("1//x") == ("", (), {"a": "1"})
    assert RegexPattern(r"^(\d+)/(\w+)/").match("1/b/rest") == ("rest", ("1", "b"), {})
    assert RegexPattern(r"^a$", is_endpoint=True).match("a\n") is None
    assert str(pattern) == r"^(?P<a>\d+)/(?P<b>\w+)?/(x)$"
    with pytest.raises(ImproperlyConfigured, match="is not a valid regular expression"):
        RegexPattern("(").regex  # noqa: B018


def test_translated_patterns_compile_for_each_language() -> None:
    from fastjango.core import translation

    texts = {"de": "haus/", "en": "house/"}
    current = ["en"]
    translated = lazy(lambda: texts[current[0]], str)()
    route = RoutePattern(translated, is_endpoint=True)
    expression = RegexPattern(lazy(lambda: "^" + texts[current[0]], str)())
    assert route.match("house/") == ("", (), {})
    assert expression.match("house/x") == ("x", (), {})
    assert translation.get_language() is not None
    assert route.is_translated
    assert route.regex is route.regex
    assert RegexPattern("^a").regex.pattern == "^a"


def test_locale_prefix(configured: Callable[..., None]) -> None:
    configured(LANGUAGE_CODE="en")
    pattern = LocalePrefixPattern()
    assert str(pattern) == "en/"
    assert pattern.match("en/a") == ("a", (), {})
    assert pattern.match("de/a") is None
    assert pattern.regex.pattern == "en/"
    assert pattern.describe() == "'en/'"
    assert pattern.check() == []
    assert LocalePrefixPattern(prefix_default_language=False).match("a") == ("a", (), {})


def test_custom_converters(converter: Callable[..., None]) -> None:
    class Hex:
        regex = "[0-9a-f]+"

        def to_python(self, value: str) -> int:
            if value == "dead":
                raise ValueError
            return int(value, 16)

        def to_url(self, value: int) -> str:
            if value < 0:
                raise ValueError
            return f"{value:x}"

    converter(Hex, "hex")
    with pytest.raises(ValueError, match="Converter 'hex' is already registered"):
        converter(Hex, "hex")
    with pytest.raises(ValueError, match="Converter 'int' is already registered"):
        converter(Hex, "int")
    root = resolver(path("<hex:n>/", view, name="n"), path("dead/", other, name="dead"))
    assert root.resolve("/ff/").kwargs == {"n": 255}
    assert root.resolve("/dead/").func is other
    assert root.reverse("n", n=255) == "ff/"
    with pytest.raises(NoReverseMatch):
        root.reverse("n", n=-1)


# --- trees ----------------------------------------------------------------------------


def test_resolver_match() -> None:
    inner = [path("p/<int:b>/", view, {"extra": 1}, name="inner")]
    root = resolver(path("<slug:a>/", include((inner, "app"), namespace="one"), {"k": "v"}))
    match = root.resolve("/x/p/3/")
    assert match.func is view
    assert match.kwargs == {"a": "x", "k": "v", "b": 3, "extra": 1}
    assert (match.url_name, match.app_names, match.namespaces) == ("inner", ["app"], ["one"])
    assert (match.app_name, match.namespace) == ("app", "one")
    assert match.view_name == "one:inner"
    assert match.route == "<slug:a>/p/<int:b>/"
    assert match.captured_kwargs == {"b": 3}
    assert match.extra_kwargs == {"k": "v", "extra": 1}
    func, args, kwargs = match
    assert (func, args, kwargs) == (view, (), match.kwargs)
    assert "namespaces=['one']" in repr(match)
    assert "extra_kwargs=" in repr(match)
    with pytest.raises(pickle.PicklingError, match="Cannot pickle ResolverMatch"):
        pickle.dumps(match)


def test_matches_name_views_of_every_kind() -> None:
    class Called:
        def __call__(self, request: Any) -> None: ...

    partial = functools.partial(view, extra=1)
    root = resolver(
        path("a/", Page.as_view()), path("b/", Called()), path("c/", partial), path("d/", view)
    )
    assert root.resolve("/a/")._func_path.endswith("Page")
    assert root.resolve("/b/")._func_path.endswith("Called")
    assert "functools.partial" in repr(root.resolve("/c/"))
    for name in ("Page", "view"):
        assert root._is_callback(f"{__name__}.{name}")
    assert [entry.lookup_str.rpartition(".")[2] for entry in root.url_patterns] == [
        "Page",
        "Called",
        "view",
        "view",
    ]


def test_first_match_wins_and_tried_is_kept() -> None:
    root = resolver(
        path("a/", include([path("no/", other), path("x/", view)])),
        path("b/", other),
        path("c/", view),
    )
    match = root.resolve("/c/")
    assert [[str(p.pattern) for p in tried] for tried in match.tried or ()] == [
        ["a/"],
        ["b/"],
        ["c/"],
    ]
    with pytest.raises(Resolver404) as caught:
        root.resolve("/a/z/")
    info = caught.value.args[0]
    assert info["path"] == "a/z/"
    assert [[str(p.pattern) for p in tried] for tried in info["tried"]] == [
        ["a/", "no/"],
        ["a/", "x/"],
        ["b/"],
        ["c/"],
    ]
    with pytest.raises(Resolver404):
        root.resolve("no-slash")


def test_unnamed_groups_count_only_without_named_ones() -> None:
    root = resolver(
        re_path(r"^(\d+)/", include([re_path(r"^(\w+)/$", view)])),
        re_path(r"^n/(?P<n>\d+)/", include([re_path(r"^(\w+)/$", view)])),
        re_path(r"^e/(\d+)/$", view, {"extra": 1}),
    )
    assert root.resolve("/1/a/").args == ("1", "a")
    named = root.resolve("/n/1/a/")
    assert (named.args, named.kwargs) == (("a",), {"n": "1"})
    extra = root.resolve("/e/5/")
    assert (extra.args, extra.kwargs) == (("5",), {"extra": 1})


pieces = st.sampled_from(
    ["a/", "b/", "<int:n>/", "<slug:s>/", "<x>/", "<path:p>/", "", "<int:n>-<int:m>/", "a"]
)
expressions = st.sampled_from(
    [r"^a/", r"^(\d+)/", r"^(?P<n>\d+)/", r"^(?P<s>\w+)/?", r"b/", r"^$", r"^(a|b)/(?P<x>\w)?"]
)
extras = st.sampled_from([None, {"k": "v"}, {"n": 7}])


@st.composite
def urlconfs(draw: Any, depth: int = 2) -> list[Any]:
    """Describe a URLconf as nested tuples, so that both frameworks can build it."""
    entries = []
    for _ in range(draw(st.integers(1, 4))):
        is_route = draw(st.booleans())
        text = draw(pieces if is_route else expressions)
        extra = draw(extras)
        if depth and draw(st.booleans()):
            entries.append(("include", is_route, text, extra, draw(urlconfs(depth=depth - 1))))
        else:
            entries.append(("view", is_route, text, extra, draw(st.sampled_from("ABC"))))
    return entries


def build(entries: list[Any], mod: Any) -> list[Any]:
    patterns = []
    for index, (kind, is_route, text, extra, rest) in enumerate(entries):
        make = mod.path if is_route else mod.re_path
        if kind == "include":
            patterns.append(make(text, mod.include(build(rest, mod)), extra))
        else:
            target = view if index % 2 else other
            patterns.append(make(text, target, extra, name=rest))
    return patterns


paths = st.lists(st.sampled_from(["a", "b", "1", "22", "x-y", "1-2", "é", ""]), max_size=5).flatmap(
    lambda parts: st.sampled_from(["/".join(["", *parts]), "/".join(["", *parts, ""])])
)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def flat(match: Any) -> Any:
    return (match.func, match.args, match.kwargs, match.url_name, match.route, match.extra_kwargs)


@pytest.fixture(scope="module")
def django_urls() -> Any:
    pytest.importorskip("django")
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
    import django.urls

    return django.urls


@given(entries=urlconfs(), candidates=st.lists(paths, min_size=1, max_size=6))
def test_resolving_equals_djangos(
    django_urls: Any, entries: list[Any], candidates: list[str]
) -> None:
    import fastjango.http.urls as ours_module
    from fastjango.http.urls.djangoroute import DjangoRoute
    from fastjango.http.urls.routes import build_routes

    ours = resolver(*build(entries, ours_module))
    routes = build_routes(ours.url_patterns)
    theirs = django_urls.resolvers.URLResolver(
        django_urls.resolvers.RegexPattern(r"^/"), build(entries, django_urls)
    )
    for candidate in candidates:
        expected = outcome(lambda candidate=candidate: flat(theirs.resolve(candidate)))
        got = outcome(lambda candidate=candidate: flat(ours.resolve(candidate)))
        assert got == expected
        # Routes are the same tree, flattened.
        by_route: Any = "Resolver404"
        for route in routes:
            assert isinstance(route, DjangoRoute)
            found = route.chain.match(candidate)
            if found is not None:
                match = route.chain.resolver_match(route.endpoint, route.url_name, found)
                by_route = flat(match)
                assert candidate.startswith(route.literal_prefix)
                break
        assert by_route == expected


@given(
    entries=urlconfs(),
    name=st.sampled_from("ABC"),
    args=st.lists(st.sampled_from(["a", "1", 5, "x/y", "é%"]), max_size=2),
    kwargs=st.dictionaries(st.sampled_from("nsxpmk"), st.sampled_from(["a", 1, "v", "é"])),
)
def test_reversing_equals_djangos(
    django_urls: Any, entries: list[Any], name: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    import fastjango.http.urls as ours_module

    ours = resolver(*build(entries, ours_module))
    theirs = django_urls.resolvers.URLResolver(
        django_urls.resolvers.RegexPattern(r"^/"), build(entries, django_urls)
    )
    for call in ((args, {}), ([], kwargs), (args, kwargs)):
        expected = outcome(lambda call=call: theirs.reverse(name, *call[0], **call[1]))
        assert outcome(lambda call=call: ours.reverse(name, *call[0], **call[1])) == expected


# --- reversing ------------------------------------------------------------------------

INNER = [path("p/<int:pk>/", view, name="p"), path("q/", other, name="q")]


@pytest.fixture
def site(configured: Callable[..., None]) -> None:
    patterns = (
        path("home/", view, name="home"),
        path("item/<int:pk>/<slug:s>/", view, name="item"),
        re_path(r"^old/(\d+)/(?:(\w+)/)?$", view, name="old"),
        path("extra/", view, {"mode": "x"}, name="extra"),
        path("café/<path:rest>", other, name="cafe"),
        path("one/", include((INNER, "app"), namespace="one")),
        path("two/<slug:lang>/", include((INNER, "app"), namespace="two")),
        path("<slug:x>/deep/", include(([path("", include((INNER, "inner")))], "outer"))),
        path("//evil/", view, name="slashes"),
    )
    configured(ROOT_URLCONF=patterns)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("home", (), {}, "/home/"),
        ("item", (1, "a"), {}, "/item/1/a/"),
        ("item", (), {"pk": 1, "s": "a"}, "/item/1/a/"),
        ("old", ("5",), {}, "/old/5/"),
        ("old", ("5", "x"), {}, "/old/5/x/"),
        ("extra", (), {"mode": "x"}, "/extra/"),
        ("extra", (), {}, "/extra/"),
        ("cafe", ("a b/ü",), {}, "/caf%C3%A9/a%20b/%C3%BC"),
        ("app:p", ("de", 3), {}, "/two/de/p/3/"),  # the instance deployed last
        ("one:p", (3,), {}, "/one/p/3/"),
        ("two:p", (), {"lang": "de", "pk": 3}, "/two/de/p/3/"),
        ("outer:inner:q", ("s",), {}, "/s/deep/q/"),
        ("slashes", (), {}, "/%2F/evil/"),
    ],
)
def test_reverse(name: str, args: Any, kwargs: Any, expected: str) -> None:
    assert reverse(name, args=args, kwargs=kwargs) == expected
    assert str(reverse_lazy(name, args=args, kwargs=kwargs)) == expected


@pytest.mark.usefixtures("site")
def test_reverse_options() -> None:
    assert reverse("app:q", current_app="two", kwargs={"lang": "x"}) == "/two/x/q/"
    assert reverse("app:q", current_app="one") == "/one/q/"
    assert reverse("app:q", current_app="unknown", args=["x"]) == "/two/x/q/"
    assert reverse("home", query={"a": [1, 2], "b": "ü"}, fragment="top") == (
        "/home/?a=1&a=2&b=%C3%BC#top"
    )
    assert reverse("home", query=QueryDict("z=1")) == "/home/?z=1"
    assert reverse("home", query={}) == "/home/"
    assert reverse(other, args=("x",)).startswith("/caf")
    set_script_prefix("/site")
    assert get_script_prefix() == "/site/"
    assert reverse("home") == "/site/home/"
    clear_script_prefix()
    assert reverse("home") == "/home/"


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "args", "kwargs", "message"),
    [
        ("nope", (), {}, "Reverse for 'nope' not found. 'nope' is not a valid view function"),
        ("home", (1,), {}, r"Reverse for 'home' with arguments '\(1,\)' not found. 1 pattern"),
        ("item", (), {"pk": 1}, "with keyword arguments '{'pk': 1}' not found"),
        ("item", (), {}, "with no arguments not found"),
        ("extra", (), {"mode": "y"}, "with keyword arguments"),
        ("none:home", (), {}, "'none' is not a registered namespace"),
        ("one:none:p", (), {}, "'none' is not a registered namespace inside 'one'"),
        (Page, (), {}, "test_urls_resolving.Page' not found"),
    ],
)
def test_reverse_failures(name: Any, args: Any, kwargs: Any, message: str) -> None:
    with pytest.raises(NoReverseMatch, match=message):
        reverse(name, args=args, kwargs=kwargs)


@pytest.mark.usefixtures("site")
def test_arguments_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="Don't mix"):
        reverse("item", args=[1], kwargs={"s": "a"})


@pytest.mark.usefixtures("site")
def test_the_current_urlconf() -> None:
    assert resolve("/home/").url_name == "home"
    assert resolve(reverse_lazy("home")).url_name == "home"
    match = is_valid_path("/home/")
    assert match
    assert is_valid_path("/nope/") is False
    mine = (path("mine/", view, name="mine"),)
    set_urlconf(mine)
    assert get_urlconf() is mine
    assert reverse("mine") == "/mine/"
    assert is_valid_path("/home/") is False
    set_urlconf(None)
    assert get_urlconf("default") == "default"
    assert reverse("mine", urlconf=mine) == "/mine/"


@pytest.mark.usefixtures("site")
def test_translate_url() -> None:
    assert translate_url("https://h/item/1/a/?q=1#f", "de") == "https://h/item/1/a/?q=1#f"
    assert translate_url("/nope/", "de") == "/nope/"
    assert translate_url("/one/p/3/", "de") == "/one/p/3/"


def test_lists_as_urlconfs(configured: Callable[..., None]) -> None:
    first = [path("a/", view, name="a")]
    configured(ROOT_URLCONF=first)
    assert reverse("a") == "/a/"
    assert get_resolver() is get_resolver(first)
    second = [path("b/", view, name="a")]
    configured(ROOT_URLCONF=second)
    assert reverse("a") == "/b/"
    clear_url_caches()


# --- include and friends ----------------------------------------------------------------


def test_include_takes_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("a_urlconf")
    module.urlpatterns = [path("a/", view, name="a")]  # type: ignore[attr-defined]
    module.app_name = "theapp"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_urlconf", module)
    assert include("a_urlconf") == (module, "theapp", "theapp")
    assert include(module, namespace="ns") == (module, "theapp", "ns")
    root = resolver(path("x/", include("a_urlconf")))
    assert root.resolve("/x/a/").view_name == "theapp:a"
    assert "a_urlconf" in repr(root.url_patterns[0])
    assert repr(root).startswith("<URLResolver <URLResolver list> (None:None)")


@pytest.mark.parametrize(
    ("arg", "namespace", "message"),
    [
        ((1, 2, 3), None, "Passing a 3-tuple to include"),
        ((1, 2, 3), "n", "Cannot override the namespace for a dynamic module"),
        ([], "n", "Specifying a namespace in include"),
    ],
)
def test_bad_includes(arg: Any, namespace: str | None, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        include(arg, namespace=namespace)


def test_language_prefixes_belong_into_the_root() -> None:
    nested = [URLResolver(LocalePrefixPattern(), [path("a/", view)])]
    with pytest.raises(ImproperlyConfigured, match="i18n_patterns in an included URLconf"):
        include(nested)


@pytest.mark.parametrize(
    ("view_given", "kwargs", "message"),
    [
        ("blog.views.index", None, "view must be a callable or a list/tuple"),
        (Page(), None, r"pass Page.as_view\(\), not Page\(\)"),
        (view, [], "kwargs argument must be a dict, but got list"),
    ],
)
def test_bad_paths(view_given: Any, kwargs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        path("a/", view_given, kwargs)


def test_a_urlconf_without_patterns() -> None:
    broken = URLResolver(RegexPattern("^/"), types.SimpleNamespace())
    with pytest.raises(ImproperlyConfigured, match="does not appear to have any patterns"):
        broken.url_patterns  # noqa: B018


def test_get_callable(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("some_views")
    module.view, module.number = view, 5  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_views", module)
    get_callable.cache_clear()
    assert get_callable(view) is view
    assert get_callable("some_views.view") is view
    assert get_mod_func("a.b.c") == ("a.b", "c")
    assert get_mod_func("a") == ("a", "")
    with pytest.raises(ImportError, match="The path must be fully qualified"):
        get_callable("nodots")
    for given_path, message in [
        ("some_views.missing", "View does not exist in module some_views"),
        ("some_views.number", "View is not callable"),
        ("json.nope.view", "Parent module json.nope does not exist"),
        (5, "'5' is not a callable or a dot-notation path"),
    ]:
        with pytest.raises(ViewDoesNotExist, match=message):
            get_callable(given_path)
    with pytest.raises(ImportError):
        get_callable("no_such_module_anywhere.view")


def test_a_urlconf_that_includes_itself() -> None:
    patterns: list[Any] = [path("a/", view, name="a")]
    patterns.append(path("again/", include((patterns, "app"))))
    root = resolver(*patterns)
    assert root.reverse("a") == "a/"


def test_chains_tell_what_they_take() -> None:
    chain = Chain.root()
    for entry in (
        path("x/<slug:s>/", include([]), {"extra": 1}),
        re_path(r"^(?P<n>\d+)/$", view),
    ):
        chain = chain.down(entry)
    assert chain.parameters == {"s", "n", "extra"}
    assert not chain.is_plain
    assert chain.literal_prefix == "/x/"
    assert chain.static_path is None
    assert chain.match("/x/a/5/").kwargs == {"s": "a", "extra": 1, "n": "5"}  # type: ignore[union-attr]
    assert chain.match("x/a/5/") is None
    static = Chain.root().down(path("a/", include([]), {"k": 1})).down(path("b/", view))
    assert static.static_path == "/a/b/"
    assert static.match("/a/b/").kwargs == {"k": 1}  # type: ignore[union-attr]


def test_levels_do_not_give_back_what_they_matched() -> None:
    root = resolver(path("<path:a>/", include([path("<path:b>/", view)])))
    chain = Chain.root().down(root.url_patterns[0]).down(root.url_patterns[0].url_patterns[0])
    assert chain.match("/x/y/") is None
    with pytest.raises(Resolver404):
        root.resolve("/x/y/")


def test_converters_with_groups_are_matched_level_by_level(
    converter: Callable[..., None],
) -> None:
    class Choice:
        regex = "(?:a|b)(c)?"

        def to_python(self, value: str) -> str:
            return value

        def to_url(self, value: str) -> str:
            return value

    converter(Choice, "choice")
    chain = Chain.root().down(path("<choice:x>/", view))
    assert not chain.is_plain
    assert chain.match("/ac/").kwargs == {"x": "ac"}  # type: ignore[union-attr]


# --- languages ----------------------------------------------------------------------------


@pytest.fixture
def languages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make the active language the last of a list."""
    import contextlib

    from fastjango.http.urls import base, patterns, resolvers

    active = ["en"]

    @contextlib.contextmanager
    def override(language: str) -> Iterator[None]:
        active.append(language)
        yield
        active.pop()

    for module in (patterns, resolvers):
        monkeypatch.setattr(module, "get_language", lambda: active[-1])
    monkeypatch.setattr(base, "override", override)
    return active


def test_urls_in_several_languages(configured: Callable[..., None], languages: list[str]) -> None:
    words = {"en": "house/", "de": "haus/"}
    translated = lazy(lambda: words[languages[-1]], str)()
    nested = [path(translated, view, name="house")]
    configured(
        LANGUAGE_CODE="en",
        ROOT_URLCONF=(
            URLResolver(LocalePrefixPattern(), nested),
            path("<slug:x>/app/", include(([path("y/", other, name="y")], "app"))),
            path("plain/", include([path("app2/", include((nested, "app2")))])),
            path("unnamed/", other),
        ),
    )
    assert reverse("house") == "/en/house/"
    assert translate_url("https://h/en/house/?q=1", "de") == "https://h/de/haus/?q=1"
    assert translate_url("/unnamed/", "de") == "/unnamed/"
    languages.append("de")
    assert reverse("house") == "/de/haus/"
    assert reverse("app2:house") == "/plain/app2/haus/"
    assert reverse("app:y", args=["z"]) == "/z/app/y/"
    assert resolve("/de/haus/").func is view
    chain = Chain.root().down(URLResolver(LocalePrefixPattern(), nested)).down(nested[0])
    assert chain.path_format == "/de/haus/"
    assert chain.literal_prefix == "/"
    with pytest.raises(ImproperlyConfigured, match="A translated route"):
        path(translated, include(APIRouter()))


def test_i18n_patterns(configured: Callable[..., None], languages: list[str]) -> None:
    patterns = (*i18n_patterns(path("a/", view, name="a")), path("b/", other))
    unprefixed = tuple(i18n_patterns(path("a/", view), prefix_default_language=False))
    configured(LANGUAGE_CODE="en", ROOT_URLCONF=patterns)
    assert reverse("a") == "/en/a/"
    languages.append("de")
    assert reverse("a") == "/de/a/"
    assert is_language_prefix_patterns_used(patterns) == (True, True)
    assert is_language_prefix_patterns_used(unprefixed) == (True, False)
    assert is_language_prefix_patterns_used((path("b/", other),)) == (False, False)
    configured(USE_I18N=False)
    assert len(i18n_patterns(path("a/", view), path("b/", view))) == 2
