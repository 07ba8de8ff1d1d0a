"""Login, logout, and changing or resetting a password: Django's views, with Django's names."""

from __future__ import annotations

from typing import Any

from fastjango.auth._edges import run
from fastjango.auth._texts import is_unstorable
from fastjango.auth.authentication import get_user_model
from fastjango.auth.decorators import login_not_required, login_required
from fastjango.auth.events import log_event
from fastjango.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
)
from fastjango.auth.hooks import factors_of
from fastjango.auth.logins import REDIRECT_FIELD_NAME, keep_session, update_session_auth_hash
from fastjango.auth.logins import login as auth_login
from fastjango.auth.logins import logout as auth_logout
from fastjango.auth.redirects import redirect_to_login
from fastjango.auth.sites import request_site
from fastjango.auth.tokens import default_token_generator
from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.forms.views import FormView
from fastjango.http.response import HttpResponseRedirect
from fastjango.http.shortcuts import resolve_url
from fastjango.http.urls import reverse_lazy
from fastjango.http.views.decorators.cache import never_cache
from fastjango.http.views.decorators.csrf import csrf_protect
from fastjango.http.views.decorators.debug import sensitive_post_parameters
from fastjango.http.views.generic.base import TemplateView
from fastjango.values.decorators import method_decorator
from fastjango.values.http import url_has_allowed_host_and_scheme, urlsafe_base64_decode

__all__ = [
    "INTERNAL_RESET_SESSION_TOKEN", "LoginView", "LogoutView", "PasswordChangeDoneView",
    "PasswordChangeView", "PasswordContextMixin", "PasswordResetCompleteView",
    "PasswordResetConfirmView", "PasswordResetDoneView", "PasswordResetView", "RedirectURLMixin",
    "logout_then_login", "redirect_to_login",
]  # fmt: skip

INTERNAL_RESET_SESSION_TOKEN = "_password_reset_token"


class RedirectURLMixin:
    """Leads to where the client asked for, if that is on this site.

    Attributes:
        next_page: Where to lead without a wish.
        redirect_field_name: Parameter of the wish.
        success_url_allowed_hosts: Other hosts to which it may lead.
    """

    next_page: Any = None
    redirect_field_name: str = REDIRECT_FIELD_NAME
    success_url_allowed_hosts: set[str] = set()
    request: Any

    def get_success_url(self) -> str:
        """Return where to lead."""
        return self.get_redirect_url() or self.get_default_redirect_url()

    def get_redirect_url(self, request: Any = None) -> str:
        """Return the client's wish, an empty text if it has none or a dangerous one."""
        request = self.request if request is None else request
        name = self.redirect_field_name
        wish: str | None = request.POST.get(name, request.GET.get(name))
        safe = url_has_allowed_host_and_scheme(
            url=wish,
            allowed_hosts=self.get_success_url_allowed_hosts(request),
            require_https=request.is_secure(),
        )
        return wish if safe and wish else ""

    def get_success_url_allowed_hosts(self, request: Any = None) -> set[str]:
        """Return the hosts to which it may lead."""
        request = self.request if request is None else request
        return {request.get_host(), *self.success_url_allowed_hosts}

    def get_default_redirect_url(self) -> str:
        """Return where to lead without a wish.

        Raises:
            ImproperlyConfigured: There is no `next_page`.
        """
        if self.next_page:
            return str(resolve_url(self.next_page))
        raise ImproperlyConfigured("No URL to redirect to. Provide a next_page.")


def _site_context(request: Any) -> dict[str, Any]:
    site = request_site(request)
    return {"site": site, "site_name": site.name}


