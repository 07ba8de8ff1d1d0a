"""Dates and numbers in the format of the language, as in `django.utils.formats`.

A format comes from the modules of the language (those of `FORMAT_MODULE_PATH` first, then those
of the packages given to `register_format_package`), else from the setting of the same name.
"""

import datetime
import decimal
import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from fastjango.core.conf import setting_changed, settings
from fastjango.core.functional import lazy
from fastjango.core.translation import check_for_language, get_language, to_locale
from fastjango.values import dateformat, numberformat

__all__ = [
    "date_format",
    "get_format",
    "get_format_lazy",
    "get_format_modules",
    "iter_format_modules",
    "localize",
    "localize_input",
    "number_format",
    "register_format_package",
    "reset_format_cache",
    "sanitize_separators",
    "sanitize_strftime_format",
    "time_format",
]

ISO_INPUT_FORMATS: Final[dict[str, list[str]]] = {
    "DATE_INPUT_FORMATS": ["%Y-%m-%d"],
    "TIME_INPUT_FORMATS": ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M"],
    "DATETIME_INPUT_FORMATS": [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
    ],
}
FORMAT_SETTINGS: Final = frozenset(
    (
        "DATETIME_FORMAT",
        "DATETIME_INPUT_FORMATS",
        "DATE_FORMAT",
        "DATE_INPUT_FORMATS",
        "DECIMAL_SEPARATOR",
        "FIRST_DAY_OF_WEEK",
        "MONTH_DAY_FORMAT",
        "NUMBER_GROUPING",
        "SHORT_DATETIME_FORMAT",
        "SHORT_DATE_FORMAT",
        "THOUSAND_SEPARATOR",
        "TIME_FORMAT",
        "TIME_INPUT_FORMATS",
        "YEAR_MONTH_FORMAT",
    )
)

_format_cache: dict[tuple[str, str | None], Any] = {}
_format_modules_cache: dict[str | None, list[ModuleType]] = {}
_packages: list[str] = []


def register_format_package(path: str) -> None:
    """Add a package with one `<locale>.formats` module for each language, searched last."""
    if path not in _packages:
        _packages.append(path)
        reset_format_cache()


def reset_format_cache() -> None:
    """Forget the formats that were looked up; for tests and changed settings."""
    _format_cache.clear()
    _format_modules_cache.clear()


@setting_changed.register
def _setting_changed(setting: str) -> None:
    if setting in FORMAT_SETTINGS or setting == "FORMAT_MODULE_PATH":
        reset_format_cache()


def iter_format_modules(
    lang: str | None, format_module_path: str | Sequence[str] | None = None
) -> Iterator[ModuleType]:
    """Yield the format modules of a language, the most specific first."""
    if not lang or not check_for_language(lang):
        return
    paths = settings.FORMAT_MODULE_PATH if format_module_path is None else format_module_path
    own: list[str] = [paths] if isinstance(paths, str) else list(paths or ())
    locale = to_locale(lang)
    locales = [locale, locale.split("_")[0]] if "_" in locale else [locale]
    for path in [*own, *_packages]:
        for name in locales:
            try:
                yield import_module(f"{path}.{name}.formats")
            except ImportError:
                continue


def get_format_modules(lang: str | None = None) -> list[ModuleType]:
    """Return the format modules of a language, the active one by default."""
    lang = get_language() if lang is None else lang
    if lang not in _format_modules_cache:
        _format_modules_cache[lang] = list(iter_format_modules(lang))
    return _format_modules_cache[lang]


def get_format(format_type: Any, lang: str | None = None, use_l10n: bool | None = None) -> Any:
    """Return a format such as `"DATE_FORMAT"` for a language.

    Args:
        lang: The language; None means the active one.
        use_l10n: False takes the setting, whatever the language says.

    Returns:
        The format; a text that names none comes back unchanged.
    """
    localized = use_l10n is not False
    if localized and lang is None:
        lang = get_language()
    name = str(format_type)
    key = (name, lang)
    if key in _format_cache:
        return _format_cache[key]
    found: Any = None
    for module in get_format_modules(lang) if localized else ():
        found = getattr(module, name, None)
        if found is not None:
            break
    if found is None:
        if name not in FORMAT_SETTINGS:
            return name
        found = getattr(settings, name)
    elif name in ISO_INPUT_FORMATS:
        found = list(found)
        found += [form for form in ISO_INPUT_FORMATS[name] if form not in found]
    _format_cache[key] = found
    return found


