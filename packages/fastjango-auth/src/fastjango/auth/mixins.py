"""Mixins that say who may use a class-based view; write them before the view class.

Views with asynchronous handlers are guarded without waiting in the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable
from typing import Any, ClassVar, cast

from fastjango.auth.events import log_event
from fastjango.auth.logins import REDIRECT_FIELD_NAME
from fastjango.auth.redirects import login_redirect
from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured, PermissionDenied
from fastjango.core.twins import calls_twin
from fastjango.http.aio import run_in_thread
from fastjango.values.decorators import iscoroutinefunction

__all__ = [
    "AccessMixin",
    "LoginRequiredMixin",
    "PermissionRequiredMixin",
    "PolicyRequiredMixin",
    "UserPassesTestMixin",
]


class AccessMixin:
    """What happens to users who may not use the view.

    Attributes:
        login_url: Path or URL name of the login page; `LOGIN_URL` by default.
        permission_denied_message: What the 403 says.
        raise_exception: Answer with a 403 even those who have not logged in.
        redirect_field_name: Query parameter that tells the login page where to lead back to.
    """

    login_url: Any = None
    permission_denied_message: str = ""
    raise_exception: bool = False
    redirect_field_name: str | None = REDIRECT_FIELD_NAME
    request: Any
    view_is_async: ClassVar[Any]

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return the rules of the view, for lists of routes.

        Args:
            options: The arguments of `as_view`.
        """
        return []

    def get_login_url(self) -> str:
        """Return the login page.

        Raises:
            ImproperlyConfigured: Neither the view nor the settings name one.
        """
        login_url = self.login_url or settings.LOGIN_URL
        if not login_url:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} is missing the login_url attribute. Define {name}.login_url, "
                f"settings.LOGIN_URL, or override {name}.get_login_url()."
            )
        return str(login_url)

    def get_permission_denied_message(self) -> str:
        """Return what the 403 says."""
        return self.permission_denied_message

    def get_redirect_field_name(self) -> str | None:
        """Return the query parameter that tells the login page where to lead back to."""
        return self.redirect_field_name

    def handle_no_permission(self) -> Any:
        """Return a redirect to the login page.

        Raises:
            PermissionDenied: Somebody has logged in, so that another login would not help; or
                `raise_exception` is on.
        """
        if self.raise_exception or self.request.user.is_authenticated:
            raise PermissionDenied(self.get_permission_denied_message())
        return login_redirect(self.request, self.get_login_url(), self.get_redirect_field_name())


def _refuse(view: AccessMixin) -> Any:
    """Answer somebody who may not use the view; the security log is told of a 403."""
    try:
        return view.handle_no_permission()
    except PermissionDenied:
        rules = ", ".join(type(view).describe_rules(vars(view)))
        log_event("permission_denied", view.request, view.request.user, rule=rules)
        raise


def _guarded(
    view: AccessMixin,
    following: Callable[..., Any],
    question: Callable[[], bool],
    aquestion: Callable[[], Awaitable[bool]],
    given: tuple[Any, tuple[Any, ...], dict[str, Any]],
) -> Any:
    """Go on to the next `dispatch` if the question is answered with yes."""
    request, args, kwargs = given
    if not getattr(type(view), "view_is_async", False):
        if not question():
            return _refuse(view)
        return following(request, *args, **kwargs)

    async def ask() -> Any:
        # From here on request.user is there without waiting.
        await request.auser()
        if not await aquestion():
            return _refuse(view)
        response = following(request, *args, **kwargs)
        return await response if isawaitable(response) else response

    return ask()


class LoginRequiredMixin(AccessMixin):
    """Opens a view to those who have logged in."""

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return the rules of the view."""
        return ["login", *super().describe_rules(options)]

    def _is_logged_in(self) -> bool:
        return bool(self.request.user.is_authenticated)

    async def _ais_logged_in(self) -> bool:
        return bool((await self.request.auser()).is_authenticated)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request if its user has logged in."""
        following = cast("Any", super()).dispatch
        given = (request, args, kwargs)
        return _guarded(self, following, self._is_logged_in, self._ais_logged_in, given)


