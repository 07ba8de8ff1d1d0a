"""Static files during development: those of each app's `static/` folder and `STATICFILES_DIRS`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastjango.core import apps, settings
from fastjango.http.exceptions import Http404
from fastjango.http.response import HttpResponseBase

__all__ = ["STATICFILES_STORAGE_ALIAS", "find", "serve", "static_dirs", "staticfiles_urlpatterns"]

STATICFILES_STORAGE_ALIAS = "staticfiles"
"""The alias in `STORAGES` of what keeps static files."""

_OTHERS = ("fastjango.files", "fastjango.staticfiles")
"""Apps that serve static files themselves."""


def static_dirs() -> Iterator[Path]:
    """Yield the folders of static files: `STATICFILES_DIRS`, then those of the apps."""
    for entry in settings.STATICFILES_DIRS:
        yield Path(entry[1] if isinstance(entry, (list, tuple)) else entry)  # pyright: ignore
    for config in apps.get_app_configs():
        folder = Path(config.path, "static")
        if folder.is_dir():
            yield folder


def find(path: str) -> Path | None:
    """Return the folder that has a static file, `None` if none has it."""
    relative = posixpath.normpath(path).lstrip("/")
    if "\0" in relative or ".." in relative.split("/"):
        return None
    return next((folder for folder in static_dirs() if (folder / relative).is_file()), None)


def serve(request: Any, path: str) -> HttpResponseBase:
    """Answer with a static file, while `DEBUG` is on.

    Args:
        request: The request; If-Modified-Since and Range are honoured.
        path: The file's path below the folders of static files.

    Raises:
        Http404: There is no such file, or `DEBUG` is off.
    """
    from fastjango.http.views.static import serve as serve_file

    folder = find(path) if settings.DEBUG else None
    if folder is None:
        raise Http404(f"'{path}' could not be found")
    return serve_file(request, path, document_root=folder)


def staticfiles_urlpatterns(prefix: str | None = None) -> list[Any]:
    """Return the pattern that serves static files while `DEBUG` is on.

    Args:
        prefix: The path below which they are served, `STATIC_URL` if `None`.

    Returns:
        One pattern; none if `DEBUG` is off, `STATIC_URL` is not set or names another host, or an
        app serves static files itself.
    """
    prefix = settings.STATIC_URL if prefix is None else prefix
    if not settings.DEBUG or not prefix or urlsplit(prefix).netloc:
        return []
    if any(apps.is_installed(other) for other in _OTHERS):
        return []
    from fastjango.http.urls import re_path

    pattern = rf"^{re.escape(prefix.strip('/'))}/(?P<path>.*)$"
    return [re_path(pattern, serve, name="static-files")]
