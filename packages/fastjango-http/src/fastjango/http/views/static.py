"""Serving files of a folder; for development, as a web server does it better."""

from __future__ import annotations

import mimetypes
import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import gettext as _
from fastjango.http.exceptions import Http404
from fastjango.http.rendering import get_renderer, tell_plain_page
from fastjango.http.response import HttpResponse, HttpResponseBase, HttpResponseNotModified
from fastjango.http.streaming import FileResponse
from fastjango.values.html import escape
from fastjango.values.http import http_date, parse_http_date

__all__ = ["directory_index", "serve", "static", "was_modified_since"]

INDEX_TEMPLATES = ["static/directory_index.html", "static/directory_index"]


def serve(
    request: Any, path: str, document_root: Any = None, show_indexes: bool = False
) -> HttpResponseBase:
    """Answer with a file below a folder.

    Args:
        request: The request; If-Modified-Since and Range are honoured.
        path: The file's path below the folder.
        document_root: The folder.
        show_indexes: Whether folders are listed.

    Raises:
        Http404: There is no such file, the path leads out of the folder, or it is a folder.
    """
    relative = posixpath.normpath(path).lstrip("/")
    full_path = _join(document_root, relative)
    if full_path.is_dir():
        if show_indexes:
            return directory_index(relative, full_path)
        raise Http404(_("Directory indexes are not allowed here."))
    if not full_path.is_file():
        raise Http404(_("“%(path)s” does not exist") % {"path": full_path})
    stat = full_path.stat()
    if not was_modified_since(request.META.get("HTTP_IF_MODIFIED_SINCE"), stat.st_mtime):
        return HttpResponseNotModified()
    content_type, encoding = mimetypes.guess_type(str(full_path))
    response = FileResponse(
        full_path.open("rb"), content_type=content_type or "application/octet-stream"
    )
    response.headers["Last-Modified"] = http_date(stat.st_mtime)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def _join(document_root: Any, relative: str) -> Path:
    """Return the path below a folder.

    Raises:
        Http404: It leads out of the folder, through `..`, a link or a NUL.
    """
    if document_root is None:
        raise ImproperlyConfigured("serve() needs a 'document_root': the folder to serve.")
    root = Path(document_root).absolute()
    try:
        full_path = (root / relative).absolute()
        resolved = full_path.resolve()
        # Names that no file can have are refused here, not by the calls that follow.
        full_path.is_dir()
    except (ValueError, OSError):
        raise Http404(_("“%(path)s” does not exist") % {"path": relative}) from None
    if ".." in Path(relative).parts or not resolved.is_relative_to(root.resolve()):
        raise Http404(_("“%(path)s” does not exist") % {"path": relative})
    return full_path


def directory_index(path: str, fullpath: Path) -> HttpResponse:
    """Answer with a list of a folder's files, without hidden ones.

    The template `static/directory_index.html` renders it if there is one, with `directory` and
    `file_list`.

    Args:
        path: The folder's path as the client knows it.
        fullpath: The folder.
    """
    files = sorted(
        f"{found.name}/" if found.is_dir() else found.name
        for found in fullpath.iterdir()
        if not found.name.startswith(".")
    )
    context = {"directory": path + "/", "file_list": files}
    renderer = get_renderer()
    if renderer is not None:
        try:
            return HttpResponse(renderer.render_to_string(INDEX_TEMPLATES, context))
        except renderer.not_found:
            pass
    tell_plain_page(context)
    title = escape(_("Index of %(directory)s") % context)
    parent = [] if path in ("", ".") else ['<li><a href="../">../</a></li>']
    links = [f'<li><a href="{quote(name)}">{escape(name)}</a></li>' for name in files]
    items = "\n    ".join(parent + links)
    return HttpResponse(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="robots" content="NONE,NOARCHIVE">
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1>
  <ul>
    {items}
  </ul>
</body>
</html>
"""
    )


def was_modified_since(header: str | None = None, mtime: float = 0) -> bool:
    """Whether a file has changed since the client got it.

    Args:
        header: The If-Modified-Since header; without one, or with a bad one, the answer is yes.
        mtime: The file's modification time in seconds since the epoch.
    """
    if header is None:
        return True
    try:
        return int(mtime) > parse_http_date(header)
    except (ValueError, OverflowError):
        return True


def static(prefix: str, view: Any = serve, **kwargs: Any) -> list[Any]:
    """Return a pattern that serves files while `DEBUG` is on, for adding to `urlpatterns`.

    Args:
        prefix: The path, usually `settings.MEDIA_URL`; for a URL with a host nothing is returned.
        view: The view to call.
        kwargs: Its arguments, such as `document_root`.

    Raises:
        ImproperlyConfigured: The prefix is empty.
    """
    from fastjango.http.urls import re_path

    if not prefix:
        raise ImproperlyConfigured("Empty static prefix not permitted")
    if not settings.DEBUG or urlsplit(prefix).netloc:
        return []
    return [
        re_path(rf"^{re.escape(prefix.lstrip('/'))}(?P<path>.*)$", view, kwargs=kwargs),
    ]
