"""System checks: what is wrong with a project, said before it fails."""

# pyright: reportPrivateUsage=false
# (settings._wrapped is used from outside of its class.)

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, signature
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from .conf import settings

if TYPE_CHECKING:
    from .config import AppConfig
    from .registry import Registry

__all__ = [
    "CRITICAL", "DEBUG", "ERROR", "INFO", "WARNING", "CheckMessage", "CheckRegistry", "Critical",
    "Debug", "Error", "Info", "Tags", "Warning", "check_async_unsafe", "check_debug",
    "check_secrets", "is_strong_secret", "register", "registry", "run_checks", "tag_exists",
]  # fmt: skip

DEBUG, INFO, WARNING, ERROR, CRITICAL = 10, 20, 30, 40, 50  # as in logging
Check = Callable[..., Iterable["CheckMessage"]]
C = TypeVar("C", bound=Callable[..., Any])


class CheckMessage:
    """One finding.

    Args:
        level: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.
        msg: What is wrong.
        hint: What to do.
        obj: What it is about.
        id: A fixed name, `<app>.E001`, by which it can be silenced.
    """

    level: int
    msg: str
    hint: str | None
    obj: Any
    id: str | None

    def __init__(
        self,
        level: int,
        msg: str,
        hint: str | None = None,
        obj: Any = None,
        id: str | None = None,
    ) -> None:
        if not isinstance(level, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError("The first argument should be level.")
        self.level, self.msg, self.hint, self.obj, self.id = level, msg, hint, obj, id

    def _key(self) -> tuple[Any, ...]:
        return self.level, self.msg, self.hint, self.obj, self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._key() == other._key()

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # it is mutable

    def __str__(self) -> str:
        meta: Any = getattr(self.obj, "_meta", None) if isinstance(self.obj, type) else None
        obj = "?" if self.obj is None else meta.label if meta else str(self.obj)
        id = f"({self.id}) " if self.id else ""
        hint = f"\n\tHINT: {self.hint}" if self.hint else ""
        return f"{obj}: {id}{self.msg}{hint}"

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: level={self.level!r}, msg={self.msg!r}, hint={self.hint!r}, "
            f"obj={self.obj!r}, id={self.id!r}>"
        )

    def is_serious(self, level: int = ERROR) -> bool:
        """Tell whether this is at least of the level."""
        return self.level >= level

    def is_silenced(self) -> bool:
        """Tell whether `settings.SILENCED_SYSTEM_CHECKS` names its id."""
        return self.id in settings.SILENCED_SYSTEM_CHECKS


class _Levelled(CheckMessage):
    fixed_level: int

    def __init__(
        self, msg: str, hint: str | None = None, obj: Any = None, id: str | None = None
    ) -> None:
        super().__init__(self.fixed_level, msg, hint, obj, id)


class Debug(_Levelled):
    """A finding for developers."""

    fixed_level = DEBUG


class Info(_Levelled):
    """A finding to know about."""

    fixed_level = INFO


class Warning(_Levelled):
    """A finding that may become a fault."""

    fixed_level = WARNING


class Error(_Levelled):
    """A fault: commands refuse to run."""

    fixed_level = ERROR


class Critical(_Levelled):
    """A fault with which nothing works."""

    fixed_level = CRITICAL


class Tags:
    """The tags of the framework's own checks; apps may use any others."""

    admin = "admin"
    async_support = "async_support"
    caches = "caches"
    commands = "commands"
    compatibility = "compatibility"
    database = "database"
    files = "files"
    mail = "mail"
    models = "models"
    plugins = "plugins"
    security = "security"
    signals = "signals"
    sites = "sites"
    staticfiles = "staticfiles"
    templates = "templates"
    translation = "translation"
    urls = "urls"


