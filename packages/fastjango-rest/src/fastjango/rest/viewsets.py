"""View sets: classes whose methods are actions, bound to HTTP methods by a router."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# What the other base classes hand on is of any type.

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.http.exceptions import NoReverseMatch
from fastjango.rest import generics, mixins, views
from fastjango.rest._handlers import check_initkwargs, make_view
from fastjango.rest.decorators import MethodMapper
from fastjango.rest.reverse import reverse
from fastjango.values.decorators import classonlymethod

__all__ = ["GenericViewSet", "ModelViewSet", "ReadOnlyModelViewSet", "ViewSet",
           "ViewSetMixin"]  # fmt: skip


def _is_extra_action(attribute: Any) -> bool:
    return isinstance(getattr(attribute, "mapping", None), MethodMapper)


class ViewSetMixin:
    """What turns a view into a view set: `as_view({"get": "list"})` binds actions.

    Attributes:
        name: The name for people; made of the class's name if `None`.
        description: The description for people; the docstring if `None`.
        suffix: `"List"` or `"Instance"`, set by routers.
        detail: Whether the address names one object, set by routers.
        basename: What route names begin with, set by routers.
        action: The action of the current request.
        action_map: Actions by method, in lower case.
    """

    name: str | None = None
    description: str | None = None
    suffix: str | None = None
    detail: bool | None = None
    basename: str | None = None
    action: str | None = None
    action_map: dict[str, str]
    request: Any
    args: Any
    kwargs: Any

    @classonlymethod
    def as_view(
        cls: Any,  # noqa: N805 - a class method
        actions: dict[str, str] | None = None,
        **initkwargs: Any,
    ) -> Callable[..., Any]:
        """Return a view for a URLconf.

        Args:
            actions: Names of actions by HTTP method, in lower case.
            initkwargs: Values for attributes that the class has.

        Raises:
            TypeError: There are no actions, or a name is no attribute.
        """
        if not actions:
            raise TypeError(
                "The `actions` argument must be provided when calling `.as_view()` on a ViewSet. "
                "For example `.as_view({'get': 'list'})`"
            )
        check_initkwargs(cls, initkwargs)
        if "name" in initkwargs and "suffix" in initkwargs:
            raise TypeError(
                f"{cls.__name__}() received both `name` and `suffix`, which are mutually exclusive "
                "arguments."
            )
        for action in actions.values():
            if not hasattr(cls, action):
                raise AttributeError(
                    f"{cls.__name__} has no action {action!r}. as_view() was given {actions!r}."
                )
        bound = dict(actions)
        if "get" in bound and "head" not in bound:
            bound["head"] = bound["get"]

        def bind(request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            self = cls(**initkwargs)
            self.action_map = bound
            for method, action in bound.items():
                setattr(self, method, getattr(self, action))
            self.request, self.args, self.kwargs = request, args, kwargs
            return self

        view = make_view(cls, initkwargs, bind)
        view.actions = dict(actions)
        result: Callable[..., Any] = view
        return result

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the API's request, and set `action`."""
        made: Any = super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]  # pyright: ignore
        method = made.method.lower()
        self.action = "metadata" if method == "options" else self.action_map.get(method)
        return made

    def reverse_action(self, url_name: str, *args: Any, **kwargs: Any) -> str:
        """Return the address of an action of this view set.

        Args:
            url_name: The part of the route's name after the base name.
            args: What `reverse()` takes.
            kwargs: The same by name.
        """
        name = f"{self.basename}-{url_name}"
        match = self.request.resolver_match if self.request else None
        if match is not None and match.namespace:
            name = f"{match.namespace}:{name}"
        kwargs.setdefault("request", self.request)
        return reverse(name, *args, **kwargs)

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        """Return the methods that `@action` marks, in the order of their names.

        Raises:
            AssertionError: A decorator has changed a method's name.
        """
        found: list[Any] = []
        for name in sorted(dir(cls)):
            method = getattr(cls, name)
            if not _is_extra_action(method):
                continue
            if method.__name__ != name:
                raise AssertionError(
                    f"Expected function (`{method.__name__}`) to match its attribute name "
                    f"(`{name}`). If using a decorator, ensure the inner function is decorated "
                    f"with `functools.wraps`, or that `{method.__name__}.__name__` is otherwise "
                    f"set to `{name}`."
                )
            found.append(method)
        return found

    def get_extra_action_url_map(self) -> dict[str, str]:
        """Return the addresses of the extra actions by name, as far as the address here tells."""
        found: dict[str, str] = {}
        if self.detail is None:
            return found
        for action in self.get_extra_actions():
            if action.detail != self.detail:
                continue
            try:
                url = self.reverse_action(action.url_name, args=self.args, kwargs=self.kwargs)
            except NoReverseMatch:
                # It needs further arguments.
                continue
            view: Any = self.__class__(**action.kwargs)
            found[view.get_view_name()] = url
        return found


class ViewSet(ViewSetMixin, views.APIView):
    """A view set without actions of its own."""


class GenericViewSet(ViewSetMixin, generics.GenericAPIView):
    """A view set with a queryset and a serializer, without actions of its own."""


class ReadOnlyModelViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet):
    """`list` and `retrieve`."""


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """`list`, `create`, `retrieve`, `update`, `partial_update` and `destroy`."""
