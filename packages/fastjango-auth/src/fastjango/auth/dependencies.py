"""Dependencies: the user of a request for path operations, and rules about who that has to be.

They ask every registered scheme (`fastjango.auth.schemes`) and put all of them into the OpenAPI
document, as alternatives.

    @router.get("/articles/")
    async def articles(user: Annotated[User, Depends(require_user)]): ...

    @router.delete("/articles/{pk}", dependencies=[Depends(require_perm("blog.delete_article"))])
    async def remove(pk: int): ...
"""

# Models and querysets are of any kind.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path
from fastapi.openapi.models import SecurityBase as SecurityModel
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from fastjango.auth._texts import is_unstorable
from fastjango.auth.events import log_event
from fastjango.auth.exceptions import UnknownSchemeError
from fastjango.auth.models import AnonymousUser
from fastjango.auth.policies import narrowed, policy_of
from fastjango.auth.schemes import (
    Authenticated,
    AuthScheme,
    authenticate_request,
    challenge,
    registered_schemes,
    scopes_of,
)
from fastjango.http.request import HttpRequest

__all__ = [
    "CurrentUser",
    "Requirement",
    "allowed_object",
    "allowed_rows",
    "current_auth",
    "current_user",
    "optional_user",
    "require_perm",
    "require_staff",
    "require_superuser",
    "require_user",
]


class _Described(SecurityBase):
    """Puts a scheme into the OpenAPI document; asking it is left to the dependency around."""

    def __init__(self, scheme: AuthScheme) -> None:
        self.scheme_name = scheme.name
        self.model: SecurityModel = scheme.openapi()

    async def __call__(self) -> None:
        """Do nothing; what is not asynchronous would go to a thread for each request."""


def _request_of(connection: HTTPConnection) -> Any:
    """Return our request of a connection; that of a WebSocket is the WebSocket."""
    if connection.scope["type"] == "http":
        return HttpRequest.from_scope(connection.scope)
    return _Socket(connection)