class CheckRegistry:
    """Registered checks; those that apps contribute are added while their app is installed."""

    def __init__(self) -> None:
        self.registered_checks: dict[Check, None] = {}
        self.deployment_checks: dict[Check, None] = {}

    @overload
    def register(self, check: C, *tags: str, deploy: bool = False) -> C: ...
    @overload
    def register(
        self, check: str | None = None, *tags: str, deploy: bool = False
    ) -> Callable[[C], C]: ...
    def register(self, check: Any = None, *tags: str, deploy: bool = False) -> Any:
        """Register a check, as a call or as a decorator: `@register("tag", deploy=True)`.

        A check takes `app_configs` and `**kwargs` and returns a list of messages.

        Args:
            deploy: Whether it runs only with `--deploy`.

        Raises:
            TypeError: The check does not take `**kwargs`.
        """
        names = tags if check is None or callable(check) else (*tags, check)

        def inner(function: Any) -> Any:
            kinds = [p.kind for p in signature(function).parameters.values()]
            if Parameter.VAR_KEYWORD not in kinds:
                raise TypeError("Check functions must accept keyword arguments (**kwargs).")
            function.tags = names
            (self.deployment_checks if deploy else self.registered_checks)[function] = None
            return function

        return inner(check) if callable(check) else inner

    def run_checks(
        self,
        app_configs: Sequence[AppConfig] | None = None,
        tags: Iterable[str] | None = None,
        include_deployment_checks: bool = False,
        databases: Iterable[str] | None = None,
        registry: Registry | None = None,
    ) -> list[CheckMessage]:
        """Run checks and return what they found.

        Args:
            app_configs: Apps to look at; all if `None`.
            tags: Run only checks with one of these tags.
            databases: Aliases of databases that checks may query; unless given, checks tagged
                `database` run only if `tags` asks for them.
            registry: Whose apps contribute checks; the default registry if `None`.
        """
        checks = self.get_checks(include_deployment_checks, registry)
        if tags is not None:
            wanted = set(tags)
            checks = [check for check in checks if wanted & {*_tags(check)}]
        elif not databases:
            checks = [check for check in checks if Tags.database not in _tags(check)]
        if databases is None:
            databases = list(getattr(settings, "DATABASES", None) or ["default"])
        found: list[CheckMessage] = []
        for check in checks:
            messages: Any = check(app_configs=app_configs, databases=list(databases))
            if not isinstance(messages, Iterable):
                raise TypeError(
                    f"The function {check!r} did not return a list. All functions registered with "
                    "the checks registry must return a list."
                )
            found.extend(messages)  # pyright: ignore[reportUnknownArgumentType]
        return found

    def tag_exists(self, tag: str, include_deployment_checks: bool = False) -> bool:
        """Tell whether a check has the tag."""
        return tag in self.tags_available(include_deployment_checks)

    def tags_available(self, deployment_checks: bool = False) -> set[str]:
        """Return the tags of all checks."""
        return set(chain.from_iterable(_tags(c) for c in self.get_checks(deployment_checks)))

    def get_checks(
        self, include_deployment_checks: bool = False, registry: Registry | None = None
    ) -> list[Check]:
        """Return the checks: registered ones, then those of the installed apps in their order."""
        from .registry import apps

        registry = registry or apps
        checks = [*self.registered_checks]
        if registry.apps_ready:
            for config in registry.get_app_configs():
                checks += [c for c in config.checks() if c not in self.deployment_checks]
        if include_deployment_checks:
            checks += self.deployment_checks
        return list(dict.fromkeys(checks))


def _tags(check: Check) -> Iterable[str]:
    return getattr(check, "tags", ())


class _Register(Protocol):
    """`CheckRegistry.register` of one registry."""

    @overload
    def __call__(self, check: C, *tags: str, deploy: bool = False) -> C: ...
    @overload
    def __call__(
        self, check: str | None = None, *tags: str, deploy: bool = False
    ) -> Callable[[C], C]: ...


class _RunChecks(Protocol):
    """`CheckRegistry.run_checks` of one registry."""

    def __call__(
        self,
        app_configs: Sequence[AppConfig] | None = None,
        tags: Iterable[str] | None = None,
        include_deployment_checks: bool = False,
        databases: Iterable[str] | None = None,
        registry: Registry | None = None,
    ) -> list[CheckMessage]: ...


class _TagExists(Protocol):
    """`CheckRegistry.tag_exists` of one registry."""

    def __call__(self, tag: str, include_deployment_checks: bool = False) -> bool: ...


registry: CheckRegistry = CheckRegistry()
register: _Register = registry.register
run_checks: _RunChecks = registry.run_checks
tag_exists: _TagExists = registry.tag_exists


_KEY_MSG = (
    "Your {} has less than 50 characters, less than 5 unique characters, or it's prefixed with "
    "'fastjango-insecure-' or 'django-insecure-', which marks a key made for development only. "
    "Please generate a long and random value, otherwise many of the security-critical features "
    "will be vulnerable to attack."
)


def is_strong_secret(key: str | bytes) -> bool:
    """Tell whether a secret key is fit for production."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else key
    weak = text.startswith(("fastjango-insecure-", "django-insecure-"))
    return len(text) >= 50 and len(set(text)) >= 5 and not weak


@register(Tags.security, deploy=True)
def check_secrets(**kwargs: Any) -> list[CheckMessage]:
    """Look at `SECRET_KEY` and `SECRET_KEY_FALLBACKS`."""
    found: list[CheckMessage] = []
    key = getattr(settings._wrapped, "SECRET_KEY", "") if settings.configured else ""
    if not is_strong_secret(key or ""):
        found.append(Warning(_KEY_MSG.format("SECRET_KEY"), id="security.W009"))
    for index, old in enumerate(settings.SECRET_KEY_FALLBACKS):
        if not is_strong_secret(old):
            name = f"SECRET_KEY_FALLBACKS[{index}]"
            found.append(Warning(_KEY_MSG.format(name), id="security.W025"))
    return found


@register(Tags.async_support, deploy=True)
def check_async_unsafe(**kwargs: Any) -> list[CheckMessage]:
    """Refuse the environment variable that lets blocking code run on the event loop."""
    message = (
        "You should not set the {} environment variable in deployment. This disables async safety "
        "protection."
    )
    names = ("FASTJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_ALLOW_ASYNC_UNSAFE")
    found = [name for name in names if os.environ.get(name)]
    return [Error(message.format(name), id="async.E001") for name in found]


@register(Tags.security, deploy=True)
def check_debug(**kwargs: Any) -> list[CheckMessage]:
    """Refuse `DEBUG` in production."""
    message = "You should not have DEBUG set to True in deployment."
    return [Warning(message, id="security.W018")] if settings.DEBUG else []
