"""The same site on FastJango; half of the views are asynchronous."""

from fastjango.auth import (
    aauthenticate,
    alogin,
    alogout,
    get_user_model,
    update_session_auth_hash,
)
from fastjango.http import HttpResponse, path


async def log_in(request):
    user = await aauthenticate(request, username=request.GET["u"], password=request.GET["p"])
    if user is None:
        return HttpResponse("refused", status=403)
    await alogin(request, user)
    return HttpResponse("in")


def me(request):
    return HttpResponse(request.user.get_username() or "nobody")


async def ame(request):
    return HttpResponse((await request.auser()).get_username() or "nobody")


def change(request):
    user = get_user_model().objects.get(pk=request.user.pk)
    user.set_password(request.GET["p"])
    user.save()
    if request.GET.get("keep"):
        update_session_auth_hash(request, user)
    return HttpResponse("changed")


async def log_out(request):
    await alogout(request)
    return HttpResponse("out")


urlpatterns = [
    path("in/", log_in),
    path("me/", me),
    path("ame/", ame),
    path("change/", change),
    path("out/", log_out),
]
