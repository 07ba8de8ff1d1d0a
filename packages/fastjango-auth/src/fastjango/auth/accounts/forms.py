"""The forms of the pages. They look at one field at a time; what flows refuse is added to them."""

from __future__ import annotations

from typing import Any

import fastjango.forms as forms
from fastjango.auth.accounts.signups import is_named_by_email
from fastjango.auth.authentication import get_user_model
from fastjango.auth.conf import LONGEST_LIMIT
from fastjango.auth.password_validation import password_validators_help_text_html
from fastjango.core import settings
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _

__all__ = [
    "ChangeEmailForm", "ChangePasswordForm", "EmailForm", "EmptyForm", "LoginForm",
    "PasswordForm", "SetPasswordForm", "SignUpForm",
]  # fmt: skip


def _password(label: Any, autocomplete: str, help_text: Any = "") -> Any:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST_LIMIT,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def _email() -> Any:
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(label=_("Email address"), max_length=254, widget=widget)


class _Repeated(forms.Form):
    """A form whose password is entered twice."""

    first = "password"

    def clean(self) -> Any:
        """Compare the passwords."""
        data: Any = super().clean() or self.cleaned_data
        one, two = data.get(self.first), data.get("password_again")
        if one and two and one != two:
            text = _("The two password fields didn’t match.")  # noqa: RUF001 - Django's text
            self.add_error("password_again", ValidationError(text, code="password_mismatch"))
        return data


class SignUpForm(_Repeated):
    """Name, address and password; the address alone where users log in by it."""

    username = forms.CharField(label=_("User name"), max_length=150)
    email = _email()
    password = _password(_("Password"), "new-password")
    password_again = _password(_("Password again"), "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = get_user_model()
        if is_named_by_email():
            del self.fields["username"]
        else:
            longest = model._meta.get_field(model.USERNAME_FIELD).max_length or 254
            self.fields["username"].widget.attrs.update(autocomplete="username", maxlength=longest)
        self.fields["password"].help_text = password_validators_help_text_html()


class LoginForm(forms.Form):
    """Name or address, password, and whether the login outlives the browser."""

    username = forms.CharField(
        label=_("User name or email address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = _password(_("Password"), "current-password")
    remember = forms.BooleanField(label=_("Keep me logged in"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.ACCOUNTS_REMEMBER is not None:
            del self.fields["remember"]


class PasswordForm(forms.Form):
    """The password of who is logged in."""

    password = _password(_("Password"), "current-password")


class ChangePasswordForm(_Repeated):
    """The old password, and a new one."""

    first = "new_password"
    old_password = _password(_("Old password"), "current-password")
    new_password = _password(_("New password"), "new-password")
    password_again = _password(_("New password again"), "new-password")


class SetPasswordForm(_Repeated):
    """A new password."""

    first = "new_password"
    new_password = _password(_("New password"), "new-password")
    password_again = _password(_("New password again"), "new-password")


class EmailForm(forms.Form):
    """An address."""

    email = _email()


class ChangeEmailForm(forms.Form):
    """A new address, and the password."""

    email = _email()
    password = _password(_("Password"), "current-password")


class EmptyForm(forms.Form):
    """A button."""
