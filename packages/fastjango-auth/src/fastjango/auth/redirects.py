"""The way to the login page and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fastjango.auth.logins import REDIRECT_FIELD_NAME
from fastjango.core import settings
from fastjango.http.querydict import QueryDict
from fastjango.http.response import HttpResponseRedirect
from fastjango.http.shortcuts import resolve_url

__all__ = ["login_redirect", "redirect_to_login"]


def _resolved(login_url: Any) -> str:
    """Return the URL of the login page; a path is none of the names that a URLconf is asked for."""
    text = str(login_url)
    if text.startswith("/") or "://" in text:
        return text
    return str(resolve_url(login_url))


def redirect_to_login(
    next: str, login_url: Any = None, redirect_field_name: str | None = REDIRECT_FIELD_NAME
) -> HttpResponseRedirect:
    """Return a redirect to the login page that leads back afterwards.

    Args:
        next: Where to lead back to.
        login_url: Path or URL name of the login page; `LOGIN_URL` by default.
        redirect_field_name: Query parameter that takes `next`; without one it is left out.
    """
    parts = list(urlsplit(_resolved(login_url or settings.LOGIN_URL)))
    if redirect_field_name:
        query = QueryDict(parts[3], mutable=True)
        query[redirect_field_name] = next
        parts[3] = query.urlencode(safe="/")
    return HttpResponseRedirect(urlunsplit(parts))


def login_redirect(
    request: Any, login_url: Any, redirect_field_name: str | None
) -> HttpResponseRedirect:
    """Return a redirect to the login page that leads back to the page of a request.

    A login page on another host is given the whole URL, one of this site the path.
    """
    target = _resolved(login_url)
    here: str = request.build_absolute_uri()
    scheme, netloc = urlsplit(target)[:2]
    here_scheme, here_netloc = urlsplit(here)[:2]
    if (not scheme or scheme == here_scheme) and (not netloc or netloc == here_netloc):
        here = request.get_full_path()
    return redirect_to_login(here, target, redirect_field_name)