get_format_lazy: Callable[..., Any] = lazy(get_format, str, list, tuple)


def date_format(
    value: datetime.date | datetime.datetime, format: Any = None, use_l10n: bool | None = None
) -> str:
    """Return a date in a format of the language, `DATE_FORMAT` by default."""
    return dateformat.format(value, get_format(format or "DATE_FORMAT", use_l10n=use_l10n))


def time_format(
    value: datetime.time | datetime.datetime, format: Any = None, use_l10n: bool | None = None
) -> str:
    """Return a time of day in a format of the language, `TIME_FORMAT` by default."""
    return dateformat.time_format(value, get_format(format or "TIME_FORMAT", use_l10n=use_l10n))


def number_format(
    value: Any,
    decimal_pos: int | None = None,
    use_l10n: bool | None = None,
    force_grouping: bool = False,
) -> str:
    """Return a number with the separators of the language; see `numberformat.format`."""
    localized = use_l10n is not False
    lang = get_language() if localized else None
    grouping = get_format("NUMBER_GROUPING", lang, use_l10n=localized)
    if force_grouping and not grouping and lang and lang.partition("-")[0] == "en":
        # English needs no format module: all of it but this is in the settings' defaults.
        grouping = 3
    return numberformat.format(
        value,
        get_format("DECIMAL_SEPARATOR", lang, use_l10n=localized),
        decimal_pos,
        grouping,
        get_format("THOUSAND_SEPARATOR", lang, use_l10n=localized),
        force_grouping=force_grouping,
        use_l10n=localized,
    )


def localize(value: Any, use_l10n: bool | None = None) -> Any:
    """Return a number, date or time in the format of the language; other values unchanged."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (decimal.Decimal, float, int)):
        return str(value) if use_l10n is False else number_format(value, use_l10n=use_l10n)
    if isinstance(value, datetime.datetime):
        return date_format(value, "DATETIME_FORMAT", use_l10n=use_l10n)
    if isinstance(value, datetime.date):
        return date_format(value, use_l10n=use_l10n)
    if isinstance(value, datetime.time):
        return time_format(value, use_l10n=use_l10n)
    return value


def localize_input(value: Any, default: str | None = None) -> Any:
    """Return a value as an input field of the language shows it.

    Args:
        default: The `strftime` format to use instead of the language's first input format.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (decimal.Decimal, float, int)):
        return number_format(value)
    if isinstance(value, datetime.datetime):
        form = default or get_format("DATETIME_INPUT_FORMATS")[0]
        return value.strftime(sanitize_strftime_format(form))
    if isinstance(value, datetime.date):
        form = default or get_format("DATE_INPUT_FORMATS")[0]
        return value.strftime(sanitize_strftime_format(form))
    if isinstance(value, datetime.time):
        return value.strftime(default or get_format("TIME_INPUT_FORMATS")[0])
    return value


@functools.lru_cache
def sanitize_strftime_format(fmt: str) -> str:
    """Return a format that writes years before 1000 with leading zeros on every platform.

    The C library of Linux leaves them out unless the width is given (Python issue 13305).
    """
    if datetime.date(1, 1, 1).strftime("%Y") == "0001":
        return fmt
    widths = {"C": "02", "F": "010", "G": "04", "Y": "04"}
    return re.sub(
        r"((?:^|[^%])(?:%%)*)%([CFGY])",
        lambda match: f"{match[1]}%{widths[match[2]]}{match[2]}",
        fmt,
    )


def sanitize_separators(value: Any) -> Any:
    """Return the text of a number with the language's separators replaced by plain ones."""
    if not isinstance(value, str):
        return value
    decimals: str | None = None
    separator = get_format("DECIMAL_SEPARATOR")
    if separator in value:
        value, decimals = value.split(separator, 1)
    if settings.USE_THOUSAND_SEPARATOR:
        thousand = get_format("THOUSAND_SEPARATOR")
        # One dot that does not part off three digits was meant as a decimal point.
        meant_decimal = thousand == "." and value.count(".") == 1 and len(value.split(".")[-1]) != 3
        if not meant_decimal:
            for sign in {thousand, unicodedata.normalize("NFKD", thousand)}:
                value = value.replace(sign, "")
    return value if decimals is None else f"{value}.{decimals}"
