"""Users, groups and permissions, on Django's tables."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# `Meta` and `objects` of a subclass stand for themselves.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any, ClassVar, TypeVar, cast

from fastjango.auth._permissions import UserPermissions
from fastjango.auth.base_user import AbstractBaseUser, BaseUserManager
from fastjango.auth.hashers import amake_password, make_password
from fastjango.auth.validators import UnicodeUsernameValidator
from fastjango.contenttypes.models import ContentType
from fastjango.core import apps, timezone
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models
from fastjango.orm.manager import EmptyManager

__all__ = [
    "AbstractUser",
    "AnonymousUser",
    "Group",
    "GroupManager",
    "Permission",
    "PermissionManager",
    "PermissionsMixin",
    "User",
    "UserManager",
    "aupdate_last_login",
    "update_last_login",
]

UserT = TypeVar("UserT", bound=Any)


def update_last_login(sender: Any, user: Any, **kwargs: Any) -> None:
    """Note the time of a login; receives `user_logged_in`."""
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])


async def aupdate_last_login(sender: Any, user: Any, **kwargs: Any) -> None:
    """Do what `update_last_login` does."""
    user.last_login = timezone.now()
    await user.asave(update_fields=["last_login"])


class PermissionManager(models.Manager["Permission"]):
    """Finds permissions."""

    use_in_migrations = True

    def get_by_natural_key(self, codename: str, app_label: str, model: str) -> Permission:
        """Return the permission of this codename for a model.

        Raises:
            DoesNotExist: There is none.
        """
        types = cast("Any", ContentType.objects.db_manager(self.db))
        return self.get(codename=codename, content_type=types.get_by_natural_key(app_label, model))

    async def aget_by_natural_key(self, codename: str, app_label: str, model: str) -> Permission:
        """Do what `get_by_natural_key` does."""
        types = cast("Any", ContentType.objects.db_manager(self.db))
        content_type = await types.aget_by_natural_key(app_label, model)
        return await self.aget(codename=codename, content_type=content_type)


class Permission(models.Model):
    """What one may do to the objects of a model.

    Four are made for every model after migrations: add, change, delete and view.
    """

    id = models.AutoField(verbose_name="ID", primary_key=True, auto_created=True)
    name = models.CharField(_("name"), max_length=255)
    content_type = models.ForeignKey(ContentType, models.CASCADE, verbose_name=_("content type"))
    codename = models.CharField(_("codename"), max_length=100)

    objects = PermissionManager()

    class Meta:
        app_label = "auth"
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        unique_together = [["content_type", "codename"]]
        ordering = ["content_type__app_label", "content_type__model", "codename"]

    def __str__(self) -> str:
        return f"{self.content_type} | {self.name}"

    @property
    def user_perm_str(self) -> str:
        """The permission as `has_perm` takes it."""
        return f"{self.content_type.app_label}.{self.codename}"

    def natural_key(self) -> tuple[str, ...]:
        """Return codename, label and model, which fixtures use instead of the id."""
        return (self.codename, *self.content_type.natural_key())

    natural_key.dependencies = ["contenttypes.contenttype"]  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark


class GroupManager(models.Manager["Group"]):
    """Finds groups."""

    use_in_migrations = True

    def get_by_natural_key(self, name: str) -> Group:
        """Return the group of this name.

        Raises:
            DoesNotExist: There is none.
        """
        return self.get(name=name)

    async def aget_by_natural_key(self, name: str) -> Group:
        """Do what `get_by_natural_key` does."""
        return await self.aget(name=name)


class Group(models.Model):
    """Users who have some permissions in common."""

    id = models.AutoField(verbose_name="ID", primary_key=True, auto_created=True)
    name = models.CharField(_("name"), max_length=150, unique=True)
    permissions = models.ManyToManyField(Permission, verbose_name=_("permissions"), blank=True)

    objects = GroupManager()

    class Meta:
        app_label = "auth"
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, ...]:
        """Return the name, which fixtures use instead of the id."""
        return (self.name,)


class UserManager(BaseUserManager[UserT]):
    """Makes and finds users that have a name and an address."""

    use_in_migrations = True

    def _new_user(self, username: str, email: str | None, fields: dict[str, Any]) -> Any:
        if not username:
            raise ValueError("The given username must be set")
        # In a migration `self.model` is historical and lacks the methods of the real one.
        opts = self.model._meta
        real = apps.get_model(opts.app_label, opts.object_name)
        return self.model(
            username=real.normalize_username(username),
            email=self.normalize_email(email),
            **fields,
        )

    def _create_user(
        self, username: str, email: str | None, password: str | None, **extra_fields: Any
    ) -> UserT:
        user: UserT = self._new_user(username, email, extra_fields)
        user.password = make_password(password)
        user.save(using=self._db)
        return user

    async def _acreate_user(
        self, username: str, email: str | None, password: str | None, **extra_fields: Any
    ) -> UserT:
        user: UserT = self._new_user(username, email, extra_fields)
        user.password = await amake_password(password)
        await user.asave(using=self._db)
        return user

    def create_user(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> UserT:
        """Save a new user and return it.

        Args:
            password: `None` makes a user that cannot log in by password.
            extra_fields: Values of other fields.

        Raises:
            ValueError: The name is empty.
        """
        fields = {"is_staff": False, "is_superuser": False, **extra_fields}
        return self._create_user(username, email, password, **fields)

    create_user.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark

    async def acreate_user(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> UserT:
        """Do what `create_user` does, hashing in a worker thread."""
        fields = {"is_staff": False, "is_superuser": False, **extra_fields}
        return await self._acreate_user(username, email, password, **fields)

    acreate_user.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> UserT:
        """Save a new user who may do everything and return it.

        Raises:
            ValueError: The name is empty, or the fields say that this is no superuser.
        """
        return self._create_user(username, email, password, **_superuser_fields(extra_fields))

    create_superuser.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark

    async def acreate_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> UserT:
        """Do what `create_superuser` does, hashing in a worker thread."""
        fields = _superuser_fields(extra_fields)
        return await self._acreate_user(username, email, password, **fields)

    acreate_superuser.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark

    def with_perm(
        self,
        perm: Any,
        is_active: bool | None = True,
        include_superusers: bool = True,
        backend: str | None = None,
        obj: Any = None,
    ) -> Any:
        """Return the users who have a permission, as a queryset.

        Args:
            perm: A permission, or a text as `has_perm` takes it.
            is_active: Only active users, only others, or all if `None`.
            include_superusers: Whether superusers count, who have every permission.
            backend: Path of the backend to ask; may be left out if there is one only.
            obj: The object that the permission is for.

        Raises:
            TypeError: `backend` is no text.
            ValueError: There are several backends and none was named.
        """
        from fastjango.auth.authentication import get_backends, load_backend

        if backend is None:
            backends = get_backends()
            if len(backends) != 1:
                raise ValueError(
                    "You have multiple authentication backends configured and therefore must "
                    "provide the `backend` argument."
                )
            chosen = backends[0]
        elif not isinstance(backend, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise TypeError(f"backend must be a dotted import path string (got {backend!r}).")
        else:
            chosen = load_backend(backend)
        if not hasattr(chosen, "with_perm"):
            return self.none()
        return chosen.with_perm(
            perm, is_active=is_active, include_superusers=include_superusers, obj=obj
        )


def _superuser_fields(extra_fields: dict[str, Any]) -> dict[str, Any]:
    fields = {"is_staff": True, "is_superuser": True, **extra_fields}
    for name in ("is_staff", "is_superuser"):
        if fields[name] is not True:
            raise ValueError(f"Superuser must have {name}=True.")
    return fields


class PermissionsMixin(UserPermissions, models.Model):
    """Groups and permissions for a model of users."""

    is_superuser = models.BooleanField(
        _("superuser status"),
        default=False,
        help_text=_(
            "Designates that this user has all permissions without explicitly assigning them."
        ),
    )
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("groups"),
        blank=True,
        help_text=_(
            "The groups this user belongs to. A user will get all permissions "
            "granted to each of their groups."
        ),
        related_name="user_set",
        related_query_name="user",
    )
    user_permissions = models.ManyToManyField(
        Permission,
        verbose_name=_("user permissions"),
        blank=True,
        help_text=_("Specific permissions for this user."),
        related_name="user_set",
        related_query_name="user",
    )

    class Meta:
        abstract = True


class AbstractUser(AbstractBaseUser, PermissionsMixin):
    """A user with names, an address, and marks for staff and for being active."""

    username_validator = UnicodeUsernameValidator()

    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        help_text=_("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        validators=[username_validator],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    email = models.EmailField(_("email address"), blank=True)
    is_staff = models.BooleanField(
        _("staff status"),
        default=False,
        help_text=_("Designates whether the user can log into this admin site."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Designates whether this user should be treated as active. "
            "Unselect this instead of deleting accounts."
        ),
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        abstract = True

    def clean(self) -> None:
        """Bring name and address into their normal forms."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """Return the first name."""
        return self.first_name

    def email_user(
        self, subject: str, message: str, from_email: str | None = None, **kwargs: Any
    ) -> None:
        """Send the user a mail; see `fastjango.mail.send_mail` for the arguments."""
        from fastjango.mail import send_mail

        send_mail(subject, message, from_email, [self.email], **kwargs)

    async def aemail_user(
        self, subject: str, message: str, from_email: str | None = None, **kwargs: Any
    ) -> None:
        """Do what `email_user` does."""
        from fastjango.mail import asend_mail

        await asend_mail(subject, message, from_email, [self.email], **kwargs)


class User(AbstractUser):
    """A user of the site."""

    id = models.AutoField(verbose_name="ID", primary_key=True, auto_created=True)

    class Meta(AbstractUser.Meta):
        app_label = "auth"
        swappable = "AUTH_USER_MODEL"
        abstract = False


_NO_ROW = "Django doesn't provide a DB representation for AnonymousUser."


class AnonymousUser(UserPermissions):
    """Whoever has not logged in; backends may give permissions to them as well."""

    id = None
    pk = None
    username = ""
    is_staff = False
    is_active = False
    is_superuser = False
    _groups: ClassVar[Any] = EmptyManager(Group)
    _user_permissions: ClassVar[Any] = EmptyManager(Permission)

    def __str__(self) -> str:
        return "AnonymousUser"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__)

    def __hash__(self) -> int:
        return 1  # all are equal

    def __int__(self) -> int:
        raise TypeError(
            "Cannot cast AnonymousUser to int. Are you trying to use it in place of User?"
        )

    def save(self) -> None:
        """Refuse: nobody has no row."""
        raise NotImplementedError(_NO_ROW)

    def delete(self) -> None:
        """Refuse: nobody has no row."""
        raise NotImplementedError(_NO_ROW)

    def set_password(self, raw_password: str | None) -> None:
        """Refuse: nobody has no password."""
        raise NotImplementedError(_NO_ROW)

    def check_password(self, raw_password: str | None) -> bool:
        """Refuse: nobody has no password."""
        raise NotImplementedError(_NO_ROW)

    @property
    def groups(self) -> Any:
        """No groups."""
        return self._groups

    @property
    def user_permissions(self) -> Any:
        """No permissions."""
        return self._user_permissions

    def get_group_permissions(self, obj: Any = None) -> set[str]:
        """Return nothing: nobody is in no group."""
        return set()

    async def aget_group_permissions(self, obj: Any = None) -> set[str]:
        """Return nothing: nobody is in no group."""
        return set()

    @property
    def is_anonymous(self) -> bool:
        """`True`: this is nobody."""
        return True

    @property
    def is_authenticated(self) -> bool:
        """`False`: this is nobody."""
        return False

    def get_username(self) -> str:
        """Return an empty name."""
        return self.username
