"""The form that mails links for new passwords: whom it means, what it writes, how it sends."""

# Forms collect their fields from the class body, which no checker sees.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

import fastjango.forms as forms
from fastjango.auth._edges import Steps, arun, call, pair, run
from fastjango.auth.authentication import get_user_model
from fastjango.auth.sites import request_site
from fastjango.auth.tokens import default_token_generator
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import calls_twin
from fastjango.http.aio import run_in_thread
from fastjango.mail import EmailMultiAlternatives
from fastjango.templates import loader
from fastjango.values.http import urlsafe_base64_encode

__all__ = ["PasswordResetForm"]

logger = logging.getLogger("fastjango.auth")


def _same_address(first: str, second: str) -> bool:
    """Compare two identifiers as UTR 36, section 2.11.2(B)(2), does."""
    return _folded(first) == _folded(second)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class _Links(NamedTuple):
    """What the links of one request have in common."""

    domain: str | None  # None: it was not told, which matters to those who get a link
    site_name: str | None
    protocol: str
    token_generator: Any
    extra: dict[str, Any]

    @classmethod
    def of(
        cls,
        domain_override: str | None,
        request: Any,
        use_https: bool,
        token_generator: Any,
        extra: dict[str, Any] | None,
    ) -> _Links:
        """Find out where links lead, before it is known whether anybody gets one."""
        if domain_override or request is None:
            site_name = domain = domain_override or None
        else:
            site = request_site(request)
            site_name, domain = site.name, site.domain
        protocol = "https" if use_https else "http"
        return cls(domain, site_name, protocol, token_generator, extra or {})

    def context(self, user: Any) -> dict[str, Any]:
        """Return what the templates of a user's mail know."""
        if self.domain is None:
            raise TypeError("PasswordResetForm.save() needs a request or a domain_override.")
        key = user._meta.pk.value_to_string(user)
        return {
            "email": getattr(user, user.get_email_field_name()),
            "domain": self.domain,
            "site_name": self.site_name,
            "uid": urlsafe_base64_encode(str(key).encode()),
            "user": user,
            "token": self.token_generator.make_token(user),
            "protocol": self.protocol,
            **self.extra,
        }


class _Mails(NamedTuple):
    """What the mails of one request have in common."""

    subject_template_name: str
    email_template_name: str
    from_email: str | None
    html_email_template_name: str | None

    def message(self, context: dict[str, Any], to_email: str) -> EmailMultiAlternatives:
        """Return a mail."""
        subject = loader.render_to_string(self.subject_template_name, context)
        # A header has one line.
        subject = "".join(subject.splitlines())
        body = loader.render_to_string(self.email_template_name, context)
        message = EmailMultiAlternatives(subject, body, self.from_email, [to_email])
        if self.html_email_template_name is not None:
            html = loader.render_to_string(self.html_email_template_name, context)
            message.attach_alternative(html, "text/html")
        return message

    def send_steps(self, context: dict[str, Any], to_email: str) -> Steps[None]:
        """Send a mail; an error of it is logged."""
        message = self.message(context, to_email)
        try:
            yield call(message, "send")
        except Exception:
            logger.exception("Failed to send password reset email to %s", context["user"].pk)


class PasswordResetForm(forms.Form):
    """Takes an address, and mails a link for a new password to its users."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Send the mail; an error is logged, as the client must not see that there is a user."""
        mails = _Mails(
            subject_template_name, email_template_name, from_email, html_email_template_name
        )
        run(mails.send_steps(context, to_email))

    async def asend_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Do what `send_mail` does."""
        mails = _Mails(
            subject_template_name, email_template_name, from_email, html_email_template_name
        )
        await arun(mails.send_steps(context, to_email))

    def _candidates(self, email: str) -> Any:
        model = get_user_model()
        field = model.get_email_field_name()
        condition = {f"{field}__iexact": email, "is_active": True}
        return model._default_manager.filter(**condition)

    def _is_meant(self, user: Any, email: str) -> bool:
        # Databases compare in ways that take different addresses for one.
        address = getattr(user, user.get_email_field_name())
        return bool(user.has_usable_password()) and _same_address(email, address)

    def get_users(self, email: str) -> Iterable[Any]:
        """Return who gets a link: active users with a password and this address."""
        return (user for user in self._candidates(email) if self._is_meant(user, email))

    @calls_twin
    async def aget_users(self, email: str) -> list[Any]:
        """Do what `get_users` does; an override of that alone runs in a worker thread."""
        if type(self).get_users is not PasswordResetForm.get_users:
            return await run_in_thread(lambda: list(self.get_users(email)))
        return [user async for user in self._candidates(email) if self._is_meant(user, email)]

    def _save_steps(self, links: _Links, mails: _Mails) -> Steps[None]:
        email = self.cleaned_data["email"]
        users = yield pair(self.get_users, self.aget_users, email)
        for user in users:
            context = links.context(user)
            yield call(
                self,
                "send_mail",
                mails.subject_template_name,
                mails.email_template_name,
                context,
                mails.from_email,
                context["email"],
                html_email_template_name=mails.html_email_template_name,
            )

    def save(
        self,
        domain_override: str | None = None,
        subject_template_name: str = "registration/password_reset_subject.txt",
        email_template_name: str = "registration/password_reset_email.html",
        use_https: bool = False,
        token_generator: Any = default_token_generator,
        from_email: str | None = None,
        request: Any = None,
        html_email_template_name: str | None = None,
        extra_email_context: dict[str, Any] | None = None,
    ) -> None:
        """Mail a link that is good once to each user of the address.

        Args:
            domain_override: Host of the link, instead of the request's.
            use_https: Whether the link begins with `https`.
            token_generator: Makes the token of the link.
            extra_email_context: What the templates know besides.

        Raises:
            DisallowedHost: The request's host is needed and not allowed.
            TypeError: There is neither a request nor a domain.
        """
        links = _Links.of(domain_override, request, use_https, token_generator, extra_email_context)
        mails = _Mails(
            subject_template_name, email_template_name, from_email, html_email_template_name
        )
        run(self._save_steps(links, mails))

    async def asave(
        self,
        domain_override: str | None = None,
        subject_template_name: str = "registration/password_reset_subject.txt",
        email_template_name: str = "registration/password_reset_email.html",
        use_https: bool = False,
        token_generator: Any = default_token_generator,
        from_email: str | None = None,
        request: Any = None,
        html_email_template_name: str | None = None,
        extra_email_context: dict[str, Any] | None = None,
    ) -> None:
        """Do what `save` does; an override of `send_mail` alone runs in a worker thread."""
        links = _Links.of(domain_override, request, use_https, token_generator, extra_email_context)
        mails = _Mails(
            subject_template_name, email_template_name, from_email, html_email_template_name
        )
        await arun(self._save_steps(links, mails))
