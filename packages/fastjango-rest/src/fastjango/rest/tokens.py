"""Handing out the tokens of `fastjango.auth.authtoken` for a user name and a password."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Serializers are dynamic.

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastjango.auth import aauthenticate, authenticate
from fastjango.auth.hooks import afactors_of, factors_of
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest import parsers, renderers, serializers
from fastjango.rest.response import Response
from fastjango.rest.views import APIView

__all__ = ["AuthTokenSerializer", "ObtainAuthToken", "obtain_auth_token"]


class AuthTokenSerializer(serializers.Serializer):
    """A user name and a password, which `validate()` turns into the `user`."""

    username: Any = serializers.CharField(label=_("Username"), write_only=True)
    password: Any = serializers.CharField(
        label=_("Password"),
        style={"input_type": "password"},
        trim_whitespace=False,
        write_only=True,
    )
    token: Any = serializers.CharField(label=_("Token"), read_only=True)

    def validate(self, attrs: Any) -> Any:
        """Return the values with the user who has these credentials."""
        credentials = self._credentials(attrs)
        user = authenticate(**credentials)
        return self._with_user(attrs, user, user and factors_of(credentials["request"], user))

    async def avalidate(self, attrs: Any) -> Any:
        """Return the values with the user who has these credentials."""
        credentials = self._credentials(attrs)
        user = await aauthenticate(**credentials)
        factors = user and await afactors_of(credentials["request"], user)
        return self._with_user(attrs, user, factors)

    def _credentials(self, attrs: Any) -> dict[str, Any]:
        request = self.context.get("request")
        return {"request": request, "username": attrs["username"], "password": attrs["password"]}

    def _with_user(self, attrs: Any, user: Any, factors: Any) -> Any:
        if not user:
            message = _("Unable to log in with provided credentials.")
            raise serializers.ValidationError(message, code="authorization")
        if factors:
            message = _("This account needs a second step; a password gives no tokens.")
            raise serializers.ValidationError(message, code="authorization")
        return {**attrs, "user": user}


class ObtainAuthToken(APIView):
    """POST a user name and a password; the answer has the user's token."""

    throttle_classes: Any = ()
    permission_classes: Any = ()
    parser_classes: Any = (parsers.FormParser, parsers.MultiPartParser, parsers.JSONParser)
    renderer_classes: Any = (renderers.JSONRenderer,)
    serializer_class: Any = AuthTokenSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what the serializer is told."""
        return {"request": self.request, "format": self.format_kwarg, "view": self}

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return a serializer; it is told of the request."""
        return self.serializer_class(*args, context=self.get_serializer_context(), **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the token of the user whose credentials these are; it is made at need."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, _created = _tokens().get_or_create(user=serializer.validated_data["user"])
        return Response({"token": token.key})

    async def apost(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the token of the user whose credentials these are; it is made at need."""
        serializer = self.get_serializer(data=request.data)
        await serializer.ais_valid(raise_exception=True)
        token, _created = await _tokens().aget_or_create(user=serializer.validated_data["user"])
        return Response({"token": token.key})


def _tokens() -> Any:
    # Its model needs the app, which not every project has.
    return import_module("fastjango.auth.authtoken.models").Token.objects


obtain_auth_token: Any = ObtainAuthToken.as_view()
