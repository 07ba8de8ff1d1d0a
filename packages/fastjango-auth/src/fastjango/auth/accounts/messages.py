"""The messages that flows send, and the links in them."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastjango.auth._edges import Steps, call
from fastjango.auth.sites import request_site
from fastjango.core import settings
from fastjango.http.urls import reverse
from fastjango.mail import EmailMessage
from fastjango.templates import loader

__all__ = ["Place", "link", "place_of", "send"]


class Place(NamedTuple):
    """Where a request came in, for links that are made after its response."""

    root: str
    site_name: str


def place_of(request: Any) -> Place:
    """Return the place of a request.

    Raises:
        SuspiciousOperation: Its host is not in `ALLOWED_HOSTS`.
    """
    return Place(request.build_absolute_uri("/").rstrip("/"), request_site(request).name)


def link(place: Place, kind: str, **parts: str) -> str:
    """Return a link for a message."""
    if kind in settings.ACCOUNTS_LINKS:
        return str(settings.ACCOUNTS_LINKS[kind].format(**parts))
    if kind == "reset":
        path = reverse("account_reset_confirm", args=[parts["uid"], parts["token"]])
    elif kind == "login":
        path = reverse("account_login")
    else:
        path = reverse(f"account_{kind}_confirm", args=[parts["token"]])
    return place.root + path


def send(to: str, name: str, place: Place, **context: Any) -> Steps[None]:
    """Send the message of a template: its first line is the subject."""
    values = {"site_name": place.site_name, **context}
    text: str = yield call(loader, "render_to_string", f"accounts/email/{name}.txt", values)
    subject, _, body = text.strip().partition("\n")
    message = EmailMessage(
        subject.strip(), body.lstrip(), settings.ACCOUNTS_FROM_EMAIL, [to],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    yield call(message, "send")
