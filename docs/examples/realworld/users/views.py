"""Logging in, the own account, and profiles."""

from __future__ import annotations

from typing import Any

from fastjango.auth.hashers import amake_password
from fastjango.orm import IntegrityError
from fastjango.rest.exceptions import AuthenticationFailed, ValidationError
from fastjango.rest.permissions import AllowAny, IsAuthenticated
from fastjango.rest.response import Response
from fastjango.rest.views import APIView

from conduit.bodies import unwrap
from conduit.errors import Missing

from .models import Follow, User
from .serializers import LoginSerializer, UserSerializer, shown_profile, shown_user
from .tokens import token_for, token_of


class LoginView(APIView):
    """`POST /users/login`."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    async def post(self, request: Any) -> Response:
        """Return the account with this e-mail and password, and a token for it."""
        serializer = LoginSerializer(data=unwrap(request, "user"))
        await serializer.ais_valid(raise_exception=True)
        given = serializer.validated_data
        user = await User.objects.filter(email__iexact=given["email"], is_active=True).afirst()
        if user is None:
            # As much work as for an account that exists, so that the time tells nothing.
            await amake_password(given["password"])
        if user is None or not await user.acheck_password(given["password"]):
            raise AuthenticationFailed({"credentials": ["invalid"]})
        return Response(shown_user(user, await token_for(user)))


class RegistrationView(APIView):
    """`POST /users`."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    async def post(self, request: Any) -> Response:
        """Create an account and return it with a token."""
        serializer = UserSerializer(data=unwrap(request, "user"))
        await serializer.ais_valid(raise_exception=True)
        user = await serializer.asave()
        return Response(shown_user(user, await token_for(user)), status=201)


class UserView(APIView):
    """`GET` and `PUT /user`."""

    permission_classes = [IsAuthenticated]

    async def get(self, request: Any) -> Response:
        """Return the own account."""
        return Response(shown_user(request.user, token_of(request)))

    async def put(self, request: Any) -> Response:
        """Change the fields that the body names, of which there is at least one."""
        serializer = UserSerializer(request.user, data=unwrap(request, "user"), partial=True)
        await serializer.ais_valid(raise_exception=True)
        if not serializer.validated_data:
            raise ValidationError({"user": ["can't be blank"]})
        user = await serializer.asave()
        if "password" in serializer.validated_data:
            # A new password ends every other login, and not the one that asked for it.
            login = request.auth.login
            login.auth_hash = user.get_session_auth_hash()
            await login.asave(update_fields=["auth_hash"])
        return Response(shown_user(user, token_of(request)))


async def profile_or_404(username: str) -> User:
    """Return the user of a name.

    Raises:
        Missing: There is none.
    """
    user = await User.objects.filter(username=username, is_active=True).afirst()
    if user is None:
        raise Missing("profile")
    return user


class ProfileView(APIView):
    """`GET /profiles/<username>`."""

    permission_classes = [AllowAny]

    async def get(self, request: Any, username: str) -> Response:
        """Return a profile."""
        user = await profile_or_404(username)
        following = (
            request.user.is_authenticated
            and await Follow.objects.filter(follower=request.user, followed=user).aexists()
        )
        return Response({"profile": shown_profile(user, following)})


class FollowView(APIView):
    """`POST` and `DELETE /profiles/<username>/follow`."""

    permission_classes = [IsAuthenticated]

    async def post(self, request: Any, username: str) -> Response:
        """Follow somebody; doing so twice changes nothing."""
        user = await profile_or_404(username)
        try:
            await Follow.objects.aget_or_create(follower=request.user, followed=user)
        except IntegrityError:
            # The account was deleted meanwhile.
            raise Missing("profile") from None
        return Response({"profile": shown_profile(user, True)})

    async def delete(self, request: Any, username: str) -> Response:
        """Follow somebody no more."""
        user = await profile_or_404(username)
        await Follow.objects.filter(follower=request.user, followed=user).adelete()
        return Response({"profile": shown_profile(user, False)})
