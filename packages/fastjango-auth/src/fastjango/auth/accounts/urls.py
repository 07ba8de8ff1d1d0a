"""URLs of the pages; include them under a prefix such as `account/`."""

from __future__ import annotations

from typing import Any, cast

from fastjango.auth.accounts import views
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.urls import URLPattern, path

__all__ = ["urlpatterns"]

_MAIL = _("If that can be done, a message with the next step is on its way.")


def _done(route: str, name: str, title: Any, text: Any = "") -> URLPattern:
    view = views.DoneView.as_view(title=title, text=text)
    return cast("URLPattern", path(route, view, name=f"account_{name}"))


urlpatterns: list[URLPattern] = [
    path("signup/", views.SignUpView.as_view(), name="account_signup"),
    _done("signup/done/", "signup_done", _("Look into your mail"), _MAIL),
    path("verify/<str:token>/", views.VerifyView.as_view(), name="account_verify_confirm"),
    _done("verified/", "verify_done", _("Your address is confirmed"), _("You can log in now.")),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", views.LogoutView.as_view(), name="account_logout"),
    path("reauthenticate/", views.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("password/", views.ChangePasswordView.as_view(), name="account_change_password"),
    _done("password/done/", "change_password_done", _("Your password is changed")),
    path("reset/", views.ResetView.as_view(), name="account_reset"),
    _done("reset/sent/", "reset_done", _("Look into your mail"), _MAIL),
    path(
        "reset/<str:uid>/<str:token>/",
        views.ResetConfirmView.as_view(),
        name="account_reset_confirm",
    ),
    _done("reset/complete/", "reset_complete", _("Your password is set"), _("Log in with it.")),
    path("email/", views.ChangeEmailView.as_view(), name="account_change_email"),
    _done("email/sent/", "change_email_sent", _("Look into your mail"), _MAIL),
    path(
        "email/<str:token>/",
        views.ChangeEmailConfirmView.as_view(),
        name="account_change_email_confirm",
    ),
    _done("email-changed/", "change_email_done", _("Your address is changed")),
    path("delete/", views.DeleteView.as_view(), name="account_delete"),
    _done("deleted/", "deleted", _("Your account is deleted")),
]
