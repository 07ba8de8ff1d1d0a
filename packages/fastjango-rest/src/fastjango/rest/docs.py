"""Swagger UI and ReDoc from files of this distribution: nothing is fetched from elsewhere.

Where the application has an OpenAPI document, `/docs` and `/redoc` show it. Swagger UI 5.35.0
(Apache-2.0) and ReDoc 2.5.4 (MIT) are in `static/rest/docs`, with their licences.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastjango.http.exceptions import Http404
from fastjango.http.response import HttpResponse
from fastjango.http.streaming import FileResponse
from fastjango.http.urls import get_script_prefix, path
from fastjango.values.html import escape

__all__ = ["asset", "docs_patterns", "redoc", "swagger_ui"]

FOLDER = Path(__file__).parent / "static" / "rest" / "docs"
_TYPES = {
    "init.js": "text/javascript",
    "redoc.standalone.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
_MAX_AGE = 24 * 60 * 60  # seconds
# Both put style elements into the page; scripts come from files alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{head}
</head>
<body>
<div id="{name}" data-url="{url}"></div>
<noscript>This page needs JavaScript. The description is at <a href="{url}">{url}</a>.</noscript>
<script src="{bundle}"></script>
<script src="{init}"></script>
</body>
</html>
"""


def _page(request: Any, name: str, bundle: str, head: str) -> HttpResponse:
    app = request.scope.get("app")
    if getattr(app, "openapi_url", None) is None:
        raise Http404("This site publishes no description of its API.")
    content = _PAGE.format(
        title=escape(app.title),
        head=head,
        name=name,
        url=escape(request.scope.get("root_path", "") + app.openapi_url),
        bundle=escape(_address(bundle)),
        init=escape(_address("init.js")),
    )
    return HttpResponse(content, headers={"Content-Security-Policy": POLICY})


def _address(name: str) -> str:
    # Plugins' routes lie at the root of the site.
    return f"{get_script_prefix()}docs/assets/{name}"


async def swagger_ui(request: Any) -> HttpResponse:
    """Show the API in Swagger UI."""
    head = f'<link rel="stylesheet" href="{escape(_address("swagger-ui.css"))}">'
    return _page(request, "swagger-ui", "swagger-ui-bundle.js", head)


async def redoc(request: Any) -> HttpResponse:
    """Show the API in ReDoc."""
    return _page(request, "redoc", "redoc.standalone.js", "")


async def asset(request: Any, name: str) -> Any:
    """Send one of the files."""
    if name not in _TYPES:
        raise Http404(f"There is no file {name!r}.")
    response = FileResponse((FOLDER / name).open("rb"), content_type=_TYPES[name])
    response["Cache-Control"] = f"public, max-age={_MAX_AGE}"
    return response


def docs_patterns() -> list[Any]:
    """Return the patterns of both pages and their files."""
    views: tuple[Any, ...] = (swagger_ui, redoc, asset)
    for view in views:
        # Shown to whoever may see the document itself.
        view.login_required = False
    return [
        path("docs", swagger_ui, name="rest-docs"),
        path("redoc", redoc, name="rest-redoc"),
        path("docs/assets/<str:name>", asset, name="rest-docs-asset"),
    ]
