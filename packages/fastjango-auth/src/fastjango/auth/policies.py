"""Policies: who may do what to which objects, said once for every place that has to know.

A policy belongs to a model. Its rules answer, for a user and an action, with `True` (all
objects), `False` (none) or a condition on the rows (`Q`). From that one answer come the rows that
a list shows, whether one object may be changed, whether a page may be opened at all, and what a
template shows.
"""

# Conditions and querysets are of any model.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, ClassVar, TypeAlias, TypeVar, cast

from fastjango.auth._edges import Step, Steps, arun, call, run
from fastjango.auth.authentication import get_permission_codename
from fastjango.auth.backends import BaseBackend
from fastjango.auth.exceptions import PolicyError
from fastjango.core import apps
from fastjango.core.exceptions import FieldDoesNotExist, SynchronousOnlyOperation
from fastjango.orm.models import Exists, F, OuterRef, Q

__all__ = [
    "Answer",
    "Policy",
    "PolicyBackend",
    "policy_of",
    "register",
    "registered_policies",
    "rule",
    "unregister",
]

#: What a rule says: all objects, none, or those that fulfil a condition.
Answer: TypeAlias = "bool | Q"
M = TypeVar("M", bound=Callable[..., Any])
P = TypeVar("P", bound="type[Policy]")

_ACTIONS = "_policy_actions"


def rule(*actions: str) -> Callable[[M], M]:
    """Make a method of a policy the rule for some actions.

    The method takes the user and returns an `Answer`; it may be `async def`.

    Args:
        actions: `view`, `add`, `change`, `delete` or your own.

    Raises:
        TypeError: No action was named.
    """
    if not actions or not all(isinstance(action, str) for action in actions):  # pyright: ignore[reportUnnecessaryIsInstance]  # a bare @rule passes the method
        raise TypeError("rule() needs the names of actions: @rule('view', 'change').")

    def decorate(method: M) -> M:
        setattr(method, _ACTIONS, actions)
        return method

    return decorate


class Policy:
    """Who may do what to the objects of one model.

    Active superusers may do everything. An action without a rule needs the permission of that
    name (`blog.change_article`), and then covers all objects.

    Attributes:
        model: The model; `register` sets it.
        rules: The rules by action.
    """

    model: ClassVar[Any] = None
    rules: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {
            action: method
            for method in vars(cls).values()
            for action in getattr(method, _ACTIONS, ())
        }
        cls.rules = {**cls.rules, **own}

    # -- the one answer ---------------------------------------------------------------------

    def codename(self, action: str) -> str:
        """Return the permission for an action, as `has_perm` takes it."""
        opts = self.model._meta
        return f"{opts.app_label}.{get_permission_codename(action, opts)}"

    def _answer_steps(self, user: Any, action: str) -> Steps[Answer]:
        if user.is_active and getattr(user, "is_superuser", False):
            return True
        method = self.rules.get(action)
        if method is None:
            return bool((yield call(user, "has_perm", self.codename(action))))
        answer = yield Step(
            partial(_called, method, self, user),
            partial(_acalled, method, self, user),
        )
        if isinstance(answer, (bool, Q)):
            return answer
        raise PolicyError(
            f"The rule for {action!r} of {type(self).__name__} returned {answer!r}. A rule returns "
            "True, False or a Q."
        )

    def rows(self, user: Any, action: str = "view") -> Answer:
        """Return which objects a user may do something to.

        Args:
            user: Somebody, or an `AnonymousUser`.
            action: What is to be done.

        Returns:
            `True` for all, `False` for none, else a condition.

        Side effects: none but those of the rule; without a rule, the user's permissions are read.
        """
        return run(self._answer_steps(user, action))

    async def arows(self, user: Any, action: str = "view") -> Answer:
        """Do what `rows` does."""
        return await arun(self._answer_steps(user, action))

    # -- what follows from it ---------------------------------------------------------------

    def may(self, user: Any, action: str = "view") -> bool:
        """Tell whether a user may do something to any object at all: the question of a URL."""
        return self.rows(user, action) is not False

    async def amay(self, user: Any, action: str = "view") -> bool:
        """Do what `may` does."""
        return await self.arows(user, action) is not False

    def filter(self, user: Any, queryset: Any, action: str = "view") -> Any:
        """Return the part of a queryset that a user may do something to."""
        return narrowed(queryset, self.rows(user, action))

    async def afilter(self, user: Any, queryset: Any, action: str = "view") -> Any:
        """Do what `filter` does; the queryset itself is not evaluated."""
        return narrowed(queryset, await self.arows(user, action))

    def _allows_steps(self, user: Any, action: str, obj: Any) -> Steps[bool]:
        answer = yield from self._answer_steps(user, action)
        if isinstance(answer, bool):
            return answer
        if obj._state.adding:
            # There is no row yet: the condition is tried on the values.
            values = {
                field.name: getattr(obj, field.attname) for field in obj._meta.concrete_fields
            }
            return bool((yield call(answer, "check", values)))
        rows = type(obj)._base_manager.using(obj._state.db).filter(answer, pk=obj.pk)
        return bool((yield call(rows, "exists")))

    def allows(self, user: Any, action: str, obj: Any) -> bool:
        """Tell whether a user may do something to one object.

        Side effects: one query where the rule answers with a condition.
        """
        return run(self._allows_steps(user, action, obj))

    async def aallows(self, user: Any, action: str, obj: Any) -> bool:
        """Do what `allows` does."""
        return await arun(self._allows_steps(user, action, obj))


def _called(method: Callable[..., Any], policy: Policy, user: Any) -> Any:
    if iscoroutinefunction(method):
        raise SynchronousOnlyOperation(
            f"The rule {method.__qualname__}() is asynchronous. Ask the policy by arows(), "
            "afilter() or aallows()."
        )
    return method(policy, user)


