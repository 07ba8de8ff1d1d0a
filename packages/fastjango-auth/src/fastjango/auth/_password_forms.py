"""The parts that forms with passwords are made of."""

# Forms collect their fields from the class body, which no checker sees.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import unicodedata
from typing import Any, cast

import fastjango.forms as forms
from fastjango.auth import password_validation
from fastjango.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from fastjango.auth.templatetags.auth import render_password_as_hash
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import calls_twin
from fastjango.http.aio import run_in_thread
from fastjango.http.views.decorators.debug import sensitive_variables


class ReadOnlyPasswordHashWidget(forms.Widget):
    """Shows what may be seen of a stored password, with a link to the form that sets one."""

    template_name = "auth/widgets/read_only_password_hash.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        usable = value and not value.startswith(UNUSABLE_PASSWORD_PREFIX)
        return {
            **super().get_context(name, value, attrs),
            "button_label": _("Reset password") if usable else _("Set password"),
            "summary": render_password_as_hash(value),
        }

    def id_for_label(self, id_: str | None) -> str | None:  # type: ignore[override]  # nothing to point at
        """Return `None`: a label would have nothing to point at."""
        return None


class ReadOnlyPasswordHashField(forms.Field):
    """A stored password, which the form leaves as it is."""

    widget = ReadOnlyPasswordHashWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"required": False, "disabled": True, **kwargs})


class UsernameField(forms.CharField):
    """A login name, in the form NFKC."""

    def to_python(self, value: Any) -> Any:
        """Return the name in its normal form."""
        value = super().to_python(value)
        if self.max_length is not None and len(value) > self.max_length:
            # It is refused for its length, which no normal form makes less; to find that form of
            # a very long text would only take time.
            return value
        return unicodedata.normalize("NFKC", value)

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """Return attributes for the input."""
        own = {"autocapitalize": "none", "autocomplete": "username"}
        return {**super().widget_attrs(widget), **own}


class PasswordValidatingForm:
    """A form whose `clean` asks the validators of passwords; where others wait, in a thread."""

    async def _aclean_form(self) -> None:
        form = cast("Any", self)
        try:
            for cleaner in (lambda: run_in_thread(form.clean), form.aclean):
                data = await cleaner()
                if data is not None:
                    form.cleaned_data = data
        except ValidationError as error:
            form.add_error(None, error)


class SetPasswordMixin:
    """A new password, typed twice, for a form that has a user."""

    cleaned_data: dict[str, Any]
    fields: dict[str, Any]
    errors: Any
    add_error: Any
    error_messages: dict[str, Any] = {
        "password_mismatch": _("The two password fields didn’t match."),  # noqa: RUF001 - Django's text
    }

    @staticmethod
    def create_password_fields(
        label1: Any = _("Password"),  # noqa: B008 - lazy
        label2: Any = _("Password confirmation"),  # noqa: B008 - lazy
    ) -> tuple[Any, Any]:
        """Return the two fields."""
        password1 = forms.CharField(
            label=label1,
            required=True,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=password_validation.password_validators_help_text_html(),
        )
        password2 = forms.CharField(
            label=label2,
            required=True,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            strip=False,
            help_text=_("Enter the same password as before, for verification."),
        )
        return password1, password2

    @sensitive_variables("password1", "password2")
    def validate_passwords(
        self,
        password1_field_name: str = "password1",
        password2_field_name: str = "password2",
    ) -> None:
        """Add an error if the two passwords differ."""
        password1 = self.cleaned_data.get(password1_field_name)
        password2 = self.cleaned_data.get(password2_field_name)
        if password1 and password2 and password1 != password2:
            error = ValidationError(
                self.error_messages["password_mismatch"], code="password_mismatch"
            )
            self.add_error(password2_field_name, error)

    @sensitive_variables("password")
    def validate_password_for_user(self, user: Any, password_field_name: str = "password2") -> None:
        """Add what the validators have against the password."""
        password = self.cleaned_data.get(password_field_name)
        if password:
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error(password_field_name, error)

    @calls_twin
    async def avalidate_password_for_user(
        self, user: Any, password_field_name: str = "password2"
    ) -> None:
        """Do what `validate_password_for_user` does in a worker thread, as validators may wait."""
        await run_in_thread(
            self.validate_password_for_user, user, password_field_name=password_field_name
        )

    def set_password_and_save(
        self, user: Any, password_field_name: str = "password1", commit: bool = True
    ) -> Any:
        """Give the user the password, and return the user.

        Args:
            commit: Whether to save.
        """
        user.set_password(self.cleaned_data[password_field_name])
        if commit:
            user.save()
        return user

    async def aset_password_and_save(
        self, user: Any, password_field_name: str = "password1", commit: bool = True
    ) -> Any:
        """Do what `set_password_and_save` does, hashing in a worker thread."""
        await user.aset_password(self.cleaned_data[password_field_name])
        if commit:
            await user.asave()
        return user

    def __class_getitem__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls


