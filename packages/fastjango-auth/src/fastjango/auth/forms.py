"""Forms for users: creating and changing them, logging in, setting and resetting passwords.

Each works on both edges: `form.is_valid()` and `form.save()`, or `await form.ais_valid()` and
`await form.asave()`.
"""

# Forms collect their fields from the class body, which no checker sees.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportIncompatibleVariableOverride=false
# The mixins take what Django's take, and find `errors` in the form.
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from typing import Any, cast

import fastjango.forms as forms
from fastjango.auth._password_forms import (
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    SetPasswordMixin,
    SetUnusablePasswordMixin,
    UsernameField,
)
from fastjango.auth.authentication import aauthenticate, authenticate, get_user_model
from fastjango.auth.models import User
from fastjango.auth.sites import request_site
from fastjango.auth.tokens import default_token_generator
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.aio import run_in_thread
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.mail import EmailMultiAlternatives
from fastjango.templates import loader
from fastjango.values.http import urlsafe_base64_encode
from fastjango.values.text import capfirst

__all__ = [
    "AdminPasswordChangeForm",
    "AdminUserCreationForm",
    "AuthenticationForm",
    "BaseUserCreationForm",
    "PasswordChangeForm",
    "PasswordResetForm",
    "ReadOnlyPasswordHashField",
    "ReadOnlyPasswordHashWidget",
    "SetPasswordForm",
    "SetPasswordMixin",
    "SetUnusablePasswordMixin",
    "UserChangeForm",
    "UserCreationForm",
    "UsernameField",
]

logger = logging.getLogger("fastjango.auth")


class _Waiting:
    """A form some of whose cleaners wait: `afull_clean` has them put that off to `_await`."""

    _puts_off: bool = False

    async def afull_clean(self) -> None:
        """Clean all data anew."""
        self._puts_off = True
        try:
            await cast("Any", super()).afull_clean()
        finally:
            self._puts_off = False

    async def _aclean_form(self) -> None:
        await self._await()
        await cast("Any", super())._aclean_form()

    async def _await(self) -> None:
        """Do what cleaners have put off, after the fields and before the form is cleaned."""
        raise NotImplementedError


