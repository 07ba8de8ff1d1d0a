"""FastJango: the user of the session in views, and by FastAPI's `Depends`."""

from __future__ import annotations

from typing import Annotated, Any

import our_settings  # noqa: F401 - settings come first
from fastapi import Depends
from fastjango.auth.dependencies import require_user
from fastjango.auth.models import User
from fastjango.core import settings
from fastjango.http import FastJango, JsonResponse, path
from shared import MESSAGE, shown

DENSE = {"separators": (",", ":")}


async def free(request: Any) -> JsonResponse:
    """Ask for nobody."""
    return JsonResponse(MESSAGE, json_dumps_params=DENSE)


async def row(request: Any) -> JsonResponse:
    """Ask for nobody, and read a row."""
    user = await User.objects.aget(username="user50")
    return JsonResponse(shown(user), json_dumps_params=DENSE)


async def me(request: Any) -> JsonResponse:
    """Ask for the user of the session."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse({"detail": "Log in first."}, status=401)
    return JsonResponse(shown(user), json_dumps_params=DENSE)


app = FastJango(
    openapi_url=None,
    urlpatterns=[path("free", free), path("row", row), path("me", me)],
    django_middleware=settings.MIDDLEWARE,
)


@app.get("/api/row")
async def api_row() -> Any:
    """Ask for nobody, and read a row."""
    return shown(await User.objects.aget(username="user50"))


@app.get("/api/me")
async def api_me(user: Annotated[Any, Depends(require_user)]) -> Any:
    """Ask for the user of the session."""
    return shown(user)