class SetUnusablePasswordMixin:
    """A choice between a password and none, in front of `SetPasswordMixin`."""

    cleaned_data: dict[str, Any]
    fields: dict[str, Any]
    errors: Any
    add_error: Any
    usable_password_help_text: Any = _(
        "Whether the user will be able to authenticate using a password or not. "
        "If disabled, they may still be able to authenticate using other backends, "
        "such as Single Sign-On or LDAP."
    )

    @staticmethod
    def create_usable_password_field(help_text: Any = usable_password_help_text) -> Any:
        """Return the field of the choice."""
        return forms.ChoiceField(
            label=_("Password-based authentication"),
            required=False,
            initial="true",
            choices={"true": _("Enabled"), "false": _("Disabled")},
            widget=forms.RadioSelect(attrs={"class": "radiolist"}),
            help_text=help_text,
        )

    @sensitive_variables("password1", "password2")
    def validate_passwords(
        self,
        password1_field_name: str = "password1",
        password2_field_name: str = "password2",
        usable_password_field_name: str = "usable_password",
    ) -> None:
        """Add errors if a password is wanted and is missing, or if the two differ."""
        usable = self.cleaned_data.pop(usable_password_field_name, None) != "false"
        self.cleaned_data["set_usable_password"] = usable
        if not usable:
            return
        for name in (password1_field_name, password2_field_name):
            if not self.cleaned_data.get(name) and name not in self.errors:
                message = self.fields[name].error_messages["required"]
                self.add_error(name, ValidationError(message, code="required"))
        cast("Any", super()).validate_passwords(password1_field_name, password2_field_name)

    def validate_password_for_user(self, user: Any, **kwargs: Any) -> None:
        """Add what the validators have against the password, if one is wanted."""
        if self.cleaned_data["set_usable_password"]:
            cast("Any", super()).validate_password_for_user(user, **kwargs)

    @calls_twin
    async def avalidate_password_for_user(self, user: Any, **kwargs: Any) -> None:
        """Do what `validate_password_for_user` does in a worker thread, as validators may wait."""
        if self.cleaned_data["set_usable_password"]:
            await cast("Any", super()).avalidate_password_for_user(user, **kwargs)

    def set_password_and_save(self, user: Any, commit: bool = True, **kwargs: Any) -> Any:
        """Give the user the password, or an unusable one, and return the user."""
        if self.cleaned_data["set_usable_password"]:
            return cast("Any", super()).set_password_and_save(user, **kwargs, commit=commit)
        user.set_unusable_password()
        if commit:
            user.save()
        return user

    async def aset_password_and_save(self, user: Any, commit: bool = True, **kwargs: Any) -> Any:
        """Do what `set_password_and_save` does, hashing in a worker thread."""
        if self.cleaned_data["set_usable_password"]:
            return await cast("Any", super()).aset_password_and_save(user, **kwargs, commit=commit)
        user.set_unusable_password()
        if commit:
            await user.asave()
        return user
