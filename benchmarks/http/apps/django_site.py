"""The peers "django-sync" (gunicorn) and "django-async" (uvicorn)."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from shapes import MESSAGE, MIDDLEWARE, NESTED, PER_ROUTER, ROUTES, TEXT, Item

ASYNC = os.environ.get("BENCH_ASYNC") == "1"


def either(view):
    """Return the view as the kind that is measured."""
    if not ASYNC:
        return view

    async def wrapped(request, **kwargs):
        return view(request, **kwargs)

    return wrapped


def json(request):
    """Return a small object."""
    return JsonResponse(MESSAGE)


def plain(request):
    """Return a small text."""
    return HttpResponse(TEXT, content_type="text/plain")


def echo(request):
    """Validate a body and give it back."""
    item = Item.model_validate_json(request.body)
    return HttpResponse(item.model_dump_json(), content_type="application/json")


def dependency(request):
    """Return a header."""
    return JsonResponse({"token": request.headers.get("x-token")})


def show(request, n):
    """Return a path parameter."""
    return JsonResponse({"n": n})


settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECURE_CONTENT_TYPE_NOSNIFF=True,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.middleware.gzip.GZipMiddleware",
    ]
    if MIDDLEWARE
    else [],
)
django.setup()
urlpatterns = [
    path("json", either(json)),
    path("plain", either(plain)),
    path("echo", csrf_exempt(either(echo))),
    path("dependency", either(dependency)),
]
if NESTED:
    for start in range(0, ROUTES, PER_ROUTER):
        inner = [
            path(f"r{number}/item/<int:n>", either(show))
            for number in range(start, start + PER_ROUTER)
        ]
        urlpatterns.append(path(f"out{start}/in/", include(inner)))
else:
    urlpatterns += [path(f"r{number}/item/<int:n>", either(show)) for number in range(ROUTES)]
asgi = get_asgi_application()
wsgi = get_wsgi_application()
