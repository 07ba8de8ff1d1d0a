"""URLs of the pages; include them under a prefix such as `oauth/`.

Providers are told the URL of the callback: `https://site/oauth/NAME/callback/`.
"""

from __future__ import annotations

from fastjango.auth.oauth import views
from fastjango.http.urls import URLPattern, path

__all__ = ["urlpatterns"]

urlpatterns: list[URLPattern] = [
    path("accounts/", views.accounts, name="oauth_accounts"),
    path("accounts/<int:pk>/unlink/", views.unlink, name="oauth_unlink"),
    path("<slug:provider>/login/", views.begin, name="oauth_begin"),
    path("<slug:provider>/link/", views.link, name="oauth_link"),
    path("<slug:provider>/callback/", views.callback, name="oauth_callback"),
]
