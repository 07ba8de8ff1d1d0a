"""The flows as pages."""

from __future__ import annotations

from typing import Any

from fastjango.auth.accounts import changes, logins, signups
from fastjango.auth.accounts.forms import (
    ChangeEmailForm,
    ChangePasswordForm,
    EmailForm,
    EmptyForm,
    LoginForm,
    PasswordForm,
    SetPasswordForm,
    SignUpForm,
)
from fastjango.auth.decorators import login_not_required, login_required
from fastjango.auth.logins import alogout
from fastjango.auth.reauthentication import areauthenticate
from fastjango.auth.throttles import ThrottledError
from fastjango.auth.views import RedirectURLMixin
from fastjango.core import settings
from fastjango.core.exceptions import PermissionDenied, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.forms.views import FormView
from fastjango.http.response import HttpResponseRedirect
from fastjango.http.shortcuts import resolve_url
from fastjango.http.urls import reverse
from fastjango.http.views.decorators.cache import never_cache
from fastjango.http.views.decorators.csrf import csrf_protect
from fastjango.http.views.decorators.debug import sensitive_post_parameters
from fastjango.http.views.generic.base import TemplateView
from fastjango.values.decorators import method_decorator

__all__ = [
    "ChangeEmailConfirmView", "ChangeEmailView", "ChangePasswordView", "ClosedView", "DeleteView",
    "DoneView", "FlowView", "LoginView", "LogoutView", "ReauthenticateView", "ResetConfirmView",
    "ResetView", "SignUpView", "VerifyView",
]  # fmt: skip

_OPEN = [login_not_required, sensitive_post_parameters(), csrf_protect, never_cache]
_CLOSED = [login_required, sensitive_post_parameters(), csrf_protect, never_cache]
BAD_LINK = _("This link is not good, or no longer. Ask for a new one.")


class FlowView(FormView):
    """Runs a flow with what a form says; what the flow refuses is shown in the form.

    Attributes:
        title: The page's title.
        text: What is said above the form.
        button: The text of the button.
        done: The last part of the URL name of the page that follows.
        decorators: What stands between a client and the view, the outermost first.
    """

    template_name = "accounts/flow.html"
    form_class: Any = EmptyForm
    title: Any = ""
    text: Any = ""
    button: Any = _("Go on")
    done: str = ""
    decorators: list[Any] = _OPEN
    view_is_async = True  # pyright: ignore[reportAssignmentType]  # known, so not computed

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]  # an ordinary class method will do
        """Return the view inside of its decorators."""
        view: Any = super().as_view(**initkwargs)
        for decorator in reversed(cls.decorators):
            view = decorator(view)
        return view

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Run the flow and return a response; `None` leads to the page that says it is done."""
        raise NotImplementedError

    async def aform_valid(self, form: Any) -> Any:
        """Run the flow."""
        try:
            response = await self.run_flow(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return await self.aform_invalid(form)
        except ThrottledError as error:
            form.add_error(None, str(error))
            response = await self.aform_invalid(form)
            response.status_code = 429
            response.headers["Retry-After"] = str(error.wait)
            return response
        except PermissionDenied as error:
            form.add_error(None, str(error))
            response = await self.aform_invalid(form)
            response.status_code = 403
            return response
        if response is not None:
            return response
        return HttpResponseRedirect(reverse(f"account_{self.done}"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form and the page's texts."""
        texts = {"title": self.title, "text": self.text, "button": self.button}
        return super().get_context_data(**{**texts, **kwargs})


class ClosedView(FlowView):
    """A flow for who is logged in, which asks for their password if they have one.

    Attributes:
        password_field: The field of the form that takes it.
    """

    decorators = _CLOSED
    password_field = "password"

    async def aget_form(self, form_class: Any = None) -> Any:
        """Return the form; who logs in by another site has no password to enter."""
        form = await super().aget_form(form_class)
        user = await self.request.auser()
        if not user.has_usable_password():
            del form.fields[self.password_field]
        return form


class SignUpView(FlowView):
    """Signs up."""

    form_class: Any = SignUpForm
    title = button = _("Sign up")
    done = "signup_done"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Begin the sign-up."""
        names = (data.get("username", ""), data["email"], data["password"])
        await signups.asign_up(self.request, *names)


class VerifyView(FlowView):
    """Confirms the address of a sign-up; by a button, as programs follow links in mail too."""

    title = _("Confirm your address")
    button = _("Confirm")
    done = "verify_done"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Confirm it."""
        if await signups.averify_email(self.request, self.kwargs["token"]) is None:
            raise ValidationError(BAD_LINK)


