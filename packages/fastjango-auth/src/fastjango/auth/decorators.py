"""Decorators that say who may use a view; they take sync and async views."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NamedTuple, TypeVar, overload

from fastjango.auth.events import log_event
from fastjango.auth.guards import add_rule
from fastjango.auth.logins import REDIRECT_FIELD_NAME
from fastjango.auth.redirects import login_redirect
from fastjango.core import settings
from fastjango.core.exceptions import PermissionDenied
from fastjango.http.aio import run_coroutine, run_in_thread
from fastjango.values.decorators import iscoroutinefunction

__all__ = [
    "login_not_required",
    "login_required",
    "permission_required",
    "policy_required",
    "user_passes_test",
]

F = TypeVar("F", bound=Callable[..., Any])
View = Callable[..., Any]


def user_passes_test(
    test_func: Callable[[Any], Any],
    login_url: Any = None,
    redirect_field_name: str | None = REDIRECT_FIELD_NAME,
) -> Callable[[F], F]:
    """Open a view to users who pass a test; others are sent to the login page.

    Args:
        test_func: Takes the user, sync or async; in front of an async view a sync one runs in a
            worker thread.
        login_url: Path or URL name of the login page; `LOGIN_URL` by default.
        redirect_field_name: Query parameter that tells the login page where to lead back to.
    """
    name = getattr(test_func, "__name__", type(test_func).__name__)
    return _guarded(test_func, login_url, redirect_field_name, f"test {name}")


def _guarded(
    test_func: Callable[[Any], Any],
    login_url: Any,
    redirect_field_name: str | None,
    *rules: str,
    waits: bool = True,
) -> Callable[[F], F]:
    """Make the decorator; `waits` tells whether a sync test needs a thread beside a loop."""
    guard = _Guard(test_func, login_url, redirect_field_name, rules, waits)

    def decorator(view_func: Any) -> Any:
        guarded: Any = guard.of_async if iscoroutinefunction(view_func) else guard.of_sync
        guarded = guarded(view_func)
        # What LoginRequiredMiddleware looks at; the wrapped view may have other values.
        guarded.login_url = login_url
        guarded.redirect_field_name = redirect_field_name
        add_rule(guarded, *rules)
        return guarded

    return decorator


class _Guard(NamedTuple):
    """A test that users have to pass, and what happens to those who do not."""

    test_func: Callable[[Any], Any]
    login_url: Any
    redirect_field_name: str | None
    rules: tuple[str, ...]
    waits: bool

    def of_sync(self, view_func: Any) -> Any:
        """Return a synchronous view behind the test."""

        @wraps(view_func)
        def view_wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            user = request.user
            try:
                passed = self._ask(user)
            except PermissionDenied:
                self._denied(request, user)
                raise
            if not passed:
                return self._refused(request, user)
            return view_func(request, *args, **kwargs)

        return view_wrapper

    def of_async(self, view_func: Any) -> Any:
        """Return an asynchronous view behind the test."""

        @wraps(view_func)
        async def view_wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            user = await request.auser()
            try:
                passed = await self._aask(user)
            except PermissionDenied:
                self._denied(request, user)
                raise
            if not passed:
                return self._refused(request, user)
            return await view_func(request, *args, **kwargs)

        return view_wrapper

    def _ask(self, user: Any) -> Any:
        if not iscoroutinefunction(self.test_func):
            return self.test_func(user)
        # The user is read here, as the loop of the test must not wait for it.
        _is_authenticated(user)
        return run_coroutine(self.test_func, user)

    async def _aask(self, user: Any) -> Any:
        if iscoroutinefunction(self.test_func):
            return await self.test_func(user)
        return await run_in_thread(self.test_func, user) if self.waits else self.test_func(user)

    def _denied(self, request: Any, user: Any) -> None:
        log_event("permission_denied", request, user, rule=", ".join(self.rules))

    def _refused(self, request: Any, user: Any) -> Any:
        if user.is_authenticated:  # who has not logged in is asked to, not denied
            self._denied(request, user)
        login_url = self.login_url or settings.LOGIN_URL
        return login_redirect(request, login_url, self.redirect_field_name)


def _is_authenticated(user: Any) -> bool:
    return bool(user.is_authenticated)


@overload
def login_required(
    function: F, redirect_field_name: str | None = ..., login_url: Any = ...
) -> F: ...
@overload
def login_required(
    function: None = None, redirect_field_name: str | None = ..., login_url: Any = ...
) -> Callable[[F], F]: ...
def login_required(
    function: Any = None,
    redirect_field_name: str | None = REDIRECT_FIELD_NAME,
    login_url: Any = None,
) -> Any:
    """Open a view to those who have logged in; others are sent to the login page.

    Used with or without arguments; see `user_passes_test` for them.
    """
    decorator = _guarded(_is_authenticated, login_url, redirect_field_name, "login", waits=False)
    return decorator(function) if function else decorator


def login_not_required(view_func: F) -> F:
    """Leave a view open although `LoginRequiredMiddleware` is in use; mark it as meant to be."""
    view_func.login_required = False  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark
    return view_func


def permission_required(
    perm: str | Iterable[str], login_url: Any = None, raise_exception: bool = False
) -> Callable[[F], F]:
    """Open a view to users who have a permission, or every one of several.

    Args:
        perm: App label and codename, `blog.change_article`, or several.
        login_url: Path or URL name of the login page; `LOGIN_URL` by default.
        raise_exception: Answer others with a 403 instead of the login page.
    """
    perms = (perm,) if isinstance(perm, str) else tuple(perm)

    def decide(granted: bool) -> bool:
        if not granted and raise_exception:
            raise PermissionDenied
        return granted

    def check_perms(user: Any) -> bool:
        return decide(user.has_perms(perms))

    async def acheck_perms(user: Any) -> bool:
        return decide(await user.ahas_perms(perms))

    def decorator(view_func: Any) -> Any:
        test = acheck_perms if iscoroutinefunction(view_func) else check_perms
        rules = [f"permission {name}" for name in perms]
        return _guarded(test, login_url, REDIRECT_FIELD_NAME, *rules)(view_func)

    return decorator


def policy_required(
    action: str, model: Any, login_url: Any = None, raise_exception: bool = False
) -> Callable[[F], F]:
    """Open a view to users whose policy lets them do something to some objects of a model.

    Which objects those are is for the view to ask: `policy_of(Article).filter(...)`.

    Args:
        action: What the view does: `view`, `change` or another action of the policy.
        model: The model.
        login_url: Path or URL name of the login page; `LOGIN_URL` by default.
        raise_exception: Answer others with a 403 instead of the login page.
    """
    from fastjango.auth.policies import policy_of

    def decide(granted: bool) -> bool:
        if not granted and raise_exception:
            raise PermissionDenied
        return granted

    def check(user: Any) -> bool:
        return decide(policy_of(model).may(user, action))

    async def acheck(user: Any) -> bool:
        return decide(await policy_of(model).amay(user, action))

    def decorator(view_func: Any) -> Any:
        test = acheck if iscoroutinefunction(view_func) else check
        rule = f"policy {action} {model._meta.label_lower}"
        return _guarded(test, login_url, REDIRECT_FIELD_NAME, rule)(view_func)

    return decorator