class BaseUserCreationForm(SetPasswordMixin, forms.ModelForm):
    """Makes a user of a name and a password typed twice; derive your own form from it."""

    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = User
        fields = ("username",)
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self._meta.model.USERNAME_FIELD
        if name in self.fields:
            self.fields[name].widget.attrs["autofocus"] = True

    def clean(self) -> Any:
        """Compare the passwords."""
        self.validate_passwords()
        return super().clean()

    def _post_clean(self) -> None:
        super()._post_clean()
        # The validators compare with the user, who has the data of the form only now.
        self.validate_password_for_user(self.instance)

    async def _apost_clean(self) -> None:
        await super()._apost_clean()
        self.validate_password_for_user(self.instance)

    def save(self, commit: bool = True) -> Any:
        """Save the user with the password, and return it."""
        user = self.set_password_and_save(super().save(commit=False), commit=commit)
        if commit and hasattr(self, "save_m2m"):
            self.save_m2m()
        return user

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save` does, hashing in a worker thread."""
        user = await super().asave(commit=False)
        user = await self.aset_password_and_save(user, commit=commit)
        if commit and hasattr(self, "asave_m2m"):
            await self.asave_m2m()
        return user


class UserCreationForm(_Waiting, BaseUserCreationForm):
    """Makes a user, unless the name differs from another's in case alone."""

    def _same_names(self) -> Any:
        username = self.cleaned_data.get("username")
        if not username:
            return None
        return self._meta.model.objects.filter(username__iexact=username)

    def _refuse_name(self) -> None:
        message = self.instance.unique_error_message(self._meta.model, ["username"])
        self._update_errors(ValidationError({"username": message}))

    def clean_username(self) -> Any:
        """Refuse a name that somebody has in another case."""
        rows = None if self._puts_off else self._same_names()
        if rows is not None and rows.exists():
            self._refuse_name()
            return None
        return self.cleaned_data.get("username")

    async def _await(self) -> None:
        rows = self._same_names()
        if rows is not None and await rows.aexists():
            self._refuse_name()


class UserChangeForm(forms.ModelForm):
    """Changes everything of a user but the password."""

    password = ReadOnlyPasswordHashField(
        label=_("Password"),
        help_text=_("Raw passwords are not stored, so there is no way to see the user’s password."),  # noqa: RUF001 - Django's text
    )

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields.get("password")
        if password and self.instance and not self.instance.has_usable_password():
            password.help_text = _(
                "Enable password-based authentication for this user by setting a password."
            )
        permissions = self.fields.get("user_permissions")
        if permissions:
            # Each is shown with the name of its content type.
            permissions.queryset = permissions.queryset.select_related("content_type")


class AuthenticationForm(_Waiting, forms.Form):
    """Takes name and password, and finds the user; derive from it to ask for more.

    Args:
        request: The request that the backends may look at.
    """

    username = UsernameField(widget=forms.TextInput(attrs={"autofocus": True}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    error_messages = {
        "invalid_login": _(
            "Please enter a correct %(username)s and password. Note that both "
            "fields may be case-sensitive."
        ),
        "inactive": _("This account is inactive."),
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user_cache: Any = None
        super().__init__(*args, **kwargs)
        model = get_user_model()
        self.username_field = model._meta.get_field(model.USERNAME_FIELD)
        longest = self.username_field.max_length or 254
        field = self.fields["username"]
        field.max_length = longest
        field.widget.attrs["maxlength"] = longest
        if field.label is None:
            field.label = capfirst(self.username_field.verbose_name)

    @sensitive_variables()
    def _credentials(self) -> dict[str, Any] | None:
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username is None or not password:
            return None
        return {"username": username, "password": password}

    @sensitive_variables()
    def clean(self) -> Any:
        """Find the user.

        Raises:
            ValidationError: There is none with this password, or they may not log in.
        """
        credentials = self._credentials()
        if credentials is not None:
            if not self._puts_off:
                self.user_cache = authenticate(self.request, **credentials)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    @sensitive_variables()
    async def _await(self) -> None:
        credentials = self._credentials()
        if credentials is not None:
            self.user_cache = await aauthenticate(self.request, **credentials)

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse users who may not log in although their password is right: inactive ones.

        Raises:
            ValidationError: The user may not log in.
        """
        if not user.is_active:
            raise ValidationError(self.error_messages["inactive"], code="inactive")

    def get_user(self) -> Any:
        """Return the user, once the form is valid."""
        return self.user_cache

    def get_invalid_login_error(self) -> ValidationError:
        """Return what is said of a wrong name or password."""
        return ValidationError(
            self.error_messages["invalid_login"],
            code="invalid_login",
            params={"username": self.username_field.verbose_name},
        )


def _same_address(first: str, second: str) -> bool:
    """Compare two identifiers as UTR 36, section 2.11.2(B)(2), does."""
    return _folded(first) == _folded(second)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class PasswordResetForm(forms.Form):
    """Takes an address, and mails a link for a new password to its users."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def _message(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None,
    ) -> EmailMultiAlternatives:
        subject = loader.render_to_string(subject_template_name, context)
        # A header has one line.
        subject = "".join(subject.splitlines())
        body = loader.render_to_string(email_template_name, context)
        message = EmailMultiAlternatives(subject, body, from_email, [to_email])
        if html_email_template_name is not None:
            html = loader.render_to_string(html_email_template_name, context)
            message.attach_alternative(html, "text/html")
        return message

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
        message = self._message(
            subject_template_name,
            email_template_name,
            context,
            from_email,
            to_email,
            html_email_template_name,
        )
        try:
            message.send()
        except Exception:
            logger.exception("Failed to send password reset email to %s", context["user"].pk)

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
        message = self._message(
            subject_template_name,
            email_template_name,
            context,
            from_email,
            to_email,
            html_email_template_name,
        )
        try:
            await message.asend()
        except Exception:
            logger.exception("Failed to send password reset email to %s", context["user"].pk)

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

    async def aget_users(self, email: str) -> list[Any]:
        """Do what `get_users` does; an override of that alone runs in a worker thread."""
        if type(self).get_users is not PasswordResetForm.get_users:
            return await run_in_thread(lambda: list(self.get_users(email)))
        return [user async for user in self._candidates(email) if self._is_meant(user, email)]

    def _context(
        self,
        user: Any,
        domain_override: str | None,
        use_https: bool,
        token_generator: Any,
        request: Any,
        extra: dict[str, Any] | None,
    ) -> dict[str, Any]:
        if domain_override:
            site_name = domain = domain_override
        elif request is None:
            raise TypeError("PasswordResetForm.save() needs a request or a domain_override.")
        else:
            site = request_site(request)
            site_name, domain = site.name, site.domain
        key = user._meta.pk.value_to_string(user)
        return {
            "email": getattr(user, user.get_email_field_name()),
            "domain": domain,
            "site_name": site_name,
            "uid": urlsafe_base64_encode(str(key).encode()),
            "user": user,
            "token": token_generator.make_token(user),
            "protocol": "https" if use_https else "http",
            **(extra or {}),
        }

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
            TypeError: There is neither a request nor a domain.
        """
        for user in self.get_users(self.cleaned_data["email"]):
            context = self._context(
                user, domain_override, use_https, token_generator, request, extra_email_context
            )
            self.send_mail(
                subject_template_name,
                email_template_name,
                context,
                from_email,
                context["email"],
                html_email_template_name=html_email_template_name,
            )

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
        """Do what `save` does."""
        for user in await self.aget_users(self.cleaned_data["email"]):
            context = self._context(
                user, domain_override, use_https, token_generator, request, extra_email_context
            )
            await self.asend_mail(
                subject_template_name,
                email_template_name,
                context,
                from_email,
                context["email"],
                html_email_template_name=html_email_template_name,
            )


class SetPasswordForm(SetPasswordMixin, forms.Form):
    """Gives a user a new password without asking for the old one.

    Args:
        user: The user.
    """

    new_password1, new_password2 = SetPasswordMixin.create_password_fields(
        label1=_("New password"), label2=_("New password confirmation")
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> Any:
        """Compare the passwords, and ask the validators."""
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password2")
        return super().clean()

    def save(self, commit: bool = True) -> Any:
        """Give the user the password, and return the user."""
        return self.set_password_and_save(self.user, "new_password1", commit=commit)

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save` does, hashing in a worker thread."""
        return await self.aset_password_and_save(self.user, "new_password1", commit=commit)


class PasswordChangeForm(_Waiting, SetPasswordForm):
    """Gives a user a new password for the old one."""

    error_messages = {
        **SetPasswordForm.error_messages,
        "password_incorrect": _(
            "Your old password was entered incorrectly. Please enter it again."
        ),
    }
    old_password = forms.CharField(
        label=_("Old password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    field_order = ["old_password", "new_password1", "new_password2"]

    def _wrong(self) -> ValidationError:
        return ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")

    @sensitive_variables("old_password")
    def clean_old_password(self) -> Any:
        """Check the old password.

        Raises:
            ValidationError: It is wrong.
        """
        old_password = self.cleaned_data["old_password"]
        if not self._puts_off and not self.user.check_password(old_password):
            raise self._wrong()
        return old_password

    @sensitive_variables("old_password")
    async def _await(self) -> None:
        old_password = self.cleaned_data.get("old_password")
        if old_password is not None and not await self.user.acheck_password(old_password):
            self.add_error("old_password", self._wrong())


class AdminPasswordChangeForm(SetUnusablePasswordMixin, SetPasswordMixin, forms.Form):  # type: ignore[misc]  # Django's signatures
    """Gives another user a password, or takes it away.

    Args:
        user: The user.
    """

    required_css_class = "required"
    usable_password_help_text = SetUnusablePasswordMixin.usable_password_help_text + (
        '<ul id="id_unusable_warning" class="messagelist"><li class="warning">'
        "If disabled, the current password for this user will be lost.</li></ul>"
    )
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["password1"].widget.attrs["autofocus"] = True
        if self.user.has_usable_password():
            self.fields["password1"].required = False
            self.fields["password2"].required = False
            self.fields["usable_password"] = self.create_usable_password_field(
                self.usable_password_help_text
            )

    def clean(self) -> Any:
        """Compare the passwords, and ask the validators."""
        self.validate_passwords()
        self.validate_password_for_user(self.user)
        return super().clean()

    def save(self, commit: bool = True) -> Any:
        """Give the user the password, and return the user."""
        return self.set_password_and_save(self.user, commit=commit)

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save` does, hashing in a worker thread."""
        return await self.aset_password_and_save(self.user, commit=commit)

    @property
    def changed_data(self) -> list[str]:
        """`["password"]` if the password is changed."""
        data = super().changed_data
        both = "password1" in data and "password2" in data
        return ["password"] if "set_usable_password" in data or both else []


class AdminUserCreationForm(SetUnusablePasswordMixin, UserCreationForm):  # type: ignore[misc]  # Django's signatures
    """Makes a user with a password, or without one."""

    usable_password = SetUnusablePasswordMixin.create_usable_password_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].required = False
        self.fields["password2"].required = False
