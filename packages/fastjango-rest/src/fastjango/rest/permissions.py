"""Who may do what: classes that views list, composable with `&`, `|` and `~`."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.http.exceptions import Http404
from fastjango.rest import exceptions
from fastjango.rest._calls import hook
from fastjango.rest._steps import Steps, arun_steps, run_steps

__all__ = ["AND", "NOT", "OR", "SAFE_METHODS", "AllowAny", "BasePermission",
           "BasePermissionMetaclass", "DjangoModelPermissions",
           "DjangoModelPermissionsOrAnonReadOnly", "DjangoObjectPermissions", "IsAdminUser",
           "IsAuthenticated", "IsAuthenticatedOrReadOnly", "OperandHolder",
           "OperationHolderMixin", "PolicyPermission", "SingleOperandHolder"]  # fmt: skip

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class OperationHolderMixin:
    """What makes permissions composable."""

    def __and__(self, other: Any) -> OperandHolder:
        return OperandHolder(AND, self, other)

    def __or__(self, other: Any) -> OperandHolder:
        return OperandHolder(OR, self, other)

    def __rand__(self, other: Any) -> OperandHolder:
        return OperandHolder(AND, other, self)

    def __ror__(self, other: Any) -> OperandHolder:
        return OperandHolder(OR, other, self)

    def __invert__(self) -> SingleOperandHolder:
        return SingleOperandHolder(NOT, self)


class SingleOperandHolder(OperationHolderMixin):
    """An operator and its operand; calling it makes the permission."""

    def __init__(self, operator_class: Any, op1_class: Any) -> None:
        self.operator_class: Any = operator_class
        self.op1_class: Any = op1_class

    @property
    def __name__(self) -> str:
        return f"~{self.op1_class.__name__}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.operator_class(self.op1_class(*args, **kwargs))


class OperandHolder(OperationHolderMixin):
    """An operator and its two operands; calling it makes the permission."""

    def __init__(self, operator_class: Any, op1_class: Any, op2_class: Any) -> None:
        self.operator_class: Any = operator_class
        self.op1_class: Any = op1_class
        self.op2_class: Any = op2_class

    @property
    def __name__(self) -> str:
        sign = "&" if self.operator_class is AND else "|"
        return f"({self.op1_class.__name__} {sign} {self.op2_class.__name__})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.operator_class(self.op1_class(*args, **kwargs), self.op2_class(*args, **kwargs))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OperandHolder) and (
            self.operator_class, self.op1_class, self.op2_class
        ) == (other.operator_class, other.op1_class, other.op2_class)  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.operator_class, self.op1_class, self.op2_class))


class _Twins:
    """Both edges of a permission whose thinking stands in `_granted` and `_object_granted`."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether a request may go on."""
        return bool(run_steps(self._granted(request, view)))

    async def ahas_permission(self, request: Any, view: Any) -> bool:
        """Whether a request may go on."""
        return bool(await arun_steps(self._granted(request, view)))

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether a request may go on for an object."""
        return bool(run_steps(self._object_granted(request, view, obj)))

    async def ahas_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether a request may go on for an object."""
        return bool(await arun_steps(self._object_granted(request, view, obj)))

    def _granted(self, request: Any, view: Any) -> Steps:
        raise NotImplementedError

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        raise NotImplementedError


class AND(_Twins):
    """Grants what both operands grant."""

    def __init__(self, op1: Any, op2: Any) -> None:
        self.op1: Any = op1
        self.op2: Any = op2

    def _granted(self, request: Any, view: Any) -> Steps:
        return (yield hook(self.op1, "has_permission", request, view)) and (
            yield hook(self.op2, "has_permission", request, view)
        )

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        return (yield hook(self.op1, "has_object_permission", request, view, obj)) and (
            yield hook(self.op2, "has_object_permission", request, view, obj)
        )


class OR(_Twins):
    """Grants what one of the operands grants, for the request and for the object."""

    def __init__(self, op1: Any, op2: Any) -> None:
        self.op1: Any = op1
        self.op2: Any = op2

    def _granted(self, request: Any, view: Any) -> Steps:
        return (yield hook(self.op1, "has_permission", request, view)) or (
            yield hook(self.op2, "has_permission", request, view)
        )

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        for operand in (self.op1, self.op2):
            if (yield hook(operand, "has_permission", request, view)) and (
                yield hook(operand, "has_object_permission", request, view, obj)
            ):
                return True
        return False


