"""Random applications, as source code: the same text runs on FastAPI and on FastJango."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

PRELUDE = """
import datetime, decimal, enum, uuid
from typing import Annotated, Any, Optional, Union
from fastapi import (BackgroundTasks, Body, Cookie, Depends, File, Form, Header, HTTPException,
    Path, Query, Request, Response, Security, UploadFile, WebSocket)
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import (HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse,
    StreamingResponse)
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer, SecurityScopes
from pydantic import BaseModel, Field, Json
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount, Route, Router as StarletteRouter

LOG = []

class Color(str, enum.Enum):
    red = "red"
    blue = "blue"

class Level(enum.IntEnum):
    low = 1
    high = 2

class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []
    color: Color = Color.red
    when: datetime.datetime | None = None

class Other(BaseModel):
    model_config = {"extra": "forbid"}
    count: int = Field(gt=0, alias="theCount")
    inner: Item | None = None

class Filters(BaseModel):
    limit: int = Field(100, gt=0, le=100)
    tags: list[str] = []
    order_by: str = "x"

class FormData_(BaseModel):
    username: str
    age: int = 3

class Custom(Exception):
    pass

class Unhandled(Exception):
    pass

class Plain:
    def __init__(self):
        self.a = 1
        self._sa_state = 2

class Wrapping(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()
        async def handler(request):
            LOG.append("wrapping")
            response = await original(request)
            response.headers["x-wrapped"] = "1"
            return response
        return handler

class Choosy(APIRoute):
    def matches(self, scope):
        match, child = super().matches(scope)
        LOG.append("choosy")
        return match, child

class AsgiMiddleware:
    def __init__(self, app, name="a"):
        self.app = app
        self.name = name
    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        async def sender(message):
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append((b"x-mw", self.name.encode()))
            await send(message)
        LOG.append(("mw", self.name))
        await self.app(scope, receive, sender)
        LOG.append(("mw done", self.name, "route" in scope, "endpoint" in scope))

async def raw_asgi(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    if scope["type"] != "http":
        return
    body = f"raw {scope['path']} {scope.get('root_path')}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})

def seen(request):
    scope = request.scope
    own = scope.get("fastapi")
    return {
        "params": scope["path_params"],
        "route": type(scope.get("route")).__name__,
        "endpoint": getattr(scope.get("endpoint"), "__name__", None),
        "fastapi": sorted(own) if own is not None else None,
        "limits": own.get("form_limits") if own else None,
        "root": scope.get("root_path"),
        "keys": sorted(k for k in scope if not k.startswith("fastjango")),
        "url": str(request.url),
    }
"""

STATUSES = ("200", "201", "202", "204", "205", "304", "404", "None", "418")
RETURNS = (
    "echo",
    "echo",
    "item",
    "items",
    "text",
    "none",
    "json_response",
    "plain_response",
    "stream",
    "http_error",
    "custom_error",
    "unhandled",
    "values",
    "cookie_response",
    "background_response",
    "redirect",
    "bytes",
    "nested",
)
VALUES = (
    "datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
    "datetime.timedelta(seconds=90.5)",
    "decimal.Decimal('1.10')",
    "1e-07",
    "float('nan')",
    "{None: 1, 2: 'x', 1.5: True}",
    "{'_sa_x': 1, 'b': 2}",
    "Color.blue",
    "Level.high",
    "{1, 2}",
    "(1, 'a')",
    "uuid.UUID(int=5)",
    "b'bytes'",
    "'\\u00e9\\u2028<'",
    "Item(name='n')",
    "{'x': [Item(name='m'), {'y': None}]}",
    "Plain()",
    "{Color.red: Color.blue}",
    "(i for i in range(3))",
    "10**30",
    "object()",
)


class Writer:
    """Writes one application."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.depth = 0
        self.serial = 0
        self.paths: list[tuple[str, str]] = []
        self.websockets: list[str] = []
        self.dependencies: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def fresh(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial}"

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    # -- parameters ------------------------------------------------------------------------------

    def query(self) -> str:
        name = self.rng.choice(("q", "limit", "flag", "tags", "color"))
        return self.rng.choice(
            (
                f"{name}: str",
                f"{name}: int = 5",
                f"{name}: int | None = None",
                f"{name}: bool = False",
                f"{name}: Annotated[list[str], Query()] = []",
                f"{name}: Annotated[list[int] | None, Query()] = None",
                f"{name}: Color = Color.red",
                f"{name}: Annotated[str, Query(alias='the-{name}', min_length=2)] = 'dd'",
                f"{name}: Annotated[float, Query(gt=0)] = 1.0",
                f"{name}: Annotated[Json, Query()] = '{{}}'",
                f"{name}: Annotated[set[int], Query()] = {{1}}",
                f"{name}: Annotated[Level, Query()] = Level.low",
                f"{name}: datetime.date | None = None",
                f"{name}: Annotated[int, Query(validate_default=True, gt=3)] = 2",
                f"{name}: Annotated[list[str], Query(default_factory=list)]",
            )
        )

    def header(self) -> str:
        return self.rng.choice(
            (
                "x_token: Annotated[str, Header()]",
                "x_token: Annotated[str | None, Header()] = None",
                "x_list: Annotated[list[str] | None, Header()] = None",
                "x_number: Annotated[int, Header()] = 3",
                "x_odd: Annotated[str | None, Header(convert_underscores=False)] = None",
                "user_agent: Annotated[str | None, Header()] = None",
                "x_alias: Annotated[str | None, Header(alias='X-Other')] = None",
            )
        )

    def cookie(self) -> str:
        return self.rng.choice(
            (
                "session: Annotated[str | None, Cookie()] = None",
                "session: Annotated[str, Cookie()]",
                "visits: Annotated[int, Cookie()] = 0",
            )
        )

    def body(self) -> list[str]:
        return list(
            self.rng.choice(
                (
                    ("item: Item",),
                    ("item: Item",),
                    ("item: Item | None = None",),
                    ("item: Annotated[Item, Body(embed=True)]",),
                    ("item: Item", "other: Other"),
                    ("item: Item", "importance: Annotated[int, Body()]"),
                    ("items: list[Item]",),
                    ("data: dict[str, int]",),
                    ("data: Annotated[Any, Body()]",),
                    ("data: Annotated[int, Body()]",),
                    ("data: Annotated[bytes, Body()]",),
                    ("data: Union[Item, Other]",),
                    ("username: Annotated[str, Form()]", "age: Annotated[int, Form()] = 3"),
                    ("form: Annotated[FormData_, Form()]",),
                    ("upload: Annotated[bytes | None, File()] = None",),
                )
            )
        )

    def parameters(self, path_params: list[tuple[str, str]], *, body: bool) -> list[str]:
        found: list[str] = []
        for name, kind in path_params:
            annotation = {"int": "int", "float": "float", "uuid": "uuid.UUID"}.get(kind, "str")
            if self.maybe(0.15):
                annotation = "Annotated[int, Path(gt=2)]"
            if self.maybe(0.85):
                found.append(f"{name}: {annotation}")
        found.extend(self.query() for _ in range(self.rng.choice((0, 0, 1, 1, 2))))
        if self.maybe(0.25):
            found.append(self.header())
        if self.maybe(0.15):
            found.append(self.cookie())
        if self.maybe(0.04):
            found = [one for one in found if one.split(":")[0] not in ("q", "limit", "flag")]
            found.append("filters: Annotated[Filters, Query()]")
        if self.maybe(0.12):
            found.append("request: Request")
        if self.maybe(0.03):
            found.append("connection: HTTPConnection")
        if self.maybe(0.15):
            found.append("response: Response")
        if self.maybe(0.12):
            found.append("tasks: BackgroundTasks")
        if body and self.maybe(0.5):
            found.extend(self.body())
        unique: dict[str, str] = {}
        for one in found:
            unique.setdefault(one.split(":")[0], one)
        return list(unique.values())

    @staticmethod
    def ordered(parameters: list[str]) -> str:
        """Keyword-only, so that defaults may stand anywhere."""
        return "*, " + ", ".join(parameters) if parameters else ""

    # -- dependencies ----------------------------------------------------------------------------

    def dependency(self) -> None:
        name = self.fresh("dep")
        kind = self.rng.choice(
            ("async", "async", "def", "yield", "syncyield", "class", "scopes", "security")
        )
        if kind == "security":
            made = self.rng.choice(
                (
                    "APIKeyHeader(name='x-key')",
                    "HTTPBearer()",
                    "APIKeyHeader(name='x-key', auto_error=False)",
                    "HTTPBasic()",
                )
            )
            self.line(f"{name} = {made}")
            self.dependencies.append(name)
            return
        parameters = self.parameters([], body=self.maybe(0.1))
        inner = self.depends(0.4, scoped=False)
        if kind == "scopes":
            parameters.append("scopes: SecurityScopes")
        parameters += inner
        names = [one.split(":")[0] for one in parameters]
        signature = self.ordered(parameters)
        shown = "{" + ", ".join(f"{n!r}: show({n})" for n in names) + "}"
        fails = self.maybe(0.1)
        if kind == "class":
            init = f"def __init__(self{', ' + signature if signature else ''}):"
            with self.block(f"class {name}:"), self.block(init):
                self.line(f"LOG.append(({name!r}, {shown}))")
            self.dependencies.append(name)
            return
        head = "def" if kind in ("def", "syncyield") else "async def"
        with self.block(f"{head} {name}({signature}):"):
            self.line(f"LOG.append(({name!r}, {shown}))")
            self.effects(names)
            if fails:
                self.line("raise " + self.rng.choice(("HTTPException(403, 'dep')", "Custom('d')")))
            elif "yield" in kind:
                with self.block("try:"):
                    self.line("yield " + shown)
                if self.maybe(0.6):
                    with self.block("except Exception as error:"):
                        self.line(f"LOG.append(({name!r}, 'saw', type(error).__name__))")
                        self.line(
                            self.rng.choice(("raise", "raise", "raise HTTPException(409)", "pass"))
                        )
                with self.block("finally:"):
                    self.line(f"LOG.append(({name!r}, 'exit'))")
            else:
                self.line(f"return {shown}")
        self.dependencies.append(name)

    def effects(self, names: list[str]) -> None:
        if "response" in names:
            self.line("response.headers['x-set'] = 'yes'")
            if self.maybe(0.4):
                self.line("response.set_cookie('c', 'v')")
            if self.maybe(0.3):
                self.line(f"response.status_code = {self.rng.choice(('201', '204', '404'))}")
        if "tasks" in names:
            self.line("tasks.add_task(LOG.append, 'task')")

    def depends(self, chance: float, *, scoped: bool = True) -> list[str]:
        found: list[str] = []
        while self.dependencies and self.maybe(chance) and len(found) < 3:
            name = self.rng.choice(self.dependencies)
            extra = ""
            if self.maybe(0.15):
                extra += ", use_cache=False"
            if scoped and self.maybe(0.1):
                extra += ", scope='function'"
            call = f"Depends({name}{extra})"
            if self.maybe(0.1):
                call = f"Security({name}, scopes=['a', 'b'])"
            found.append(f"{self.fresh('d')}: Annotated[Any, {call}]")
        return found

    # -- routes ----------------------------------------------------------------------------------

    def path(self) -> tuple[str, list[tuple[str, str]]]:
        parts: list[str] = []
        params: list[tuple[str, str]] = []
        for position in range(self.rng.choice((1, 1, 2, 2, 3))):
            if self.maybe(0.55):
                parts.append(self.rng.choice(("items", "users", "a", "b", "me")))
                continue
            kind = self.rng.choice(("", "", "int", "float", "uuid", "path"))
            name = f"p{position}"
            shape = "{" + name + (f":{kind}" if kind else "") + "}"
            if self.maybe(0.15):
                shape = self.rng.choice(("x-", "a.")) + shape
            parts.append(shape)
            params.append((name, kind))
        slash = "/" if self.maybe(0.15) else ""
        return "/" + "/".join(parts) + slash, params

    def route(self, owner: str, prefix: str) -> None:
        path, params = self.path()
        if self.maybe(0.06):
            self.websocket(owner, prefix, path, params)
            return
        if self.maybe(0.05) and owner != "sub":
            self.starlette_route(owner, prefix, path)
            return
        method = self.rng.choice(("get", "get", "get", "post", "post", "put", "delete"))
        name = self.fresh("view")
        parameters = self.parameters(params, body=method in ("post", "put"))
        parameters += self.depends(0.35)
        names = [one.split(":")[0] for one in parameters]
        returns = self.rng.choice(RETURNS)
        options = self.options(returns, names)
        self.line(f"@{owner}.{method}({path!r}{options})")
        generator = returns == "stream" and self.maybe(0.3) and "response_class" not in options
        head = "def" if self.maybe(0.2) else "async def"
        annotation = self.annotation(returns, options)
        if generator:
            annotation = ""
        with self.block(f"{head} {name}({self.ordered(parameters)}){annotation}:"):
            shown = "{" + ", ".join(f"{n!r}: show({n})" for n in names) + "}"
            self.line(f"LOG.append(({name!r}, {shown}))")
            self.effects(names)
            if generator:
                self.line("yield {'a': 1}")
                self.line("yield {'b': 2}")
            else:
                self.answer(returns, names, shown)
        self.paths.append((prefix + path, method.upper()))

    def options(self, returns: str, names: list[str]) -> str:
        options = ""
        if self.maybe(0.25):
            options += f", status_code={self.rng.choice(STATUSES)}"
        if self.maybe(0.1):
            made = self.rng.choice(("JSONResponse", "HTMLResponse", "PlainTextResponse"))
            options += f", response_class={made}"
        if returns in ("item", "items") and self.maybe(0.3):
            options += ", response_model_exclude_unset=True"
        if self.maybe(0.1) and self.dependencies:
            options += f", dependencies=[Depends({self.rng.choice(self.dependencies)})]"
        if self.maybe(0.03):
            options += ", max_body_size=20"
        if self.maybe(0.1):
            options += ", response_model=None"
        return options

    def annotation(self, returns: str, options: str) -> str:
        bodiless = any(f"status_code={one}" in options for one in ("204", "205", "304"))
        if bodiless or "response_model=None" in options or self.maybe(0.4):
            return ""
        return {
            "item": " -> Item",
            "items": " -> list[Item]",
            "text": self.rng.choice((" -> str", " -> int")),
            "echo": " -> dict[str, Any]",
            "nested": " -> dict[str, list[Item] | Any]",
            "values": " -> Any",
            "json_response": " -> JSONResponse",
            "none": " -> None",
        }.get(returns, "")

    def answer(self, returns: str, names: list[str], shown: str) -> None:
        line = self.line
        if returns == "echo":
            line(f"return {shown}")
        elif returns == "item":
            line(
                self.rng.choice(
                    (
                        "return Item(name='x')",
                        "return {'name': 'x', 'price': 2}",
                        "return {'nope': 1}",
                    )
                )
            )
        elif returns == "items":
            line("return [Item(name='x'), {'name': 'y', 'when': '2020-01-01T00:00:00Z'}]")
        elif returns == "text":
            line("return " + self.rng.choice(("'text'", "7", "'\\u00fc'")))
        elif returns == "none":
            line("return None")
        elif returns == "json_response":
            line("return JSONResponse({'a': 1}, status_code=202, headers={'x-own': '1'})")
        elif returns == "plain_response":
            line("return PlainTextResponse('plain')")
        elif returns == "redirect":
            line("return RedirectResponse('/elsewhere')")
        elif returns == "bytes":
            line("return Response(b'raw', media_type='application/x-raw')")
        elif returns == "stream":
            with self.block("async def chunks():"):
                line("yield b'one'")
                line("yield b'two'")
                if self.maybe(0.3):
                    line("raise " + self.rng.choice(("Custom('late')", "Unhandled('late')")))
            line("return StreamingResponse(chunks())")
        elif returns == "http_error":
            line(
                "raise HTTPException("
                + self.rng.choice(("404", "401, 'no', {'x-h': '1'}", "304", "500, {'a': 1}"))
                + ")"
            )
        elif returns == "custom_error":
            line("raise Custom('c')")
        elif returns == "unhandled":
            line("raise Unhandled('u')")
        elif returns == "values":
            value = self.rng.choice(VALUES)
            line(
                f"return {value}"
                if self.maybe(0.3)
                else f"return {{'v': {value}, 'w': [1.5, {value}]}}"
            )
        elif returns == "cookie_response":
            line("made = JSONResponse({})")
            line("made.set_cookie('k', 'v')")
            line("return made")
        elif returns == "background_response":
            line("from starlette.background import BackgroundTask")
            failing = self.maybe(0.2)
            with self.block("def job():"):
                line("LOG.append('job')")
                if failing:
                    line("raise " + self.rng.choice(("Custom('job')", "Unhandled('job')")))
            line("return JSONResponse({'j': 1}, background=BackgroundTask(job))")
        else:
            line(f"return {{'a': [{{'b': {shown}}}], 'c': (1, 2)}}")

    def starlette_route(self, owner: str, prefix: str, path: str) -> None:
        name = self.fresh("star")
        with self.block(f"async def {name}(request):"):
            self.line("return JSONResponse(seen(request))")
        methods = self.rng.choice(("", ", methods=['GET', 'POST']"))
        self.line(f"{owner}.add_route({path!r}, {name}{methods})")
        self.paths.append((prefix + path, "GET"))

    def websocket(self, owner: str, prefix: str, path: str, params: list[tuple[str, str]]) -> None:
        name = self.fresh("ws")
        extra = [f"{n}: str" for n, _ in params] + [
            one for one in [self.query()] if self.maybe(0.4)
        ]
        extra += self.depends(0.2)
        signature = ", ".join(
            ["websocket: WebSocket", self.ordered(extra)] if extra else ["websocket: WebSocket"]
        )
        self.line(f"@{owner}.websocket({path!r})")
        with self.block(f"async def {name}({signature}):"):
            if self.maybe(0.8):
                self.line("await websocket.accept()")
                self.line("await websocket.send_text('hello')")
                self.line("LOG.append(await websocket.receive_text())")
                self.line("await websocket.close()")
            else:
                self.line("await websocket.close(code=1008)")
        self.websockets.append(prefix + path)

    # -- structure -------------------------------------------------------------------------------

    def router(self, level: int) -> tuple[str, list[tuple[str, str]], list[str]]:
        name = self.fresh("router")
        prefix = self.rng.choice(("", "/r", "/api", f"/{{{name}}}")) if self.maybe(0.6) else ""
        options = f"prefix={prefix!r}"
        if self.maybe(0.2) and self.dependencies:
            options += f", dependencies=[Depends({self.rng.choice(self.dependencies)})]"
        if self.maybe(0.04):
            options += ", route_class=" + self.rng.choice(("Wrapping", "Choosy"))
        if self.maybe(0.08):
            options += ", default_response_class=PlainTextResponse"
        if self.maybe(0.08):
            options += ", form_limits={'max_fields': 1}"
        if self.maybe(0.05):
            options += ", max_body_size=30"
        self.line(f"{name} = Router({options})")
        outer_paths, outer_sockets = self.paths, self.websockets
        self.paths, self.websockets = [], []
        for _ in range(self.rng.randint(1, 4)):
            if level < 2 and self.maybe(0.2):
                self.include(name, "", level + 1)
            else:
                self.route(name, "")
        mine, sockets = self.paths, self.websockets
        self.paths, self.websockets = outer_paths, outer_sockets
        return (
            name,
            [(prefix + one, method) for one, method in mine],
            [prefix + one for one in sockets],
        )

    def include(self, owner: str, prefix: str, level: int) -> None:
        name, paths, sockets = self.router(level)
        at = self.rng.choice(("/v1", "/v2", "/a"))
        options = f"prefix={at!r}"
        if self.maybe(0.2) and self.dependencies:
            options += f", dependencies=[Depends({self.rng.choice(self.dependencies)})]"
        if self.maybe(0.06):
            options += ", default_response_class=HTMLResponse"
        self.line(f"{owner}.include_router({name}, {options})")
        self.paths += [(prefix + at + one, method) for one, method in paths]
        self.websockets += [prefix + at + one for one in sockets]
        if self.maybe(0.1):
            self.line(f"{owner}.include_router({name}, prefix='/twice')")
            self.paths += [(prefix + "/twice" + one, method) for one, method in paths]

    def mount(self) -> None:
        at = self.rng.choice(("/sub", "/sub", "/static", "/static", "/a", "/a", ""))
        kind = self.rng.choice(("app", "raw", "starlette", "host"))
        if kind == "app":
            name = self.fresh("sub")
            self.line(f"{name} = App(openapi_url=None)")
            outer, sockets = self.paths, self.websockets
            self.paths, self.websockets = [], []
            for _ in range(2):
                self.route(name, "")
            self.line(f"app.mount({at!r}, {name})")
            self.paths = outer + [(at + one, method) for one, method in self.paths]
            self.websockets = sockets + [at + one for one in self.websockets]
        elif kind == "raw":
            self.line(f"app.mount({at!r}, raw_asgi)")
            self.paths += [(at + "/x", "GET"), (at + "/", "POST"), (at, "GET")]
        elif kind == "starlette":
            name = self.fresh("star")
            with self.block(f"async def {name}(request):"):
                self.line("return PlainTextResponse(str(request.path_params))")
            self.line(f"app.mount({at!r}, StarletteRouter(routes=[Route('/s/{{x}}', {name})]))")
            self.paths += [(at + "/s/1", "GET")]
        else:
            self.line("app.host('other.example', raw_asgi)")

    def application(self) -> str:
        options = ["openapi_url=None"] if self.maybe(0.7) else []
        for text, chance in (
            ("debug=True", 0.05),
            ("redirect_slashes=False", 0.1),
            ("max_body_size=60", 0.04),
            ("form_limits={'max_fields': 2}", 0.08),
            ("strict_content_type=False", 0.15),
            ("default_response_class=PlainTextResponse", 0.03),
        ):
            if self.maybe(chance):
                options.append(text)
        for _ in range(self.rng.randint(0, 5)):
            self.dependency()
        if self.maybe(0.1) and self.dependencies:
            options.append(f"dependencies=[Depends({self.rng.choice(self.dependencies)})]")
        self.line(f"app = App({', '.join(options)})")
        for _ in range(self.rng.randint(2, 7)):
            chosen = self.rng.random()
            if chosen < 0.2:
                self.include("app", "", 0)
            elif chosen < 0.26:
                self.mount()
            else:
                self.route("app", "")
        self.handlers()
        self.middleware()
        self.changes()
        return PRELUDE + SHOW + "\n".join(self.lines) + "\n"

    def changes(self) -> None:
        """Write what happens to the application between two requests."""
        routers = [
            f"router{n}" for n in range(self.serial + 1) if f"router{n} = " in "\n".join(self.lines)
        ]
        owners = ["app.router", *routers]
        with self.block("def change(step):"):
            self.line("LOG.append(('change', step))")
            for step in range(3):
                with self.block(f"if step == {step}:"):
                    self.change(self.rng.choice(owners))

    def change(self, owner: str) -> None:
        chosen = self.rng.randint(0, 8)
        if chosen == 0 and self.dependencies:
            name = self.rng.choice(self.dependencies)
            self.line(f"app.dependency_overrides[{name}] = lambda: 'overridden'")
        elif chosen == 1:
            self.line("app.dependency_overrides.clear()")
        elif chosen == 2:
            with self.block("if app.router.routes:"):
                self.line("app.router.routes.insert(0, app.router.routes.pop())")
        elif chosen == 3:
            with self.block("if app.router.routes:"):
                self.line("del app.router.routes[0]")
        elif chosen == 4:
            self.line("app.mount('/sub', raw_asgi)")
        elif chosen == 5:
            path, params = self.path()
            self.line(f"@{owner}.get({path!r})")
            with self.block(f"async def added({self.ordered([f'{n}: str' for n, _ in params])}):"):
                self.line("return 'added'")
            self.paths.append((path, "GET"))
        elif chosen == 6:
            self.line("app.router.routes = list(reversed(app.router.routes))")
        elif chosen == 7:
            self.line("late = Router(prefix='/late')")
            self.line("late.get('/{x}')(lambda x: {'late': x})")
            self.line(f"{owner}.include_router(late)")
            self.paths.append(("/late/{x}", "GET"))
        else:
            self.line("app.router.redirect_slashes = not app.router.redirect_slashes")

    def handlers(self) -> None:
        if self.maybe(0.5):
            self.line("@app.exception_handler(Custom)")
            with self.block("async def on_custom(request, error):"):
                self.line("return JSONResponse({'custom': str(error)}, status_code=418)")
        if self.maybe(0.15):
            self.line("@app.exception_handler(RequestValidationError)")
            with self.block("async def on_invalid(request, error):"):
                self.line("body = await request.body()")
                self.line("text = repr((error.errors(), error.body, body))")
                self.line("return PlainTextResponse(text, status_code=400)")
        if self.maybe(0.1):
            self.line("@app.exception_handler(404)")
            with self.block("def on_404(request, error):"):
                self.line("return PlainTextResponse('lost ' + request.url.path, status_code=404)")
        if self.maybe(0.1):
            self.line("@app.exception_handler(HTTPException)")
            with self.block("async def on_http(request, error):"):
                self.line("return JSONResponse({'h': error.status_code}, error.status_code)")
        if self.maybe(0.1):
            self.line("@app.exception_handler(Exception)")
            with self.block("async def on_error(request, error):"):
                self.line("return PlainTextResponse('oops', status_code=500)")

    def middleware(self) -> None:
        for number in range(self.rng.choice((0, 0, 0, 1, 2))):
            chosen = self.rng.random()
            if chosen < 0.6:
                self.line(f"app.add_middleware(AsgiMiddleware, name='m{number}')")
            elif chosen < 0.8:
                self.line("app.add_middleware(GZipMiddleware, minimum_size=10)")
            else:
                self.line("@app.middleware('http')")
                with self.block(f"async def around{number}(request, call_next):"):
                    self.line("LOG.append('around')")
                    self.line("response = await call_next(request)")
                    self.line("response.headers['x-around'] = '1'")
                    self.line("return response")


SHOW = """
def show(value):
    if isinstance(value, Request):
        return seen(value)
    if isinstance(value, (HTTPConnection, Response, BackgroundTasks)):
        return type(value).__name__
    if isinstance(value, SecurityScopes):
        return value.scopes
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (datetime.date, uuid.UUID)):
        return str(value)
    if value is None or isinstance(value, (str, int, float, list, tuple, dict)):
        return value
    return type(value).__name__

"""
