"""Settings classes: who owns a setting, of which type, with which default."""

# pyright: reportPrivateUsage=false
# (settings._wrapped is used from outside of its class.)

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .conf import Settings, settings
from .config import AppConfig
from .exceptions import PluginError, SettingsError, did_you_mean
from .functional import Promise, empty, force_promise
from .imports import import_string
from .plugins import Plugin, discover
from .registry import apps

__all__ = [
    "CoreSettings", "PluginSettings", "decode", "default", "given_values", "mask", "problems",
    "settings_classes",
]  # fmt: skip

_SECRET = re.compile(r"API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|DSN", re.IGNORECASE)
_MASK = "********************"
UNKNOWN_SETTING = "core.E001"
SHORT_SECRET = 32  # characters


class _Live(PydanticBaseSettingsSource):
    """Reads the fields of a settings class from `settings`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return getattr(settings, field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        owner: Any = self.settings_cls
        return given_values(owner, [])[0] if settings.configured else {}


class PluginSettings(BaseSettings):
    """Base of the class that owns a plugin's settings: upper-case fields, one per setting.

    An instance is a typed, frozen view of the settings in force; `current()` gives the latest.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        case_sensitive=True, extra="ignore", frozen=True, arbitrary_types_allowed=True
    )
    _cached: ClassVar[tuple[int, Any]] = (-1, None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read from `settings`, which knows the environment and `.env` already."""
        return init_settings, _Live(settings_cls)

    @field_validator("*", mode="wrap")
    @classmethod
    def _keep_lazy(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        """Check the text of a lazy value where a text belongs, and keep the lazy value."""
        plain = _plain(value)
        return handler(value) if plain is value else _with_lazy(value, handler(plain))

    @classmethod
    def current(cls) -> Self:
        """Return the settings in force, the same object until a setting changes.

        Raises:
            SettingsError: A value does not fit its type.
            ImproperlyConfigured: There are no settings.
        """
        if not settings.configured:
            settings._setup()
        generation, view = cls.__dict__.get("_cached", (-1, None))
        if generation != settings.generation:
            try:
                view = cls()
            except ValidationError as error:
                raise SettingsError(_explain(cls, error, set())) from None
            cls._cached = (settings.generation, view)
        return view  # type: ignore[no-any-return]  # a cell of this class


def _plain(value: Any) -> Any:
    """Return a value with texts for the lazy ones in it; itself if there are none."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        items: dict[Any, Any] = {name: _plain(item) for name, item in value.items()}  # pyright: ignore
        changed = any(items[name] is not value[name] for name in items)
        return items if changed else value  # pyright: ignore[reportUnknownVariableType]
    if type(value) in {list, tuple}:
        parts = [_plain(item) for item in value]
        return type(value)(parts) if any(map(operator.is_not, parts, value)) else value
    return value


def _with_lazy(value: Any, checked: Any) -> Any:
    """Return what was checked, with the lazy values of `value` in place of their texts."""
    if isinstance(value, Promise):
        return value if isinstance(checked, str) else checked
    if isinstance(value, dict) and isinstance(checked, dict):
        return {name: _with_lazy(value.get(name), item) for name, item in checked.items()}  # pyright: ignore
    if isinstance(value, list | tuple) and isinstance(checked, list | tuple):
        return type(checked)(map(_with_lazy, value, checked))  # pyright: ignore
    return checked


class CoreSettings(PluginSettings):
    """The settings of the kernel."""

    BASE_DIR: Path | None = None
    SECRET_KEY: str | bytes = ""
    SECRET_KEY_FALLBACKS: list[str | bytes] = []
    SIGNING_BACKEND: str = "fastjango.core.signing.TimestampSigner"
    SIGNED_COOKIE_LEGACY_SALT_FALLBACK: bool = False
    DEBUG: bool = False
    INSTALLED_APPS: list[Any] = []
    LANGUAGE_CODE: str = "en-us"
    LOGGING: dict[str, Any] = {}
    LOGGING_CONFIG: str | None = "logging.config.dictConfig"
    SILENCED_SYSTEM_CHECKS: list[str] = []
    TIME_ZONE: str | None = "America/Chicago"
    USE_I18N: bool = True
    USE_TZ: bool = True

    @field_validator("TIME_ZONE")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value:
            try:
                ZoneInfo(value)
            except (KeyError, OSError, ValueError):
                raise ValueError("there is no such time zone") from None
        return value


@functools.cache
def _installed() -> list[Plugin]:
    """Return the framework's own plugins, whose defaults hold whether selected or not."""
    return [plugin for plugin in discover() if plugin.value.startswith("fastjango.")]


def _class_of(config: AppConfig | type[AppConfig]) -> type[PluginSettings] | None:
    found = config.settings_class
    return import_string(found.replace(":", ".")) if isinstance(found, str) else found


def settings_classes(configs: Iterable[AppConfig] | None = None) -> Iterator[type[PluginSettings]]:
    """Iterate over the kernel's settings class, those of the apps, and those installed.

    Args:
        configs: The selected apps; those of the default registry if `None`.
    """
    yield CoreSettings
    for config in apps.app_configs.values() if configs is None else configs:
        if (owner := _class_of(config)) is not None:
            yield owner
    for plugin in _installed():
        try:
            owner = _class_of(plugin.config_class)
        except (PluginError, ImportError):  # refused where it is selected
            continue
        if owner is not None:
            yield owner


def _field(name: str) -> FieldInfo | None:
    return next((f for c in settings_classes() if (f := c.model_fields.get(name))), None)


def default(name: str) -> Any:
    """Return the default of a setting.

    Raises:
        AttributeError: No settings class has the name, or it must be given.
    """
    if (field := _field(name)) is None:
        names = [field for owner in settings_classes() for field in owner.model_fields]
        near = did_you_mean(name, names)
        raise AttributeError(
            f"'Settings' object has no attribute {name!r}.{near}".removesuffix(".")
        )
    if field.is_required():
        raise AttributeError(f"The setting {name} has no default. Set it in the settings module.")
    return field.get_default(call_default_factory=True)


def decode(name: str, value: Any, current: Any) -> Any:
    """Turn the text of an environment variable into the value of a setting.

    Lists may be written as JSON or with commas, mappings as JSON.

    Args:
        value: The text; or a mapping made from a URL, which is merged into `current`; or an
            error to raise.
        current: What the settings module says, whose type counts for names that no class owns.

    Raises:
        SettingsError: The text does not fit the type.
    """
    if isinstance(value, SettingsError):
        raise value
    if not isinstance(value, str):
        merge = isinstance(value, dict) and isinstance(current, dict)
        merged: Any = {**current, **value} if merge else value  # pyright: ignore
        return merged
    field = _field(name)
    own = str if current is None else cast("Any", type(current))
    adapter = TypeAdapter[Any](cast("Any", field.annotation) if field else own)
    tries: list[Any] = [value, [part.strip() for part in value.split(",") if part.strip()]]
    if value.lstrip()[:1] in {"[", "{"}:
        try:
            tries = [json.loads(value)]
        except ValueError as error:
            reason = f"is not valid JSON ({error})"
            raise SettingsError([f"{_shown(name, value)} {reason}."]) from None
    problem = ""
    for candidate in tries:
        try:
            return adapter.validate_python(candidate)
        except ValidationError as error:
            problem = problem or error.errors()[0]["msg"]
    raise SettingsError([f"{_shown(name, value)} is wrong: {problem}."])


def mask(name: str, value: Any) -> Any:
    """Return a setting's value fit to be printed: passwords, keys and tokens are hidden."""
    value = force_promise(value)
    if isinstance(value, dict):
        return {key: mask(str(key), item) for key, item in value.items()}  # pyright: ignore
    if isinstance(value, list | tuple):
        items = (mask(name, item) for item in value)  # pyright: ignore
        return list(items) if isinstance(value, list) else tuple(items)
    if value and isinstance(value, str | bytes) and _SECRET.search(name):
        return _MASK
    if isinstance(value, str):
        return re.sub(r"(://[^:/@\s]*:)[^@\s]+@", rf"\1{_MASK}@", value)
    return value


def _shown(name: str, value: Any = empty) -> str:
    """Return a setting with its masked value and its source."""
    environment = getattr(settings._wrapped, "_environment", {})
    source = f"from the environment, FASTJANGO_{name}" if name in environment else ""
    source = f" ({source})" if source else ""
    return f"{name}{source}" if value is empty else f"{name} = {mask(name, value)!r}{source}"


def _explain(owner: type[PluginSettings], error: ValidationError, known: set[str]) -> Iterator[str]:
    for item in error.errors():
        name, *inner = map(str, item["loc"])
        if name in known:
            continue
        if item["type"] == "missing" and not inner:
            where = f"{owner.__module__}.{owner.__qualname__}"
            yield f"{name} is not set, and {where} requires it. Set it in the settings module."
            continue
        at = f" at {'.'.join(inner)}" if inner else ""
        value = getattr(settings, name, empty)
        said = item["msg"].removeprefix("Value error, ")
        reason = item["type"].replace("_", " ") if _SECRET.search(name) else said
        yield f"{_shown(name, value)} is wrong{at}: {reason}."


def given_values(owner: type[PluginSettings], found: list[str]) -> tuple[dict[str, Any], set[str]]:
    """Return the given settings that a class owns, and the names that cannot be read.

    Args:
        found: Gets a line for each of the latter.
    """
    values: dict[str, Any] = {}
    broken: set[str] = set()
    for name in owner.model_fields:
        if settings.is_overridden(name):
            try:
                values[name] = getattr(settings._wrapped, name)
            except SettingsError as error:
                found += error.problems
                broken.add(name)
    return values, broken


def _problems_of(owner: type[PluginSettings]) -> Iterator[str]:
    found: list[str] = []
    values, broken = given_values(owner, found)
    yield from found
    for name, value in values.items():
        kinds = get_args(owner.model_fields[name].annotation) or (
            owner.model_fields[name].annotation,
        )
        wanted = [k.__name__ for k in kinds if k in (bool, int, float)]
        if isinstance(value, str | Promise) and wanted and str not in kinds:
            # pydantic would read the text, and code that reads `settings` would not.
            broken.add(name)
            yield f"{_shown(name, value)} is a text where {' or '.join(wanted)} is expected."
    try:
        owner(**values)
    except ValidationError as error:
        yield from _explain(owner, error, broken)


def problems(configs: list[AppConfig]) -> list[str]:
    """Return every mistake in the settings, in one line each.

    Args:
        configs: The selected apps.
    """
    selected: list[type[PluginSettings]] = [CoreSettings]
    selected += [owner for config in configs if (owner := _class_of(config))]
    found = [line for owner in dict.fromkeys(selected) for line in _problems_of(owner)]
    if isinstance(settings._wrapped, Settings):
        found += _secret_problems()
    return found + list(_unknown_names(configs))


def _secret_problems() -> Iterator[str]:
    with suppress(SettingsError):  # which is in the list already
        yield from _short_secret(settings._wrapped.SECRET_KEY, settings._wrapped.DEBUG)


def _short_secret(key: object, debug: object) -> Iterator[str]:
    if not key:
        yield "SECRET_KEY is not set. Set it in the settings module or as FASTJANGO_SECRET_KEY."
    elif debug is False and isinstance(key, str | bytes) and len(key) < SHORT_SECRET:
        yield (
            f"SECRET_KEY has {len(key)} characters, too few for production (DEBUG is off): give "
            f"it at least {SHORT_SECRET}, 50 or more for `check --deploy`."
        )


def _unknown_names(configs: list[AppConfig]) -> Iterator[str]:
    """Yield the names that are nearly those of a setting; others are the project's own."""
    with suppress(SettingsError):
        if UNKNOWN_SETTING in settings.SILENCED_SYSTEM_CHECKS:
            return
    given = {name for name in dir(settings._wrapped) if settings.is_overridden(name)}
    known: set[str] = set()
    for owner in settings_classes(configs):  # stops before importing what nobody needs
        known.update(owner.model_fields)
        if not given - known:
            return
    for name in sorted(given - known):
        if hint := did_you_mean(name, known, cutoff=0.85):
            yield (
                f"{_shown(name)} is not a known setting.{hint} (If it is your own, rename it, or "
                f"add {UNKNOWN_SETTING!r} to SILENCED_SYSTEM_CHECKS.)"
            )
