"""The pages: begin a login, come back from it, link and unlink."""

from __future__ import annotations

from typing import Any

from fastjango.auth.decorators import login_not_required, login_required
from fastjango.auth.oauth import flows
from fastjango.auth.oauth.exceptions import OAuthCancelledError, OAuthError
from fastjango.auth.oauth.models import OAuthAccount
from fastjango.auth.oauth.providers import Provider, get_provider, get_providers
from fastjango.auth.reauthentication import reauthentication_required
from fastjango.auth.throttles import ThrottledError
from fastjango.core import settings
from fastjango.core.translation import gettext as _
from fastjango.http.exceptions import Http404
from fastjango.http.response import HttpResponseRedirect
from fastjango.http.shortcuts import arender, resolve_url
from fastjango.http.urls import reverse
from fastjango.http.views.decorators.cache import never_cache
from fastjango.http.views.decorators.csrf import csrf_protect
from fastjango.http.views.decorators.http import require_GET, require_http_methods, require_POST
from fastjango.values.http import url_has_allowed_host_and_scheme

__all__ = ["accounts", "begin", "callback", "link", "unlink"]


def _provider(name: str) -> Provider:
    provider = get_provider(name)
    if provider is None:
        raise Http404("There is no such provider.")
    return provider


def _callback_url(request: Any, provider: Provider) -> str:
    path = reverse("oauth_callback", args=[provider.name])
    return str(request.build_absolute_uri(path))


def _next(request: Any) -> str:
    wish = request.POST.get("next", request.GET.get("next", ""))
    safe = url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wish if safe else ""


async def _failed(request: Any, error: Exception, provider: Provider, status: int) -> Any:
    context = {
        "title": _("The login failed"),
        "text": str(error),
        "provider": provider,
        "login_url": resolve_url(settings.LOGIN_URL),
    }
    return await arender(request, "oauth/failed.html", context, status=status)


@login_not_required
@csrf_protect
@never_cache
@require_http_methods(["GET", "POST"])
async def begin(request: Any, provider: str) -> Any:
    """Send the user to a provider; by a button, so that no other site begins a login."""
    known = _provider(provider)
    if request.method == "GET":
        context = {"title": _("Log in"), "provider": known, "next": _next(request)}
        return await arender(request, "oauth/begin.html", context)
    try:
        url = await flows.abegin(request, known, _callback_url(request, known), _next(request))
    except OAuthError as error:
        return await _failed(request, error, known, 502)
    return HttpResponseRedirect(url)


@login_required
@csrf_protect
@never_cache
@reauthentication_required
@require_POST
async def link(request: Any, provider: str) -> Any:
    """Send the user to a provider, to link their account there."""
    known = _provider(provider)
    user = await request.auser()
    uri, back = _callback_url(request, known), reverse("oauth_accounts")
    try:
        url = await flows.abegin(request, known, uri, back, user)
    except OAuthError as error:
        return await _failed(request, error, known, 502)
    return HttpResponseRedirect(url)


@login_not_required
@never_cache
@require_GET
async def callback(request: Any, provider: str) -> Any:
    """Take the user back."""
    known = _provider(provider)
    try:
        outcome = await flows.afinish(request, known, request.GET)
    except OAuthCancelledError as error:
        return await _failed(request, error, known, 200)
    except ThrottledError as error:
        response = await _failed(request, error, known, 429)
        response.headers["Retry-After"] = str(error.wait)
        return response
    except OAuthError as error:
        return await _failed(request, error, known, 400)
    if outcome.login.second_factors:
        return HttpResponseRedirect(outcome.login.second_factors[0].url)
    return HttpResponseRedirect(outcome.next or resolve_url(settings.LOGIN_REDIRECT_URL))


@login_required
@never_cache
@require_GET
async def accounts(request: Any) -> Any:
    """Show which accounts at other sites are linked, and which could be."""
    user = await request.auser()
    rows = [row async for row in OAuthAccount.objects.filter(user=user).order_by("provider")]
    context = {
        "title": _("Logins by other sites"),
        "rows": rows,
        "providers": list(get_providers().values()),
    }
    return await arender(request, "oauth/accounts.html", context)


@login_required
@csrf_protect
@reauthentication_required
@require_POST
async def unlink(request: Any, pk: int) -> Any:
    """Take an account at a provider away."""
    user = await request.auser()
    try:
        await flows.aunlink(request, user, pk)
    except OAuthError as error:
        context = {"title": _("That cannot be done"), "text": str(error)}
        return await arender(request, "oauth/failed.html", context, status=400)
    return HttpResponseRedirect(reverse("oauth_accounts"))
