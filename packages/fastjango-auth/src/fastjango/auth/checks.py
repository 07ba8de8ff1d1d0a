"""System checks of the user model, permissions, middleware, settings and routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fastjango.auth.conf import LONGEST_LIMIT, SHORTEST_LIMIT
from fastjango.auth.management import get_builtin_permissions
from fastjango.core import apps, settings
from fastjango.core.checks import CheckMessage, Critical, Error, Tags
from fastjango.core.checks import Warning as CheckWarning
from fastjango.core.imports import import_string

__all__ = [
    "ALL",
    "check_middleware",
    "check_models_permissions",
    "check_password_settings",
    "check_policies",
    "check_routes",
    "check_user_model",
]

_MIDDLEWARE = "fastjango.auth.middleware."

C = TypeVar("C", bound=Callable[..., Any])


def _tagged(*tags: str) -> Callable[[C], C]:
    """Tag a check without registering it: the app's config hands it out while it is installed."""

    def decorate(check: C) -> C:
        check.tags = tags  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark
        return check

    return decorate


def _user_model(app_configs: Iterable[Any] | None) -> Any:
    """The model of users, `None` if it is not in the apps to look at."""
    if app_configs is None:
        return apps.get_model(settings.AUTH_USER_MODEL)
    app_label, model_name = settings.AUTH_USER_MODEL.split(".")
    for config in app_configs:
        if config.label == app_label:
            return config.get_model(model_name)
    return None


