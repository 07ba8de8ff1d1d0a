"""A site on Django, for the tests that run it beside ours on one database."""

from django.contrib.auth import (
    authenticate,
    get_user_model,
    login,
    logout,
    update_session_auth_hash,
)
from django.http import HttpResponse
from django.urls import path


def log_in(request):
    user = authenticate(request, username=request.GET["u"], password=request.GET["p"])
    if user is None:
        return HttpResponse("refused", status=403)
    login(request, user)
    return HttpResponse("in")


def me(request):
    return HttpResponse(request.user.get_username() or "nobody")


def change(request):
    user = get_user_model().objects.get(pk=request.user.pk)
    user.set_password(request.GET["p"])
    user.save()
    if request.GET.get("keep"):
        update_session_auth_hash(request, user)
    return HttpResponse("changed")


def log_out(request):
    logout(request)
    return HttpResponse("out")


urlpatterns = [
    path("in/", log_in),
    path("me/", me),
    path("change/", change),
    path("out/", log_out),
]