class PermissionRequiredMixin(AccessMixin):
    """Opens a view to users who have some permissions.

    Attributes:
        permission_required: App label and codename, `blog.change_article`, or several.
    """

    permission_required: str | Iterable[str] | None = None

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return the rules of the view."""
        perms = options.get("permission_required", cls.permission_required)
        names = (perms,) if isinstance(perms, str) else perms or ("of its own",)
        return [*(f"permission {name}" for name in names), *super().describe_rules(options)]

    def get_permission_required(self) -> Iterable[str]:
        """Return the permissions.

        Raises:
            ImproperlyConfigured: The view names none.
        """
        if self.permission_required is None:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} is missing the permission_required attribute. Define "
                f"{name}.permission_required, or override {name}.get_permission_required()."
            )
        if isinstance(self.permission_required, str):
            return (self.permission_required,)
        return self.permission_required

    def has_permission(self) -> bool:
        """Tell whether the user may use the view; override it to ask something else."""
        return bool(self.request.user.has_perms(self.get_permission_required()))

    @calls_twin
    async def ahas_permission(self) -> bool:
        """Do what `has_permission` does; an override of that alone runs in a worker thread."""
        if type(self).has_permission is not PermissionRequiredMixin.has_permission:
            return await run_in_thread(self.has_permission)
        user = await self.request.auser()
        return bool(await user.ahas_perms(self.get_permission_required()))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request if its user has the permissions."""
        following = cast("Any", super()).dispatch
        given = (request, args, kwargs)
        return _guarded(self, following, self.has_permission, self.ahas_permission, given)


class UserPassesTestMixin(AccessMixin):
    """Opens a view to users who pass a test."""

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return the rules of the view."""
        return [f"test {cls.__name__}.test_func", *super().describe_rules(options)]

    def test_func(self) -> Any:
        """Tell whether the user may use the view: for you to write.

        Raises:
            NotImplementedError: You have not.
        """
        raise NotImplementedError(
            f"{type(self).__name__} is missing the implementation of the test_func() method."
        )

    def get_test_func(self) -> Callable[[], Any]:
        """Return the test; override it to use another method."""
        return self.test_func

    def _passes(self) -> bool:
        return bool(self.get_test_func()())

    async def _apasses(self) -> bool:
        test = self.get_test_func()
        if iscoroutinefunction(test):
            return bool(await test())
        return bool(await run_in_thread(test))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request if its user passes the test.

        In a view with asynchronous handlers the test may be `async def`; another runs in a worker
        thread.
        """
        following = cast("Any", super()).dispatch
        return _guarded(self, following, self._passes, self._apasses, (request, args, kwargs))


class PolicyRequiredMixin(AccessMixin):
    """Opens a view as the policy of its model says, and narrows its queryset to match.

    For `ListView`, `DetailView`, `UpdateView` and others that have `get_queryset`: an object that
    the user may not have is not found.

    Attributes:
        policy_action: What the view does: `view`, `change` or another action of the policy.
        policy_model: The model; that of the view by default.
    """

    policy_action: str = "view"
    policy_model: Any = None
    model: Any
    queryset: Any
    _answer: Any = None

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return the rules of the view."""
        action = options.get("policy_action", cls.policy_action)
        return [f"policy {action} {cls.__name__}", *super().describe_rules(options)]

    def get_policy(self) -> Any:
        """Return the policy.

        Raises:
            ImproperlyConfigured: The view names no model.
            PolicyError: The model has no policy.
        """
        from fastjango.auth.policies import policy_of

        model = self.policy_model or getattr(self, "model", None)
        if model is None:
            model = getattr(getattr(self, "queryset", None), "model", None)
        if model is None:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} names no model. Define {name}.policy_model, {name}.model or "
                f"{name}.queryset."
            )
        return policy_of(model)

    def _may(self) -> bool:
        self._answer = self.get_policy().rows(self.request.user, self.policy_action)
        return self._answer is not False

    async def _amay(self) -> bool:
        user = await self.request.auser()
        self._answer = await self.get_policy().arows(user, self.policy_action)
        return self._answer is not False

    def get_queryset(self) -> Any:
        """Return the part of the view's queryset that the user may have."""
        from fastjango.auth.policies import narrowed

        queryset = cast("Any", super()).get_queryset()
        return narrowed(queryset, self._answer)

    async def aget_queryset(self) -> Any:
        """Do what `get_queryset` does."""
        from fastjango.auth.policies import narrowed

        queryset = await cast("Any", super()).aget_queryset()
        return narrowed(queryset, self._answer)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request if its user may do this to some objects."""
        following = cast("Any", super()).dispatch
        return _guarded(self, following, self._may, self._amay, (request, args, kwargs))
