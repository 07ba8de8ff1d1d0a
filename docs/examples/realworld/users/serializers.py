"""What is read and shown of users."""

from __future__ import annotations

from typing import Any

from fastjango.orm import IntegrityError
from fastjango.rest import serializers

from conduit.errors import Taken
from conduit.fields import Address, Text

from .models import User, name_validator


def _blank_as_none(value: str | None) -> str | None:
    return value or None


class UserSerializer(serializers.ModelSerializer):
    """An account, as its owner creates and changes it."""

    username = Text(max_length=150, validators=[name_validator])
    email = Address(max_length=254)
    password = Text(max_length=1000, write_only=True, trim_whitespace=False)
    bio = Text(max_length=10_000, required=False, allow_null=True, allow_blank=True)
    image = Text(max_length=2000, required=False, allow_null=True, allow_blank=True)

    class Meta:
        model = User
        fields = ["email", "username", "password", "bio", "image"]

    async def avalidate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse names that are taken, all of them at once."""
        others = User.objects.all()
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        taken: dict[str, list[Any]] = {}
        for field, lookup in (("username", "username"), ("email", "email__iexact")):
            if field in attrs and await others.filter(**{lookup: attrs[field]}).aexists():
                taken[field] = [serializers.ErrorDetail("has already been taken", "unique")]
        if taken:
            raise serializers.ValidationError(taken)
        return attrs

    def validate_bio(self, value: str | None) -> str | None:
        """An empty text is none."""
        return _blank_as_none(value)

    def validate_image(self, value: str | None) -> str | None:
        """An empty text is none."""
        return _blank_as_none(value)

    async def acreate(self, validated_data: dict[str, Any]) -> User:
        """Create the account with its password hashed."""
        try:
            return await User.objects.acreate_user(**validated_data)
        except IntegrityError:
            # Somebody took the name between the question and the answer.
            raise Taken("username", "email") from None

    async def aupdate(self, instance: User, validated_data: dict[str, Any]) -> User:
        """Change the account; a new password is hashed."""
        password = validated_data.pop("password", None)
        if password is not None:
            await instance.aset_password(password)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            await instance.asave()
        except IntegrityError:
            detail = serializers.ErrorDetail("has already been taken", "unique")
            raise serializers.ValidationError({"username": [detail]}) from None
        return instance


class LoginSerializer(serializers.Serializer):
    """What somebody logs in with."""

    email = Text(max_length=254)
    password = Text(max_length=1000, trim_whitespace=False)


def shown_user(user: User, token: str) -> dict[str, Any]:
    """Return an account as its owner sees it."""
    return {
        "user": {
            "email": user.email,
            "token": token,
            "username": user.username,
            "bio": user.bio,
            "image": user.image,
        }
    }


def shown_profile(user: Any, following: bool) -> dict[str, Any]:
    """Return an account as others see it."""
    return {
        "username": user.username,
        "bio": user.bio,
        "image": user.image,
        "following": following,
    }
