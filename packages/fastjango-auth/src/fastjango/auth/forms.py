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

from typing import Any, cast

import fastjango.forms as forms
from fastjango.auth._edges import call
from fastjango.auth._password_forms import (
    PasswordValidatingForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    SetPasswordMixin,
    SetUnusablePasswordMixin,
    UsernameField,
)
from fastjango.auth._reset_form import PasswordResetForm
from fastjango.auth.authentication import aauthenticate, authenticate, get_user_model
from fastjango.auth.models import User
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.views.decorators.debug import sensitive_variables
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
        form = cast("Any", self)
        for name in [name for name in form.fields if name in form.errors]:
            # Errors stand in the order of the fields, as if each had been cleaned in its place.
            form.errors[name] = form.errors.pop(name)
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
        await self.avalidate_password_for_user(self.instance)

    def save(self, commit: bool = True) -> Any:
        """Save the user with the password, and return it."""
        user = self.set_password_and_save(super().save(commit=False), commit=commit)
        if commit and hasattr(self, "save_m2m"):
            self.save_m2m()
        return user

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save` does, hashing in a worker thread."""
        user = await super().asave(commit=False)
        user = await call(self, "set_password_and_save", user, commit=commit).acall()
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
            self.cleaned_data["username"] = None


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


class SetPasswordForm(PasswordValidatingForm, SetPasswordMixin, forms.Form):
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
        step = call(self, "set_password_and_save", self.user, "new_password1", commit=commit)
        return await step.acall()


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


class AdminPasswordChangeForm(  # type: ignore[misc]  # Django's signatures
    PasswordValidatingForm, SetUnusablePasswordMixin, SetPasswordMixin, forms.Form
):
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
        return await call(self, "set_password_and_save", self.user, commit=commit).acall()

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