class NOT(_Twins):
    """Grants what the operand does not grant."""

    def __init__(self, op1: Any) -> None:
        self.op1 = op1

    def _granted(self, request: Any, view: Any) -> Steps:
        return not (yield hook(self.op1, "has_permission", request, view))

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        return not (yield hook(self.op1, "has_object_permission", request, view, obj))


class BasePermissionMetaclass(OperationHolderMixin, type):  # type: ignore[misc]  # | composes
    """What makes permission classes composable."""


class BasePermission(metaclass=BasePermissionMetaclass):
    """Base of permissions.

    Override `has_permission()` and `has_object_permission()`, or their twins with an `a` in front.
    A synchronous one that reads the database runs in a thread under asynchronous views.

    Attributes:
        message: The text of the refusal; the usual one if `None`.
        code: Its code.
    """

    def has_permission(self, request: Any, view: Any) -> Any:
        """Whether a request may go on."""
        return True

    async def ahas_permission(self, request: Any, view: Any) -> Any:
        """Whether a request may go on."""
        return True

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> Any:
        """Whether a request may go on for an object."""
        return True

    async def ahas_object_permission(self, request: Any, view: Any, obj: Any) -> Any:
        """Whether a request may go on for an object."""
        return True


class AllowAny(BasePermission):
    """Grants everything to everybody."""


class IsAuthenticated(BasePermission):
    """Grants everything to authenticated users."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether somebody is authenticated."""
        return bool(request.user and request.user.is_authenticated)


class IsAdminUser(BasePermission):
    """Grants everything to staff."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether a member of staff is authenticated."""
        return bool(request.user and request.user.is_staff)


class IsAuthenticatedOrReadOnly(BasePermission):
    """Grants reading to everybody, everything to authenticated users."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether the request reads, or somebody is authenticated."""
        return bool(
            request.method in SAFE_METHODS or (request.user and request.user.is_authenticated)
        )


def _queryset_of(permission: Any, view: Any) -> Steps:
    """Return the objects of a view.

    Raises:
        AssertionError: It has none.
    """
    if hasattr(view, "get_queryset"):
        queryset = yield hook(view, "get_queryset")
        if queryset is None:
            raise AssertionError(f"{type(view).__name__}.get_queryset() returned None")
        return queryset
    if getattr(view, "queryset", None) is None:
        raise AssertionError(
            f"Cannot apply {type(permission).__name__} on a view that does not set `.queryset` or "
            "have a `.get_queryset()` method."
        )
    return view.queryset


class DjangoModelPermissions(_Twins, BasePermission):
    """Asks the user for `add`, `change` and `delete` permissions on the view's model.

    Attributes:
        perms_map: Permissions by HTTP method.
        authenticated_users_only: Whether nobody else may even read.
    """

    perms_map: ClassVar[dict[str, list[str]]] = {
        "GET": [],
        "OPTIONS": [],
        "HEAD": [],
        "POST": ["%(app_label)s.add_%(model_name)s"],
        "PUT": ["%(app_label)s.change_%(model_name)s"],
        "PATCH": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.delete_%(model_name)s"],
    }
    authenticated_users_only = True

    def get_required_permissions(self, method: str, model_cls: Any) -> list[str]:
        """Return the permissions that a method needs.

        Raises:
            MethodNotAllowed: The method is not in the map.
        """
        if method not in self.perms_map:
            raise exceptions.MethodNotAllowed(method)
        names = {
            "app_label": model_cls._meta.app_label,
            "model_name": model_cls._meta.model_name,
        }
        return [permission % names for permission in self.perms_map[method]]

    def _granted(self, request: Any, view: Any) -> Steps:
        user = request.user
        if not user or (not user.is_authenticated and self.authenticated_users_only):
            return False
        if getattr(view, "_ignore_model_permissions", False):
            return True
        queryset = yield from _queryset_of(self, view)
        needed = self.get_required_permissions(request.method, queryset.model)
        if not needed:
            return True
        return (yield user.has_perms, user.ahas_perms, (needed,))

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        return True
        yield


