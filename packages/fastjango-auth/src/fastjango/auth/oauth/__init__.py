"""Logins by OAuth2 and OpenID Connect: several providers at once, linked to accounts of the site.

List `fastjango.auth.oauth` in `INSTALLED_APPS`, describe the providers in `OAUTH_PROVIDERS`, and
include `fastjango.auth.oauth.urls`.
"""