async def _acalled(method: Callable[..., Any], policy: Policy, user: Any) -> Any:
    answer = method(policy, user)
    return await answer if isawaitable(answer) else answer


def narrowed(queryset: Any, answer: Answer) -> Any:
    """Return the part of a queryset that an answer covers."""
    if answer is True:
        return queryset
    if answer is False:
        return queryset.none()
    if not _may_repeat_rows(queryset.model, answer):
        return queryset.filter(answer)
    # Joined in, a row would come once for each of its partners that fulfil the condition.
    rows = queryset.model._base_manager.filter(answer, pk=OuterRef("pk"))
    return queryset.filter(Exists(rows))


def _may_repeat_rows(model: Any, condition: Q) -> bool:
    """Tell whether a condition looks through a relation to several objects."""
    return any(_leads_to_several(model, lookup) for lookup in _lookups(condition))


def _lookups(condition: Q) -> Iterator[str]:
    """Yield the paths that a condition looks at, in names of fields."""
    for child in condition.children:
        if isinstance(child, tuple):
            yield child[0]
        value: Any = child[1] if isinstance(child, tuple) else child
        if isinstance(value, Q):
            yield from _lookups(value)
        elif hasattr(value, "flatten"):
            yield from (part.name for part in value.flatten() if isinstance(part, F))
        elif isinstance(value, F):
            yield value.name


def _leads_to_several(model: Any, lookup: str) -> bool:
    for name in lookup.split("__"):
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:  # an annotation, a transform, or the lookup
            return False
        if not field.is_relation or field.related_model is None:
            return False
        if field.many_to_many or field.one_to_many:
            return True
        model = field.related_model
    return False


# -- the register ---------------------------------------------------------------------------

_policies: dict[Any, Policy] = {}


def register(model: Any) -> Callable[[P], P]:
    """Make a class the policy of a model: `@register(Article)`.

    Proxies of the model and models derived from it have the same policy unless they get their
    own.

    Raises:
        PolicyError: The model has one already.
    """

    def decorate(policy: P) -> P:
        known = _policies.get(model)
        if known is not None and _place(type(known)) != _place(policy):
            raise PolicyError(
                f"{model._meta.label} has the policy {type(known).__name__} already. Derive from "
                "it, or unregister it first."
            )
        policy.model = model
        _policies[model] = cast("type[Policy]", policy)()
        return policy

    return decorate


def _place(policy: type[Policy]) -> tuple[str, str]:
    return policy.__module__, policy.__qualname__


def unregister(model: Any) -> None:
    """Forget the policy of a model."""
    _policies.pop(model, None)


def registered_policies() -> Iterable[Any]:
    """Return the models that have a policy of their own."""
    return tuple(_policies)


def policy_of(model: Any) -> Policy:
    """Return the policy of a model, or of an object's.

    Raises:
        PolicyError: It has none.
    """
    cls: Any = model if isinstance(model, type) else type(model)
    for base in cls.__mro__:
        if base in _policies:
            return _policies[base]
    raise PolicyError(
        f"{cls._meta.label} has no policy. Write one and register it: "
        f"@policies.register({cls.__name__})."
    )


class PolicyBackend(BaseBackend):
    """Answers `user.has_perm("blog.change_article", article)` from the policies.

    Without an object it says yes only where the rule covers all objects, so that a check of the
    permission alone never lets somebody at objects that the rule withholds.
    """

    def _find(self, perm: str, obj: Any) -> tuple[Policy, str] | None:
        app_label, _dot, codename = perm.partition(".")
        if obj is not None:
            models = [type(obj)]
        else:
            models = [model for model in _policies if model._meta.app_label == app_label]
        for model in models:
            opts = model._meta
            action, found, rest = codename.rpartition(f"_{opts.model_name}")
            if app_label == opts.app_label and found and not rest and action:
                known = any(base in _policies for base in model.__mro__)
                if known and action in policy_of(model).rules:
                    return policy_of(model), action
        return None

    def _perm_steps(self, user_obj: Any, perm: str, obj: Any) -> Steps[bool]:
        found = self._find(perm, obj)
        if found is None:
            return False
        policy, action = found
        if obj is None:
            return (yield call(policy, "rows", user_obj, action)) is True
        return bool((yield call(policy, "allows", user_obj, action, obj)))

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether a policy gives a permission."""
        return run(self._perm_steps(user_obj, perm, obj))

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Do what `has_perm` does."""
        return await arun(self._perm_steps(user_obj, perm, obj))

    def _all_steps(self, user_obj: Any, obj: Any) -> Steps[set[str]]:
        models = [type(obj)] if obj is not None else list(_policies)
        granted: set[str] = set()
        for model in models:
            if not any(base in _policies for base in model.__mro__):
                continue
            policy = policy_of(model)
            for action in policy.rules:
                name = policy.codename(action)
                if (yield from self._perm_steps(user_obj, name, obj)):
                    granted.add(name)
        return granted

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions that policies give."""
        return run(self._all_steps(user_obj, obj))

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what `get_all_permissions` does."""
        return await arun(self._all_steps(user_obj, obj))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether policies give any permission in an app."""
        start = f"{app_label}."
        return any(name.startswith(start) for name in self.get_all_permissions(user_obj))

    async def ahas_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Do what `has_module_perms` does."""
        start = f"{app_label}."
        return any(name.startswith(start) for name in await self.aget_all_permissions(user_obj))


def find_policy(label: str) -> Policy:
    """Return the policy of the model of a label such as `blog.Article`."""
    return policy_of(apps.get_model(label))
