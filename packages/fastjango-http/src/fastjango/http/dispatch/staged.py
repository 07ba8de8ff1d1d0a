"""Runs a compiled endpoint inside FastAPI's exit stacks, for dependencies with `yield`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import CodeType

import fastapi.routing
from fastapi.exceptions import FastAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .mirror import wrap_app_handling_exceptions
from .target import Reply

__all__ = ["StagedRun", "stage"]

StagedRun = Callable[[Request, Scope, Receive, Send], Awaitable["Reply | Response"]]


def _not_awaited_text(code: CodeType) -> str:
    """Return FastAPI's own words for a dependency that swallowed an exception."""
    for constant in code.co_consts:
        if isinstance(constant, str) and constant.startswith("Response not awaited"):
            return constant
        if isinstance(constant, CodeType) and (text := _not_awaited_text(constant)):
            return text
    return ""


_NOT_AWAITED = _not_awaited_text(fastapi.routing.request_response.__code__)


def stage(run: StagedRun, request_class: type[Request]) -> ASGIApp:
    """Return the route application around a compiled endpoint that needs exit stacks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = request_class(scope, receive, send)

        async def staged(scope: Scope, receive: Receive, send: Send) -> None:
            answered = False
            async with AsyncExitStack() as request_stack:
                scope["fastapi_inner_astack"] = request_stack
                async with AsyncExitStack() as function_stack:
                    scope["fastapi_function_astack"] = function_stack
                    reply = await run(request, scope, receive, send)
                if isinstance(reply, tuple):
                    status, headers, body, background = reply
                    await send(
                        {"type": "http.response.start", "status": status, "headers": headers}
                    )
                    await send({"type": "http.response.body", "body": body})
                    if background is not None:
                        await background()
                else:
                    await reply(scope, receive, send)
                answered = True
            if not answered:
                raise FastAPIError(_NOT_AWAITED)

        await wrap_app_handling_exceptions(staged, request)(scope, receive, send)

    return app