@_tagged(Tags.models)
def check_user_model(app_configs: Iterable[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The user model names its fields rightly, and its marks are no methods."""
    model = _user_model(app_configs)
    if model is None:
        return []
    return [*_field_errors(model), *_mark_errors(model)]


def _field_errors(model: Any) -> Iterable[CheckMessage]:
    name: str = model.USERNAME_FIELD
    required: object = model.REQUIRED_FIELDS
    if not isinstance(required, (list, tuple)):
        yield Error("'REQUIRED_FIELDS' must be a list or tuple.", obj=model, id="auth.E001")
    if name in model.REQUIRED_FIELDS:
        yield Error(
            "The field named as the 'USERNAME_FIELD' "
            "for a custom user model must not be included in 'REQUIRED_FIELDS'.",
            hint=f"The 'USERNAME_FIELD' is currently set to '{name}', you should remove '{name}' "
            "from the 'REQUIRED_FIELDS'.",
            obj=model,
            id="auth.E002",
        )
    constraints = model._meta.total_unique_constraints
    if model._meta.get_field(name).unique or any(one.fields == (name,) for one in constraints):
        return
    from fastjango.auth.authentication import our_path

    backends = [our_path(path) for path in settings.AUTHENTICATION_BACKENDS]
    if backends == ["fastjango.auth.backends.ModelBackend"]:
        yield Error(
            f"'{model._meta.object_name}.{name}' must be unique because it is named as the "
            "'USERNAME_FIELD'.",
            obj=model,
            id="auth.E003",
        )
        return
    yield CheckWarning(
        f"'{model._meta.object_name}.{name}' is named as the 'USERNAME_FIELD', but it is not "
        "unique.",
        hint="Ensure that your authentication backend(s) can handle non-unique usernames.",
        obj=model,
        id="auth.W004",
    )


def _mark_errors(model: Any) -> Iterable[CheckMessage]:
    someone = model()
    for name, check_id in (("is_anonymous", "auth.C009"), ("is_authenticated", "auth.C010")):
        if callable(getattr(someone, name)):
            yield Critical(
                f"{model}.{name} must be an attribute or property rather than a method. Ignoring "
                "this is a security issue as anonymous users will be treated as authenticated!",
                obj=model,
                id=check_id,
            )


@_tagged(Tags.models)
def check_models_permissions(
    app_configs: Iterable[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Permissions fit into their table, and no two of a model have one codename."""
    if app_configs is None:
        models = list(apps.get_models())
    else:
        models = [model for config in app_configs for model in config.get_models()]
    opts = apps.get_model("auth", "Permission")._meta
    limits = (opts.get_field("name").max_length, opts.get_field("codename").max_length)
    return [
        message
        for model in models
        for message in (*_builtin_errors(model, *limits), *_own_errors(model, *limits))
    ]


def _builtin_errors(model: Any, longest_name: int, longest_codename: int) -> Iterable[CheckMessage]:
    opts = model._meta
    builtin = dict(get_builtin_permissions(opts))
    name = max((len(name) for name in builtin.values()), default=0)
    if name > longest_name:
        fitting = longest_name - (name - len(opts.verbose_name_raw))
        yield Error(
            f"The verbose_name of model '{opts.label}' must be at most {fitting} characters for "
            f"its builtin permission names to be at most {longest_name} characters.",
            obj=model,
            id="auth.E007",
        )
    codename = max((len(codename) for codename in builtin), default=0)
    if codename > longest_codename:
        fitting = longest_codename - (codename - len(opts.model_name))
        yield Error(
            f"The name of model '{opts.label}' must be at most {fitting} characters for its "
            f"builtin permission codenames to be at most {longest_codename} characters.",
            obj=model,
            id="auth.E011",
        )


def _own_errors(model: Any, longest_name: int, longest_codename: int) -> Iterable[CheckMessage]:
    opts = model._meta
    builtin = dict(get_builtin_permissions(opts))
    seen: set[str] = set()
    for codename, name in opts.permissions:
        if len(name) > longest_name:
            yield Error(
                f"The permission named '{name}' of model '{opts.label}' is longer than "
                f"{longest_name} characters.",
                obj=model,
                id="auth.E008",
            )
        if len(codename) > longest_codename:
            yield Error(
                f"The permission codenamed '{codename}' of model '{opts.label}' is longer than "
                f"{longest_codename} characters.",
                obj=model,
                id="auth.E012",
            )
        if codename in builtin:
            yield Error(
                f"The permission codenamed '{codename}' clashes with a builtin permission for "
                f"model '{opts.label}'.",
                obj=model,
                id="auth.E005",
            )
        elif codename in seen:
            yield Error(
                f"The permission codenamed '{codename}' is duplicated for model '{opts.label}'.",
                obj=model,
                id="auth.E006",
            )
        seen.add(codename)


def _position(path: str) -> int:
    """Where a middleware or a subclass of it is in `MIDDLEWARE`, -1 if it is not."""
    wanted = import_string(path)
    for position, entry in enumerate(settings.MIDDLEWARE):
        try:
            candidate = import_string(entry) if isinstance(entry, str) else entry
            if issubclass(candidate, wanted):
                return position
        except (ImportError, TypeError):
            continue
    return -1


@_tagged()
def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """The middleware that demands a login stands behind the one that knows the user."""
    required = _position(_MIDDLEWARE + "LoginRequiredMiddleware")
    if required == -1:
        return []
    known = _position(_MIDDLEWARE + "AuthenticationMiddleware")
    if known != -1 and known < required:
        return []
    return [
        Error(
            f"In order to use {_MIDDLEWARE}LoginRequiredMiddleware, {_MIDDLEWARE}"
            "AuthenticationMiddleware must be defined before it in MIDDLEWARE.",
            id="auth.E013",
        )
    ]


@_tagged(Tags.security)
def check_password_settings(**kwargs: Any) -> list[CheckMessage]:
    """The limit of passwords leaves room for phrases, and is one that forms and routers keep."""
    limit: int = settings.AUTH_PASSWORD_MAX_LENGTH
    if limit < SHORTEST_LIMIT:
        return [
            Error(
                f"AUTH_PASSWORD_MAX_LENGTH is {limit}, but must be at least {SHORTEST_LIMIT} "
                "characters: shorter limits forbid good passwords.",
                id="auth.E020",
            )
        ]
    if limit > LONGEST_LIMIT:
        return [
            Error(
                f"AUTH_PASSWORD_MAX_LENGTH is {limit}, but must be at most {LONGEST_LIMIT} "
                "characters: pages and routers take no longer password.",
                id="auth.E023",
            )
        ]
    return []


@_tagged(Tags.security)
def check_policies(**kwargs: Any) -> list[CheckMessage]:
    """Where policies are registered, a backend answers `has_perm` from them."""
    from fastjango.auth.policies import PolicyBackend, registered_policies

    models = registered_policies()
    if not models:
        return []
    for path in settings.AUTHENTICATION_BACKENDS:
        try:
            if issubclass(import_string(path), PolicyBackend):
                return []
        except (ImportError, TypeError):
            continue
    names = ", ".join(sorted(model._meta.label for model in models))
    return [
        CheckWarning(
            f"Policies are registered for {names}, but user.has_perm() does not ask them.",
            hint="Add 'fastjango.auth.policies.PolicyBackend' to AUTHENTICATION_BACKENDS.",
            id="auth.W021",
        )
    ]


@_tagged(Tags.security)
def check_routes(**kwargs: Any) -> list[CheckMessage]:
    """Every route of the project says who may use it."""
    from fastjango.auth.guards import routes_without_rule

    if _position(_MIDDLEWARE + "LoginRequiredMiddleware") != -1:
        return []
    open_routes = routes_without_rule()
    if not open_routes:
        return []
    lines = "".join(
        f"\n    {','.join(route.methods)} {route.path} ({route.view})" for route in open_routes
    )
    return [
        CheckWarning(
            f"{len(open_routes)} route(s) have no rule that says who may use them:{lines}",
            hint="Give each a rule (login_required, permission_required, require_user, "
            "require_perm, a policy) or mark it with login_not_required; or put "
            "'fastjango.auth.middleware.LoginRequiredMiddleware' into MIDDLEWARE.",
            id="auth.W022",
        )
    ]


ALL = (
    check_user_model,
    check_models_permissions,
    check_middleware,
    check_password_settings,
    check_policies,
)