class _Socket:
    """What schemes look at of a WebSocket."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.scope = connection.scope
        self.client = connection.client
        self.url = connection.url
        self.headers = connection.headers
        self.COOKIES = connection.cookies
        self.META: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in connection.headers.items()
        }
        if "session" in connection.scope:
            self.session = connection.scope["session"]
        if "auser" in connection.scope:
            self.auser = connection.scope["auser"]
        self.user: Any = None
        self.auth: Any = None


class Requirement:
    """A dependency that finds the user and may refuse them.

    Args:
        name: What lists of routes call it.
        schemes: Names of the schemes to accept; all by default. One that nobody has registered is
            an `UnknownSchemeError` as soon as a route is made with it.
        perms: Permissions that the user must have.
        anonymous: Whether nobody is let through as well, as an `AnonymousUser`.
        staff: Whether only staff is let through.
        superuser: Whether only superusers are let through.
    """

    # The scope is all it looks at: a route without other needs answers on its shortest way.
    needs_exit_stacks = False

    def __init__(
        self,
        name: str,
        *,
        schemes: Iterable[str] | None = None,
        perms: Iterable[str] = (),
        anonymous: bool = False,
        staff: bool = False,
        superuser: bool = False,
    ) -> None:
        self.__name__ = name
        self.schemes = None if schemes is None else tuple(dict.fromkeys(schemes))
        self.perms = tuple(perms)
        self.anonymous = anonymous
        self.staff = staff
        self.superuser = superuser

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__name__!r}>"

    def _schemes(self) -> list[AuthScheme]:
        known = registered_schemes()
        if self.schemes is None:
            return known
        chosen = [scheme for scheme in known if scheme.name in self.schemes]
        if len(chosen) != len(self.schemes):
            raise UnknownSchemeError(self.__name__, self.schemes, [one.name for one in known])
        return chosen

    def _own_parameters(self) -> list[Parameter]:
        """Parameters that a subclass adds to what FastAPI passes."""
        return []

    @property
    def __signature__(self) -> Signature:
        # Read by FastAPI when a route is made: all schemes are registered by then.
        kind = Parameter.KEYWORD_ONLY
        described = [
            Parameter(
                f"scheme_{number}", kind, annotation=Annotated[None, Depends(_Described(scheme))]
            )
            for number, scheme in enumerate(self._schemes())
        ]
        return Signature(
            [
                Parameter("connection", kind, annotation=HTTPConnection),
                Parameter("security_scopes", kind, annotation=SecurityScopes),
                *self._own_parameters(),
                *described,
            ]
        )

    async def __call__(
        self, *, connection: HTTPConnection, security_scopes: SecurityScopes, **given: Any
    ) -> Any:
        """Return the user.

        Raises:
            HTTPException: Nobody has authenticated (401), or the user may not do this (403).
        """
        found = await self._find(connection, security_scopes)
        return AnonymousUser() if found is None else found.user

    async def _find(
        self, connection: HTTPConnection, security_scopes: SecurityScopes
    ) -> Authenticated | None:
        request = _request_of(connection)
        schemes = self._schemes()
        found = await authenticate_request(request, schemes)
        if found is None:
            if self.anonymous:
                return None
            raise HTTPException(401, "Not authenticated", headers=challenge(request, schemes))
        try:
            self._check_scopes(found.auth, security_scopes)
            await self._check_user(found.user)
        except HTTPException as error:
            rule = ", ".join([self.__name__, *(f"scope {one}" for one in security_scopes.scopes)])
            log_event("permission_denied", request, found.user, rule=rule, reason=error.detail)
            raise
        return found

    def _check_scopes(self, auth: Any, wanted: SecurityScopes) -> None:
        held = scopes_of(auth)
        if not wanted.scopes or held is None or held.issuperset(wanted.scopes):
            return
        # RFC 6750, section 3.1
        header = f'Bearer error="insufficient_scope", scope="{wanted.scope_str}"'
        raise HTTPException(403, "Not enough scopes", headers={"WWW-Authenticate": header})

    async def _check_user(self, user: Any) -> None:
        allowed = (
            (not self.staff or bool(getattr(user, "is_staff", False)))
            and (not self.superuser or bool(getattr(user, "is_superuser", False)))
            and (not self.perms or await user.ahas_perms(self.perms))
        )
        if not allowed:
            raise HTTPException(403, "You do not have permission to do this.")


class _Auth(Requirement):
    """Returns what the scheme knows of the credentials instead of the user."""

    async def __call__(
        self, *, connection: HTTPConnection, security_scopes: SecurityScopes, **given: Any
    ) -> Any:
        found = await self._find(connection, security_scopes)
        return None if found is None else found.auth


#: The user, an `AnonymousUser` if nobody has authenticated.
current_user = Requirement("current_user", anonymous=True)

#: The same under a name that says so.
optional_user = current_user

#: The user; a 401 if nobody has authenticated.
require_user = Requirement("login")

#: The user; a 403 for who is not marked as staff.
require_staff = Requirement("staff", staff=True)

#: The user; a 403 for who is no superuser.
require_superuser = Requirement("superuser", superuser=True)

#: The credentials that the request came with: `None` for a session, else a token.
current_auth = _Auth("login")

#: Annotation for a parameter that takes the user: `user: CurrentUser`.
CurrentUser = Annotated[Any, Depends(current_user)]


def require_perm(*perms: str, schemes: Iterable[str] | None = None) -> Requirement:
    """Return a dependency that gives the user, if they have every one of some permissions.

    Args:
        perms: App label and codename: `blog.change_article`.
        schemes: Names of the schemes to accept; all by default.

    Raises:
        TypeError: No permission was named.
        ValueError: A name is not of the form `app_label.codename`.
    """
    if not perms:
        raise TypeError("require_perm() needs the names of permissions.")
    for perm in perms:
        if perm.count(".") != 1:
            raise ValueError(
                f"Permission name should be in the form app_label.permission_codename, not "
                f"{perm!r}."
            )
    return Requirement(f"permission {' and '.join(perms)}", perms=perms, schemes=schemes)


class _Rows(Requirement):
    """Gives the rows of a model that the policy lets the user have."""

    def __init__(self, action: str, model: Any) -> None:
        super().__init__(f"policy {action} {model._meta.label_lower}", anonymous=True)
        self.action = action
        self.model = model

    async def _rows(self, connection: HTTPConnection, scopes: SecurityScopes) -> Any:
        found = await self._find(connection, scopes)
        user = AnonymousUser() if found is None else found.user
        answer = await policy_of(self.model).arows(user, self.action)
        if answer is False:
            if found is None:
                headers = challenge(_request_of(connection))
                raise HTTPException(401, "Not authenticated", headers=headers)
            request = _request_of(connection)
            log_event("permission_denied", request, user, rule=self.__name__)
            raise HTTPException(403, "You do not have permission to do this.")
        return narrowed(self.model._default_manager.all(), answer)

    async def __call__(
        self, *, connection: HTTPConnection, security_scopes: SecurityScopes, **given: Any
    ) -> Any:
        return await self._rows(connection, security_scopes)


class _Object(_Rows):
    """Gives the object that the path names, if the policy lets the user have it."""

    def __init__(self, action: str, model: Any, parameter: str) -> None:
        super().__init__(action, model)
        self.parameter = parameter

    def _own_parameters(self) -> list[Parameter]:
        annotation: Any = Annotated[_key_type(self.model), Path()]
        return [Parameter(self.parameter, Parameter.KEYWORD_ONLY, annotation=annotation)]

    async def __call__(
        self, *, connection: HTTPConnection, security_scopes: SecurityScopes, **given: Any
    ) -> Any:
        rows = await self._rows(connection, security_scopes)
        key = given[self.parameter]
        found = None if is_unstorable(key) else await rows.filter(pk=key).afirst()
        if found is None:
            # Whether there is such an object is nobody's business who may not have it.
            raise HTTPException(404, "Not found")
        return found


def _key_type(model: Any) -> Any:
    """Return the type of a primary key, as the path of a URL is read."""
    from uuid import UUID

    kind = model._meta.pk.get_internal_type()
    if kind == "UUIDField":
        return UUID
    if kind.endswith(("AutoField", "IntegerField")):
        # What no database takes is no row of it.
        return Annotated[int, Path(ge=-(2**63), lt=2**63)]
    return str


def allowed_rows(action: str, model: Any) -> Requirement:
    """Return a dependency that gives the rows of a model that the policy lets the user have.

    Args:
        action: What is to be done: `view`, `change` or another action of the policy.
        model: The model; it needs a registered policy.

    Returns:
        A dependency whose value is a queryset. It answers 401 or 403 if the policy gives no rows.
    """
    return _Rows(action, model)


def allowed_object(action: str, model: Any, parameter: str = "pk") -> Requirement:
    """Return a dependency that gives the object that the path names.

    Args:
        action: What is to be done: `view`, `change` or another action of the policy.
        model: The model; it needs a registered policy.
        parameter: Path parameter with the primary key.

    Returns:
        A dependency whose value is the object. It answers 404 for an object that the user may not
        have, just as for one that does not exist.
    """
    return _Object(action, model, parameter)