class DjangoModelPermissionsOrAnonReadOnly(DjangoModelPermissions):
    """The same, but everybody may read."""

    authenticated_users_only = False


class DjangoObjectPermissions(DjangoModelPermissions):
    """Asks the user for permissions on the object itself; a backend has to know them.

    Whoever may not even read gets "not found".
    """

    perms_map: ClassVar[dict[str, list[str]]] = dict(DjangoModelPermissions.perms_map)

    def get_required_object_permissions(self, method: str, model_cls: Any) -> list[str]:
        """Return the permissions on an object that a method needs."""
        return self.get_required_permissions(method, model_cls)

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        user = request.user
        queryset = yield from _queryset_of(self, view)
        needed = self.get_required_object_permissions(request.method, queryset.model)
        if (yield user.has_perms, user.ahas_perms, (needed, obj)):
            return True
        if request.method in SAFE_METHODS:
            raise Http404
        reading = self.get_required_object_permissions("GET", queryset.model)
        if not (yield user.has_perms, user.ahas_perms, (reading, obj)):
            raise Http404
        return False


class PolicyPermission(_Twins, BasePermission):
    """Asks the policy of the view's model, see `fastjango.auth.policies`.

    Where the address names an object, that object is asked about: by `get_object()` in
    `retrieve`, `update`, `partial_update` and `destroy` as `mixins` has them, and before any other
    handler runs, which may never call it. Where the view finds its object in a way of its own and
    the lookup field names none, the question is the one about all objects.

    Attributes:
        actions: The question for each HTTP method, as in permission codenames.
    """

    actions: ClassVar[dict[str, str]] = {
        "GET": "view",
        "HEAD": "view",
        "OPTIONS": "view",
        "POST": "add",
        "PUT": "change",
        "PATCH": "change",
        "DELETE": "delete",
    }

    def _question(self, request: Any, view: Any) -> str:
        own: str | None = getattr(view, "policy_action", None)
        if request.method not in self.actions:
            raise exceptions.MethodNotAllowed(request.method)
        return own or self.actions[request.method]

    def _ask(self, request: Any, view: Any, model: Any, obj: Any) -> Any:
        name = f"{model._meta.app_label}.{self._question(request, view)}_{model._meta.model_name}"
        user = request.user
        return user.has_perm, user.ahas_perm, (name, obj)

    def _granted(self, request: Any, view: Any) -> Steps:
        if getattr(view, "_ignore_model_permissions", False):
            return True
        from fastjango.rest import _actions

        method = request.method.lower()
        action = _actions.mixed_in_action(view, method)
        lookup = {} if action in _actions.ABOUT_MANY else _lookup_of(view)
        if lookup and (action in _actions.ABOUT_ONE or not hasattr(view, method)):
            return True
        queryset = yield from _queryset_of(self, view)
        obj = (yield from _named_object(view, queryset, lookup)) if lookup else None
        return (yield self._ask(request, view, queryset.model, obj))

    def _object_granted(self, request: Any, view: Any, obj: Any) -> Steps:
        return (yield self._ask(request, view, type(obj), obj))


def _lookup_of(view: Any) -> dict[str, Any]:
    """Return the lookup of the object that the address names, empty if it names none."""
    field = getattr(view, "lookup_field", "pk")
    keyword = getattr(view, "lookup_url_kwarg", None) or field
    if keyword not in view.kwargs or getattr(view, "detail", None) is False:
        return {}
    return {field: view.kwargs[keyword]}


def _named_object(view: Any, queryset: Any, lookup: dict[str, Any]) -> Steps:
    """Return the object that a lookup finds; `None` if only the view knows what is meant.

    Raises:
        Http404: There is none.
    """
    from fastjango.rest import generics

    own: Any = generics.GenericAPIView
    cls: Any = type(view)  # pyright: ignore[reportUnknownVariableType]  # of any type

    def sync() -> Any:
        return generics.get_object_or_404(queryset, **lookup)

    async def twin() -> Any:
        return await generics.aget_object_or_404(queryset, **lookup)

    try:
        return (yield sync, twin, ())
    except Http404:
        for name in ("get_object", "aget_object"):
            if getattr(cls, name, None) not in (None, getattr(own, name)):
                return None
        raise