@method_decorator(
    [login_not_required, sensitive_post_parameters(), csrf_protect, never_cache], name="dispatch"
)
class LoginView(RedirectURLMixin, FormView):
    """Shows the login form, and logs in.

    Attributes:
        authentication_form: Another form class.
        redirect_authenticated_user: Whether users who are logged in are led on.
    """

    form_class: Any = AuthenticationForm
    authentication_form: Any = None
    template_name = "registration/login.html"
    redirect_authenticated_user = False
    extra_context: dict[str, Any] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Lead users on who are logged in already, if that is wanted.

        Raises:
            ValueError: They would be led back here.
        """
        if self.redirect_authenticated_user and request.user.is_authenticated:
            redirect_to = self.get_success_url()
            if redirect_to == request.path:
                raise ValueError(
                    "Redirection loop for authenticated user detected. Check that your "
                    "LOGIN_REDIRECT_URL doesn't point to a login page."
                )
            return HttpResponseRedirect(redirect_to)
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        """Return `next_page`, or `LOGIN_REDIRECT_URL`."""
        return str(resolve_url(self.next_page or settings.LOGIN_REDIRECT_URL))

    def get_form_class(self) -> Any:
        """Return the form's class."""
        return self.authentication_form or self.form_class

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the form's arguments, with the request."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> Any:
        """Log in, or lead to the second step."""
        user = form.get_user()
        if factors_of(self.request, user):
            from fastjango.auth.accounts.logins import after_first_factor

            result = run(after_first_factor(self.request, user, user.backend))
            return HttpResponseRedirect(result.second_factors[0].url)
        auth_login(self.request, user)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form, where it leads, and the site."""
        return {
            **super().get_context_data(**kwargs),
            self.redirect_field_name: self.get_redirect_url(),
            **_site_context(self.request),
            **(self.extra_context or {}),
        }


@method_decorator([csrf_protect, never_cache], name="dispatch")
class LogoutView(RedirectURLMixin, TemplateView):
    """Logs out by POST, then leads on or says so."""

    http_method_names = ["post", "options"]
    template_name = "registration/logged_out.html"
    extra_context: dict[str, Any] | None = None

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Log out."""
        auth_logout(request)
        redirect_to = self.get_success_url()
        if redirect_to != request.get_full_path():
            return HttpResponseRedirect(redirect_to)
        return super().get(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        """Return `next_page`, `LOGOUT_REDIRECT_URL`, or this page."""
        if self.next_page:
            return str(resolve_url(self.next_page))
        if settings.LOGOUT_REDIRECT_URL:
            return str(resolve_url(settings.LOGOUT_REDIRECT_URL))
        return str(self.request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the title and the site."""
        return {
            **super().get_context_data(**kwargs),
            **_site_context(self.request),
            "title": _("Logged out"),
            "subtitle": None,
            **(self.extra_context or {}),
        }


def logout_then_login(request: Any, login_url: Any = None) -> Any:
    """Log out and lead to the login page."""
    return LogoutView.as_view(next_page=resolve_url(login_url or settings.LOGIN_URL))(request)


class PasswordContextMixin:
    """Puts the page's title into the context."""

    extra_context: dict[str, Any] | None = None
    title: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context with the title."""
        above: Any = super()
        return {
            **above.get_context_data(**kwargs),
            "title": self.title,
            "subtitle": None,
            **(self.extra_context or {}),
        }


@method_decorator([login_not_required, csrf_protect], name="dispatch")
class PasswordResetView(PasswordContextMixin, FormView):
    """Mails a link by which a forgotten password is replaced."""

    email_template_name = "registration/password_reset_email.html"
    extra_email_context: dict[str, Any] | None = None
    form_class: Any = PasswordResetForm
    from_email: str | None = None
    html_email_template_name: str | None = None
    subject_template_name = "registration/password_reset_subject.txt"
    success_url: Any = reverse_lazy("password_reset_done")
    template_name = "registration/password_reset_form.html"
    title = _("Password reset")
    token_generator = default_token_generator

    def form_valid(self, form: Any) -> Any:
        """Mail the link."""
        form.save(
            use_https=self.request.is_secure(),
            token_generator=self.token_generator,
            from_email=self.from_email,
            email_template_name=self.email_template_name,
            subject_template_name=self.subject_template_name,
            request=self.request,
            html_email_template_name=self.html_email_template_name,
            extra_email_context=self.extra_email_context,
        )
        log_event("password_reset_requested", self.request)
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class PasswordResetDoneView(PasswordContextMixin, TemplateView):
    """Says that the link is on its way, whether there is an account or not."""

    template_name = "registration/password_reset_done.html"
    title = _("Password reset sent")


@method_decorator([login_not_required, sensitive_post_parameters(), never_cache], name="dispatch")
class PasswordResetConfirmView(PasswordContextMixin, FormView):
    """Takes a new password from somebody with the link.

    Attributes:
        post_reset_login: Whether they are logged in afterwards.
        post_reset_login_backend: The backend for that.
        reset_url_token: What stands in the URL for the token, which moves into the session so
            that no referrer gives it away.
    """

    form_class: Any = SetPasswordForm
    post_reset_login = False
    post_reset_login_backend: str | None = None
    reset_url_token = "set-password"
    success_url: Any = reverse_lazy("password_reset_complete")
    template_name = "registration/password_reset_confirm.html"
    title = _("Enter new password")
    token_generator = default_token_generator
    validlink = False
    user: Any = None

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        """Check the link.

        Raises:
            ImproperlyConfigured: The URL has no `uidb64` and `token`.
        """
        if "uidb64" not in kwargs or "token" not in kwargs:
            raise ImproperlyConfigured("The URL path must contain 'uidb64' and 'token' parameters.")
        self.validlink = False
        self.user = self.get_user(kwargs["uidb64"])
        token = kwargs["token"]
        if self.user is not None:
            session = self.request.session
            if token == self.reset_url_token:
                kept = session.get(INTERNAL_RESET_SESSION_TOKEN)
                if self.token_generator.check_token(self.user, kept):
                    self.validlink = True
                    return super().dispatch(*args, **kwargs)
            elif self.token_generator.check_token(self.user, token):
                session[INTERNAL_RESET_SESSION_TOKEN] = token
                path = self.request.path.replace(token, self.reset_url_token)
                return HttpResponseRedirect(path)
        return self.render_to_response(self.get_context_data())

    def get_user(self, uidb64: str) -> Any:
        """Return whom the link is for, `None` if there is nobody."""
        model = get_user_model()
        try:
            text = urlsafe_base64_decode(uidb64).decode()
            if is_unstorable(text):
                return None
            return model._default_manager.get(pk=model._meta.pk.to_python(text))
        except (TypeError, ValueError, OverflowError, ObjectDoesNotExist, ValidationError):
            return None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the form's arguments, with the user."""
        return {**super().get_form_kwargs(), "user": self.user}

    def form_valid(self, form: Any) -> Any:
        """Change the password."""
        user = form.save()
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        log_event("password_reset", self.request, user)
        if self.post_reset_login:
            auth_login(self.request, user, self.post_reset_login_backend)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form, or without a valid link a title that says so."""
        if self.validlink:
            return {**super().get_context_data(**kwargs), "validlink": True}
        context = super().get_context_data(**{**kwargs, "form": None})
        return {**context, "title": _("Password reset unsuccessful"), "validlink": False}


@method_decorator(login_not_required, name="dispatch")
class PasswordResetCompleteView(PasswordContextMixin, TemplateView):
    """Says that the password is changed, and where to log in."""

    template_name = "registration/password_reset_complete.html"
    title = _("Password reset complete")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context with `login_url`."""
        login_url = resolve_url(settings.LOGIN_URL)
        return {**super().get_context_data(**kwargs), "login_url": login_url}


@method_decorator([sensitive_post_parameters(), csrf_protect, login_required], name="dispatch")
class PasswordChangeView(PasswordContextMixin, FormView):
    """Changes the password of who is logged in; their other sessions end."""

    form_class: Any = PasswordChangeForm
    success_url: Any = reverse_lazy("password_change_done")
    template_name = "registration/password_change_form.html"
    title = _("Password change")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the form's arguments, with the user."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: Any) -> Any:
        """Change the password and keep this session."""
        form.save()
        update_session_auth_hash(self.request, form.user)
        log_event("password_changed", self.request, form.user)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> Any:
        """Show the form again; the old password may have been stored in today's way meanwhile."""
        keep_session(self.request, form.user)
        return super().form_invalid(form)


@method_decorator(login_required, name="dispatch")
class PasswordChangeDoneView(PasswordContextMixin, TemplateView):
    """Says that the password is changed."""

    template_name = "registration/password_change_done.html"
    title = _("Password change successful")
