"""Random requests for a random application."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_VALUES = {
    "int": ("1", "42", "007", "x", "-1"),
    "float": ("1.5", "2", "1e5", "y"),
    "uuid": ("00000000-0000-0000-0000-000000000005", "nope"),
    "path": ("a/b/c", "", "x", "deep/er/"),
    None: ("1", "1", "1", "4", "5", "abc", "me", "\u00e9", "5", "x y", "items", "3.0"),
}
_QUERIES = (
    "",
    "",
    "q=abc",
    "limit=3",
    "limit=x",
    "q=a&q=b&limit=7&limit=8",
    "flag=true&tags=1&tags=2",
    "tags=&q=",
    "color=blue",
    "color=green",
    "the-q=ab",
    "the-q=a&the-limit=zz&the-tags=tt",
    "q=%C3%A9+x%20y",
    "limit=2&q",
    "=x&q=1",
    "q=1&&limit=5",
    "limit=2020-01-01&q=[1,2]&order_by=z",
)
_BODIES: tuple[bytes, ...] = (
    b"",
    b'{"name": "x"}',
    b'{"name": "x", "price": "2.5", "tags": ["a"], "color": "blue"}',
    b'{"name": 1}',
    b'{"theCount": 3}',
    b'{"item": {"name": "x"}, "other": {"theCount": 2}, "importance": 5}',
    b'{"item": {"name": "x"}}',
    b'[{"name": "a"}, {"price": 1}]',
    b'{"a": 1, "b": "x"}',
    b"3",
    b"null",
    b'"text"',
    b"{broken",
    b"[1, 2",
    b'{"name": "\\ud800"}',
    b'{"name": "\xff"}',
    b'{"name": NaN, "price": NaN}',
    b'{"name": "x", "price": 1e999}',
    b"\xef\xbb\xbf{}",
    b"username=u&age=5",
    b"username=u&age=x&extra=1",
    b"[" * 2000,
    b"1" * 5000,
    b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nu\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="upload"; filename="f.txt"\r\n\r\ndata'
    b"\r\n--b--\r\n",
)
_TYPES = (
    b"application/json",
    b"application/json",
    b"application/json",
    b"application/json; charset=utf-8",
    b"application/geo+json",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=b",
    b"",
    b"nonsense",
)
_HEADERS = (
    (b"x-token", b"secret"),
    (b"x-token", b"second"),
    (b"x-list", b"a"),
    (b"x-list", b"b"),
    (b"x-number", b"12"),
    (b"x-number", b"twelve"),
    (b"x_odd", b"odd"),
    (b"x-other", b"\xe9"),
    (b"x-key", b"key"),
    (b"authorization", b"Bearer abc"),
    (b"authorization", b"Basic dTpw"),
    (b"cookie", b"session=abc; visits=3"),
    (b"cookie", b"visits=x"),
    (b"cookie", b'session="quoted"; odd'),
    (b"accept-encoding", b"gzip"),
)


@dataclass
class Case:
    """One request or WebSocket."""

    scope: dict[str, Any]
    chunks: list[bytes] = field(default_factory=list)
    disconnects: bool = False
    path: str = ""

    def fresh_scope(self) -> dict[str, Any]:
        made = dict(self.scope)
        made["headers"] = list(self.scope["headers"])
        made["state"] = {}
        made["extensions"] = {}
        return made


def random_case(rng: random.Random, paths: list[tuple[str, str]], websockets: list[str]) -> Case:
    """Make a request for one of the paths, mostly one that fits the route there."""
    socket = bool(websockets) and rng.random() < 0.06
    template, method = (
        (rng.choice(websockets), "GET") if socket else rng.choice(paths or [("/", "GET")])
    )
    odd = rng.random() < 0.2

    def value(found: re.Match[str]) -> str:
        values = _VALUES.get(found[2], _VALUES[None])
        return rng.choice(values if odd or not found[2] else values[:1])

    path = _bent(rng, _PARAMETER.sub(value, template))
    root = rng.choice(("", "", "", "", "", "", "", "/root", "/root/"))
    if root and rng.random() < 0.8:
        path = root.rstrip("/") + path
    query = rng.choice(_QUERIES)
    headers = [(b"host", rng.choice((b"testserver", b"testserver", b"other.example", b"x:80")))]
    headers += [pair for pair in _HEADERS if rng.random() < 0.3]
    chunks: list[bytes] = []
    if rng.random() < 0.12:
        method = rng.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"))
    if method in ("POST", "PUT") or rng.random() < 0.1:
        body = rng.choice(_BODIES) if rng.random() < 0.8 else _random_json(rng)
        content_type = rng.choice(_TYPES) if rng.random() < 0.3 else b"application/json"
        if body.startswith(b"--b"):
            content_type = b"multipart/form-data; boundary=b"
        elif body.startswith(b"username"):
            content_type = b"application/x-www-form-urlencoded"
        if content_type or rng.random() < 0.5:
            headers.append((b"content-type", content_type))
        if rng.random() < 0.8:
            headers.append((b"content-length", b"%d" % len(body)))
        cut = rng.randint(0, len(body)) if rng.random() < 0.2 else len(body)
        chunks = [body[:cut], body[cut:]] if cut < len(body) else [body]
    scope: dict[str, Any] = {
        "type": "websocket" if socket else "http",
        "asgi": {"version": "3.0", "spec_version": rng.choice(("2.3", "2.4"))},
        "http_version": "1.1",
        "scheme": "ws" if socket else "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode(),
        "root_path": root,
        "headers": headers,
        "client": ("127.0.0.1", 5000),
        "server": ("testserver", 80),
    }
    if socket:
        scope["subprotocols"] = []
    else:
        scope["method"] = method
    return Case(scope, chunks, disconnects=rng.random() < 0.02, path=path)


def _bent(rng: random.Random, path: str) -> str:
    chance = rng.random()
    if chance < 0.03:
        return path + "/"
    if chance < 0.05:
        return path.rstrip("/") or "/"
    if chance < 0.06:
        return path + "\n"
    if chance < 0.07:
        return "/" + path
    if chance < 0.09:
        return "/nothing/here"
    if chance < 0.10:
        return path.upper()
    if chance < 0.105:
        return ""
    return path


def _random_json(rng: random.Random) -> bytes:
    def value(depth: int) -> Any:
        kind = rng.randint(0, 8 if depth < 3 else 5)
        if kind == 0:
            return rng.choice((None, True, False))
        if kind == 1:
            return rng.choice((0, -1, 5, 2**70, 10**23))
        if kind == 2:
            return rng.choice((1.5, -0.0, 1e-7, 1e300))
        if kind <= 5:
            return rng.choice(("", "a", "\u00e9", "\U0001f600", "2020-01-01T00:00:00"))
        if kind == 6:
            return [value(depth + 1) for _ in range(rng.randint(0, 3))]
        keys = ("name", "price", "tags", "color", "when", "item", "other", "theCount", "x")
        return {rng.choice(keys): value(depth + 1) for _ in range(rng.randint(0, 4))}

    return json.dumps(value(0)).encode()
