"""A site with accounts, a form, a path operation and a WebSocket behind CSRF checks.

Run by the tests in a process of its own: `csrf_site.py PORT FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fastjango.core import settings, setup

FOLDER = Path(sys.argv[2])
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><form method="post">{{% csrf_token %}}{fields}<button>Send</button></form></main>
</body></html>"""
(FOLDER / "registration").mkdir(exist_ok=True)
(FOLDER / "transfer.html").write_text(
    PAGE.format(title="Transfer", fields='<input name="amount" value="1">'), encoding="utf-8"
)
(FOLDER / "registration" / "login.html").write_text(
    PAGE.format(title="Log in", fields="{{ form }}"), encoding="utf-8"
)
settings.configure(
    DEBUG=True,
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=[
        "fastjango.http",
        "fastjango.templates",
        "fastjango.orm",
        "fastjango.contenttypes",
        "fastjango.sessions",
        "fastjango.forms",
        "fastjango.auth",
    ],
    MIDDLEWARE=[
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.http.middleware.csrf.CsrfViewMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "fastjango.orm.backends.sqlite3", "NAME": FOLDER / "db"}},
    TEMPLATES=[{"BACKEND": "fastjango.templates.backends.Jinja2", "DIRS": [FOLDER]}],
    PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
    LOGIN_REDIRECT_URL="/me/",
    ROOT_URLCONF="__main__",
)
setup()

import uvicorn  # noqa: E402  # after the settings
from fastapi import WebSocket  # noqa: E402
from fastjango.auth import get_user_model  # noqa: E402
from fastjango.auth.views import LoginView  # noqa: E402
from fastjango.core.management import call_command  # noqa: E402
from fastjango.http import HttpRequest, HttpResponse, get_asgi_application, path  # noqa: E402
from fastjango.http.shortcuts import render  # noqa: E402
from fastjango.http.views.api import operation  # noqa: E402

moved: list[str] = []


def transfer(request: HttpRequest) -> HttpResponse:
    """Move money, in whoever's name the session is."""
    if request.method == "POST":
        moved.append(f"form:{request.user}")
        return HttpResponse("<h1>Moved</h1>")
    return render(request, "transfer.html")


@operation(methods=["POST"])
async def api(request: HttpRequest) -> dict[str, str]:
    """Do the same as a path operation."""
    user = await request.auser()
    moved.append(f"api:{user}")
    return {"moved": str(user)}


async def me(request: HttpRequest) -> HttpResponse:
    """Say who is logged in."""
    return HttpResponse(f"<h1>{(await request.auser()).get_username() or 'nobody'}</h1>")


def counted(request: HttpRequest) -> HttpResponse:
    """Say what was moved."""
    return HttpResponse(",".join(moved) or "nothing")


async def talk(websocket: WebSocket) -> None:
    """Answer over a WebSocket."""
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


urlpatterns: list[Any] = [
    path("transfer/", transfer),
    path("api/", api),
    path("me/", me),
    path("moved/", counted),
    path("login/", LoginView.as_view()),
    path("talk/", talk),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for name in ("ada", "mallory"):
        get_user_model().objects.create_user(name, password=f"of-{name}")
    uvicorn.run(
        get_asgi_application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning"
    )
