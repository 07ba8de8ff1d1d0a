"""Login and logout of the browsable API: `path("api-auth/", include("fastjango.rest.urls"))`."""

# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# The decorators of the login view leave its type open.

from __future__ import annotations

from typing import Any

from fastjango.auth import views
from fastjango.http import path
from fastjango.rest.browsable import content_security_policy, style_sheet
from fastjango.values.safestring import mark_safe

__all__ = ["urlpatterns"]


class _LoginView(views.LoginView):
    """The login page in the style of the browsable API."""

    template_name = "rest/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the template gets."""
        css = mark_safe(style_sheet())
        return super().get_context_data(css=css, **kwargs)

    def render_to_response(self, context: Any, **kwargs: Any) -> Any:
        """Return the page with its security policy."""
        response = super().render_to_response(context, **kwargs)
        response["Content-Security-Policy"] = content_security_policy()
        return response


app_name = "rest_framework"
urlpatterns: list[Any] = [
    path("login/", _LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
]