class LoginView(RedirectURLMixin, FlowView):
    """Logs in by name or email address."""

    form_class: Any = LoginForm
    title = button = _("Log in")
    template_name = "accounts/login.html"

    def get_default_redirect_url(self) -> str:
        """Return `next_page`, or `LOGIN_REDIRECT_URL`."""
        return str(resolve_url(self.next_page or settings.LOGIN_REDIRECT_URL))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form and where it leads."""
        name = self.redirect_field_name
        return {**super().get_context_data(**kwargs), name: self.get_redirect_url()}

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Log in, or lead to the second step."""
        names = (data["username"], data["password"])
        remember = data.get("remember")
        result = await logins.abegin_login(self.request, *names, remember=remember)
        if result.user is None:
            raise ValidationError(_("Name or password is not right."), code="invalid_login")
        if result.second_factors:
            return HttpResponseRedirect(result.second_factors[0].url)
        return HttpResponseRedirect(self.get_success_url())


class LogoutView(FlowView):
    """Logs out."""

    title = button = _("Log out")

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Log out."""
        await alogout(self.request)
        return HttpResponseRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL or "account_login"))


class ReauthenticateView(RedirectURLMixin, ClosedView):
    """Asks for the password again, for sensitive actions."""

    form_class: Any = PasswordForm
    title = _("Enter your password again")
    template_name = "accounts/login.html"

    def get_default_redirect_url(self) -> str:
        """Return `LOGIN_REDIRECT_URL`."""
        return str(resolve_url(settings.LOGIN_REDIRECT_URL))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form and where it leads."""
        name = self.redirect_field_name
        return {**super().get_context_data(**kwargs), name: self.get_redirect_url()}

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Check the password."""
        user = await self.request.auser()
        if not await areauthenticate(self.request, user, data.get("password", "")):
            if not user.has_usable_password():
                raise ValidationError(changes.LOG_IN_AGAIN, code="login_too_old")
            raise ValidationError(changes.WRONG, code="password_incorrect")
        return HttpResponseRedirect(self.get_success_url())


class ChangePasswordView(ClosedView):
    """Changes the password, or sets the first one."""

    password_field = "old_password"
    form_class: Any = ChangePasswordForm
    title = button = _("Change password")
    done = "change_password_done"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Change it."""
        user = await self.request.auser()
        old, new = data.get("old_password", ""), data["new_password"]
        await changes.achange_password(self.request, user, old, new)


class ResetView(FlowView):
    """Mails a link to set a new password."""

    form_class: Any = EmailForm
    title = _("Forgotten password")
    button = _("Send the link")
    done = "reset_done"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Mail it."""
        await changes.arequest_reset(self.request, data["email"])


class ResetConfirmView(FlowView):
    """Takes a new password from somebody with the link, which moves out of the URL at once."""

    form_class: Any = SetPasswordForm
    title = button = _("Set a new password")
    done = "reset_complete"
    session_key = "_account_reset"

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Move the token into the session, so that no referrer gives it away."""
        if self.kwargs["token"] != "set":
            await request.session.aset(self.session_key, self.kwargs["token"])
            path = reverse("account_reset_confirm", args=[self.kwargs["uid"], "set"])
            return HttpResponseRedirect(path)
        return await super().aget(request, *args, **kwargs)

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Set it."""
        token = await self.request.session.aget(self.session_key, "")
        names = (self.kwargs["uid"], token, data["new_password"])
        if await changes.areset_password(self.request, *names) is None:
            raise ValidationError(BAD_LINK)
        await self.request.session.apop(self.session_key, None)


class ChangeEmailView(ClosedView):
    """Mails a link to a new address."""

    form_class: Any = ChangeEmailForm
    title = _("Change email address")
    button = _("Send the link")
    done = "change_email_sent"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Mail it."""
        user = await self.request.auser()
        names = (data.get("password", ""), data["email"])
        await changes.arequest_email_change(self.request, user, *names)


class ChangeEmailConfirmView(FlowView):
    """Uses the new address."""

    title = _("Confirm your new address")
    button = _("Confirm")
    done = "change_email_done"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Use it."""
        if await changes.aconfirm_email_change(self.request, self.kwargs["token"]) is None:
            raise ValidationError(BAD_LINK)


class DeleteView(ClosedView):
    """Deletes the account."""

    form_class: Any = PasswordForm
    title = button = _("Delete my account")
    text = _("Your account and everything in it is deleted for good.")
    done = "deleted"

    async def run_flow(self, data: dict[str, Any]) -> Any:
        """Delete it."""
        user = await self.request.auser()
        await changes.adelete_account(self.request, user, data.get("password", ""))


@method_decorator(login_not_required, name="dispatch")
class DoneView(TemplateView):
    """Says what was done.

    Attributes:
        title: The page's title.
        text: What is said.
    """

    template_name = "accounts/done.html"
    title: Any = ""
    text: Any = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the texts."""
        return super().get_context_data(**{"title": self.title, "text": self.text, **kwargs})
