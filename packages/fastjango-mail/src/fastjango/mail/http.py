"""What mail does for the web layer: a message to the managers about a broken link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from fastjango.core.conf import settings
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.mail.exceptions import MailerDoesNotExist
from fastjango.mail.mailers import mailers
from fastjango.mail.sending import mail_managers

__all__ = ["BrokenLinkEmailsMiddleware"]


class BrokenLinkEmailsMiddleware(MiddlewareMixin):
    """Mails `MANAGERS` when a page is missing that some other page links to.

    It is silent while `DEBUG` is on, for paths of `IGNORABLE_404_URLS`, and where the referrer
    looks like a search engine or a robot. Put it first in `MIDDLEWARE`, to see every answer. The
    message is sent before the answer is; around asynchronous views in a thread.

    Attributes:
        using: A name in `MAILERS`; the default mailer if `None`.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.common
    """

    using: str | None = None

    def process_response(self, request: Any, response: Any) -> Any:
        """Send the message where it is due; return the response unchanged."""
        if response.status_code != 404 or settings.DEBUG:
            return response
        domain, path = request.get_host(), request.get_full_path()
        referer = request.META.get("HTTP_REFERER", "")
        if self.is_ignorable_request(request, path, domain, referer):
            return response
        kind = "INTERNAL " if self.is_internal_request(domain, referer) else ""
        agent = request.META.get("HTTP_USER_AGENT", "<none>")
        address = request.META.get("REMOTE_ADDR", "<none>")
        self.send_mail(
            f"Broken {kind}link on {domain}",
            f"Referrer: {referer}\nRequested URL: {path}\nUser agent: {agent}\n"
            f"IP address: {address}\n",
        )
        return response

    def send_mail(self, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        """Send a message to the managers; a mailer that does not exist sends nothing."""
        if not mailers.is_configured:
            mail_managers(subject, message, *args, fail_silently=True, **kwargs)
            return
        try:
            mail_managers(subject, message, *args, using=self.using, **kwargs)
        except MailerDoesNotExist:
            pass

    def is_internal_request(self, domain: str, referer: str) -> bool:
        """Whether the referrer is a page of the same host; another subdomain is another host."""
        return re.match(rf"https?://{re.escape(domain)}/", referer) is not None

    def is_ignorable_request(self, request: Any, uri: str, domain: str, referer: str) -> bool:
        """Whether nobody has to hear of a missing page.

        Args:
            request: The request.
            uri: Its path with the query.
            domain: The host that it was for.
            referer: The page with the link.
        """
        if not referer:
            return True
        if settings.APPEND_SLASH and uri.endswith("/") and referer == uri[:-1]:
            return True  # our own redirect to the path with a slash
        if "?" in referer and not self.is_internal_request(domain, referer):
            return True  # a search engine's page of results
        try:
            origin = urlsplit(referer)
        except ValueError:
            return True  # no page has such an address
        if origin.netloc in ("", domain) and origin.path == uri:
            return True  # a robot that gives the page itself as the referrer
        return any(pattern.search(uri) for pattern in settings.IGNORABLE_404_URLS)
