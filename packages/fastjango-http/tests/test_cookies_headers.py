"""Cookies, request headers, hosts and content negotiation."""

import pytest
from fastjango.http import HttpHeaders, parse_cookie
from fastjango.http.headers import meta_from_scope
from fastjango.http.hosts import split_domain_port, validate_host
from fastjango.http.negotiation import MediaType, best_match, parse_accept
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1; a=2", {"a": "2"}),
        ("a", {"": "a"}),
        ("=x; ;b = 3 ", {"": "x", "b": "3"}),
        ('a="x\\054y"', {"a": "x,y"}),
        ("", {}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_parse_cookie(header: str, expected: dict[str, str]) -> None:
    assert parse_cookie(header) == expected


@given(st.text(max_size=40))
def test_any_cookie_header_parses_as_in_django(header: str) -> None:
    pytest.importorskip("django")
    from django.http.cookie import parse_cookie as djangos

    assert parse_cookie(header) == djangos(header)


def test_headers_from_meta() -> None:
    headers = HttpHeaders(
        {"HTTP_USER_AGENT": "x", "CONTENT_TYPE": "text/html", "SERVER_NAME": "s", "HTTP_A_B": "1"}
    )
    assert list(headers) == ["User-Agent", "Content-Type", "A-B"]
    assert headers["user_agent"] == headers["USER-AGENT"] == "x"
    assert "content-type" in headers
    assert 5 not in headers
    assert headers.get("nothing") is None
    assert headers.getlist("a-b") == ["1"]
    assert headers.getlist("nothing") == []
    assert dict(headers.items()) == {"User-Agent": "x", "Content-Type": "text/html", "A-B": "1"}
    assert list(headers.keys()) == list(headers)
    assert list(headers.values()) == ["x", "text/html", "1"]
    assert (b"user-agent", b"x") in headers.raw
    assert headers == {"user-agent": "x", "content-type": "text/html", "a-b": "1"}
    assert headers != 5
    assert repr(headers) == repr(dict(headers.items()))
    assert len(headers) == 3
    with pytest.raises(KeyError):
        headers["nothing"]


def test_headers_from_the_wire_are_starlettes_too() -> None:
    headers = HttpHeaders.from_raw(
        [
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"x_forged", b"1"),
            (b"cookie", b"a=1; "),
            (b"cookie", b"b=2"),
        ]
    )
    assert isinstance(headers, Headers)
    assert headers["Accept"] == "a,b"
    assert headers.getlist("accept") == ["a", "b"]
    assert headers["cookie"] == "a=1; b=2"
    assert "X-Forged" not in headers
    assert headers.raw[0] == (b"accept", b"a")


def test_header_names() -> None:
    assert HttpHeaders.to_wsgi_names({"Content-Type": 1, "X-A": 2}) == {
        "CONTENT_TYPE": 1,
        "HTTP_X_A": 2,
    }
    assert HttpHeaders.to_asgi_names({"Content-Type": 1, "X-A": 2}) == {
        "CONTENT_TYPE": 1,
        "X_A": 2,
    }
    assert HttpHeaders.parse_header_name("REMOTE_ADDR") is None


def test_meta_without_client_and_server() -> None:
    meta = meta_from_scope({"query_string": "a=1", "headers": []}, "/x", "/y")
    assert meta["SERVER_NAME"], meta["SERVER_PORT"] == ("unknown", "0")
    assert meta["QUERY_STRING"] == "a=1"
    assert "REMOTE_ADDR" not in meta


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("Example.com:80", ("example.com", "80")),
        ("example.com.", ("example.com", "")),
        ("[::1]:8000", ("[::1]", "8000")),
        ("[::ffff:1.2.3.4]", ("[::ffff:1.2.3.4]", "")),
        ("exa mple.com", ("", "")),
        ("example.com\n", ("", "")),
        ("user@example.com", ("", "")),
        ("", ("", "")),
    ],
)
def test_split_domain_port(host: str, expected: tuple[str, str]) -> None:
    assert split_domain_port(host) == expected


def test_validate_host() -> None:
    assert validate_host("a.example.com", [".example.com"])
    assert validate_host("example.com", [".example.com"])
    assert validate_host("anything", ["*"])
    assert not validate_host("evil.com", ["example.com"])
    assert not validate_host("notexample.com", [".example.com"])


def test_media_types() -> None:
    media = MediaType("Text/HTML; level=1; q=0.5")
    assert str(media) == "text/html; level=1; q=0.5"
    assert repr(media) == "<MediaType: text/html; level=1; q=0.5>"
    assert media.quality == 0.5
    assert media.specificity == 3
    assert [MediaType(t).specificity for t in ("*/*", "text/*", "text/html")] == [0, 1, 2]
    assert MediaType("a/b; q=x").quality == MediaType("a/b; q=5").quality == 1
    assert str(MediaType(None)) == ""
    assert str(MediaType("text")) == "text"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("text/html", "text/html", True),
        ("text/html", "text/*", True),
        ("*/*", "text/html", True),
        ("text/html", "text/plain", False),
        ("text/html", "application/html", False),
        ("text/html", "", False),
        ("text/html", None, False),
        ("text", "text", False),
        ("text/html; a=1", "text/html", True),
        ("text/html", "text/html; a=1", False),
        ("text/html; a=1", "text/html; a=2", False),
        ("text/html; a=1; q=0.3", "text/html; a=1", True),
    ],
)
def test_matching(one: str, other: str | None, expected: bool) -> None:
    assert MediaType(one).match(other) is expected


def test_accept_order() -> None:
    accepted = parse_accept("text/*;q=0.3, text/plain;q=0.7, , a/b;q=0, */*;q=0.5, text/html")
    assert [str(found) for found in accepted] == [
        "text/html",
        "text/plain; q=0.7",
        "*/*; q=0.5",
        "text/*; q=0.3",
    ]
    assert str(best_match(accepted, "text/xml")) == "text/*; q=0.3"
    assert best_match(parse_accept("text/html"), "a/b") is None


def test_unreadable_ranges_accept_nothing() -> None:
    assert parse_accept("text/html; charset*=nope''x") == []
    assert parse_accept("x" * 20_000) == []
