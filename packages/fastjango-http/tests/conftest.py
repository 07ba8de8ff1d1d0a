"""What the tests of the web layer share: settings of their own, and a client that speaks ASGI."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastjango.core.conf import Defaults, UserSettingsHolder, settings
from fastjango.http.urls import clear_script_prefix, clear_url_caches, set_urlconf
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

hypothesis_settings.register_profile(
    "http",
    deadline=None,  # imports and a busy machine are slow the first time
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("http")

KEY = "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"


@pytest.fixture(autouse=True)
def configured() -> Iterator[Callable[..., None]]:
    """Give the process settings for one test; call it to change them."""
    before = settings._wrapped

    def configure(**options: Any) -> None:
        holder = UserSettingsHolder(Defaults())
        defaults = {"SECRET_KEY": KEY, "ALLOWED_HOSTS": ["testserver"], "ROOT_URLCONF": ()}
        for name, value in {**defaults, **options}.items():
            setattr(holder, name, value)
        settings._wrapped = holder

    configure()
    clear_url_caches()
    yield configure
    settings._wrapped = before
    clear_url_caches()
    set_urlconf(None)
    clear_script_prefix()


@dataclass
class Answer:
    """A response as it went over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name]
        return found[0] if found else None

    def headers_named(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def make_scope(
    method: str = "GET", path: str = "/", headers: dict[str, str] | None = None, **extra: Any
) -> dict[str, Any]:
    """Return an ASGI scope; the path may have a query string."""
    path, _, query = path.partition("?")
    raw = [(b"host", b"testserver")]
    raw += [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 1234),
        "server": ("testserver", 80),
        **extra,
    }


@pytest.fixture
def scope() -> Callable[..., dict[str, Any]]:
    """Make ASGI scopes."""
    return make_scope


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Send a request to an ASGI application and return the whole answer."""

    async def send_request(
        app: Any,
        path: str = "/",
        method: str = "GET",
        body: bytes | list[bytes] = b"",
        headers: dict[str, str] | None = None,
        form: dict[str, Any] | None = None,
        stay: bool = False,  # until the whole answer is there
        **extra: Any,
    ) -> Answer:
        headers = dict(headers or {})
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            method = "POST" if method == "GET" else method
        chunks = body if isinstance(body, list) else [body]
        if any(chunks):
            headers.setdefault("Content-Length", str(sum(map(len, chunks))))
        incoming = [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        messages: list[dict[str, Any]] = []

        finished = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop(0)
            if stay:
                await finished.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(dict(message))
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                finished.set()

        await app(make_scope(method, path, headers, **extra), receive, send)
        start = next((m for m in messages if m["type"] == "http.response.start"), None)
        return Answer(
            start["status"] if start else 0,
            [(k.decode(), v.decode("latin-1")) for k, v in start["headers"]] if start else [],
            b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body"),
            messages,
        )

    return send_request
