"""Middleware and view of the plugin."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastjango.core import apps, settings
from fastjango.http import HttpRequest, JsonResponse

Message = MutableMapping[str, Any]


class AcmeMiddleware:
    """Plain ASGI middleware that marks every response."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Add the header `X-Acme`."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-acme", b"1")]
            await send(message)

        await self.app(scope, receive, marked)


def status(request: HttpRequest) -> JsonResponse:
    """Show what the plugin knows."""
    return JsonResponse(
        {
            "slogan": settings.ACME_SLOGAN,
            "limit": settings.ACME_LIMIT,
            "alive": apps.get_app_config("acme").alive,
        }
    )
