"""The translation seam: Django's names, the identity until a backend is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ContextDecorator
from decimal import ROUND_UP, Decimal
from typing import Any

from .functional import Promise, lazy

__all__ = [
    "NullTranslation", "activate", "check_for_language", "deactivate", "deactivate_all",
    "get_language", "get_language_bidi", "gettext", "gettext_lazy", "gettext_noop", "install",
    "ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy", "override", "pgettext",
    "pgettext_lazy", "round_away_from_one", "to_language", "to_locale", "trim_whitespace",
]  # fmt: skip

_BIDI = ("he", "ar", "ar-dz", "ckb", "fa", "ug", "ur")


# The settings, once somebody has asked for the language: numbers and dates ask for each value.
_settings: Any = None


class NullTranslation:
    """The backend without catalogs; others derive from it and are put in by `install`."""

    def gettext(self, message: str) -> str:
        """Return the translation of `message`."""
        return message

    def ngettext(self, singular: str, plural: str, number: float) -> str:
        """Return the form that fits `number`."""
        return singular if number == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        """Return the translation of `message` in one of its meanings."""
        return self.gettext(message)

    def npgettext(self, context: str, singular: str, plural: str, number: float) -> str:
        """Return the form that fits `number`, in one of its meanings."""
        return self.ngettext(singular, plural, number)

    def activate(self, language: str | None) -> None:
        """Make a language the one of this context; `None` turns translation off."""

    def deactivate(self) -> None:
        """Go back to the default language."""

    def get_language(self) -> str | None:
        """Return the active language, `settings.LANGUAGE_CODE` here."""
        global _settings
        if _settings is None:
            from .conf import settings

            _settings = settings
        return str(_settings.LANGUAGE_CODE)

    def get_language_bidi(self) -> bool:
        """Tell whether the active language is written from right to left."""
        return self.get_language() in _BIDI

    def check_for_language(self, lang_code: str) -> bool:
        """Tell whether the language has a catalog."""
        return True


_backend: NullTranslation = NullTranslation()


def install(backend: NullTranslation | None) -> NullTranslation:
    """Put in a translation backend (`None`: the identity) and return the one it replaces."""
    global _backend
    old, _backend = _backend, backend or NullTranslation()
    return old


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it as it is."""
    return message


def gettext(message: str) -> str:
    """Return the translation of a text in the active language."""
    return _backend.gettext(message)


def ngettext(singular: str, plural: str, number: float) -> str:
    """Return the translation of the form that fits `number`."""
    return _backend.ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Return the translation of a text that means different things in different contexts."""
    return _backend.pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, number: float) -> str:
    """Return the form that fits `number`, in a context."""
    return _backend.npgettext(context, singular, plural, number)


_lazy_gettext, _lazy_pgettext = lazy(gettext, str), lazy(pgettext, str)


def gettext_lazy(message: str) -> str:
    """Return a text that is translated when it is used."""
    return _lazy_gettext(message)


def pgettext_lazy(context: str, message: str) -> str:
    """Return a text in a context that is translated when it is used."""
    return _lazy_pgettext(context, message)


class _Plural(Promise):
    """A lazy plural whose number comes with `%` or `format`, under a key or alone."""

    def __init__(self, key: str | None, context: str | None, singular: str, plural: str) -> None:
        self.parts = key, context, singular, plural

    def __reduce__(self) -> tuple[Any, ...]:
        return _Plural, self.parts

    def __bool__(self) -> bool:
        return bool(self.parts[2])

    def __eq__(self, other: object) -> bool:
        return self.parts == other.parts if isinstance(other, _Plural) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.parts)

    def __str__(self) -> str:
        return self._translate(2)

    def _translate(self, number: Any) -> str:
        _, context, singular, plural = self.parts
        if context is None:
            return ngettext(singular, plural, number)
        return npgettext(context, singular, plural, number)

    def _number(self, values: Mapping[Any, Any]) -> Any:
        try:
            return values[self.parts[0]]
        except KeyError:
            raise KeyError(
                f"Your dictionary lacks key '{self.parts[0]}'. Please provide it, because it is "
                "required to determine whether string is singular or plural."
            ) from None

    def format(self, *args: Any, **kwargs: Any) -> str:
        """Fill in the text as `str.format` does."""
        number = self._number(kwargs) if kwargs and self.parts[0] else args[0]
        return self._translate(number).format(*args, **kwargs)

    def __mod__(self, values: Any) -> str:
        named = isinstance(values, dict) and self.parts[0]
        text = self._translate(self._number(values) if named else values)  # pyright: ignore
        try:
            return str(text % values)
        except TypeError:  # the text has no placeholder for the number
            return text


def ngettext_lazy(singular: str, plural: str, number: int | str | None = None) -> str:
    """Make a lazy plural.

    Args:
        number: The number, or the key under which `%` finds it, or `None` if `%` gets it alone.
    """
    if isinstance(number, int):
        return lazy(ngettext, str)(singular, plural, number)
    return _Plural(number, None, singular, plural)  # type: ignore[return-value]  # pyright: ignore


def npgettext_lazy(
    context: str, singular: str, plural: str, number: int | str | None = None
) -> str:
    """Make a lazy plural in a context; see `ngettext_lazy`."""
    if isinstance(number, int):
        return lazy(npgettext, str)(context, singular, plural, number)
    return _Plural(number, context, singular, plural)  # type: ignore[return-value]  # pyright: ignore


def activate(language: str) -> None:
    """Make a language the active one of this thread or task."""
    _backend.activate(language)


def deactivate() -> None:
    """Go back to the default language."""
    _backend.deactivate()


def deactivate_all() -> None:
    """Turn translation off: texts come out as they were written."""
    _backend.activate(None)


class override(ContextDecorator):  # noqa: N801 - Django's name
    """Activate a language for a block or function (`None`: no translation).

    Args:
        deactivate: Go back to the default language at the end, not to the one before.
    """

    def __init__(self, language: str | None, deactivate: bool = False) -> None:
        self.language: str | None = language
        self.deactivate: bool = deactivate

    def __enter__(self) -> None:
        self.old_language: str | None = get_language()
        _backend.activate(self.language)

    def __exit__(self, *exc_info: object) -> None:
        if self.old_language is not None and self.deactivate:
            deactivate()
        else:
            _backend.activate(self.old_language)


def get_language() -> str | None:
    """Return the active language code, `None` if translation is off."""
    return _backend.get_language()


def get_language_bidi() -> bool:
    """Tell whether the active language is written from right to left."""
    return _backend.get_language_bidi()


def check_for_language(lang_code: str) -> bool:
    """Tell whether there is a catalog for a language."""
    return _backend.check_for_language(lang_code)


def to_language(locale: str) -> str:
    """Turn a locale name (`en_US`) into a language code (`en-us`)."""
    return locale.replace("_", "-", 1).lower()


def to_locale(language: str) -> str:
    """Turn a language code (`en-us`, `sr-latn`) into a locale name (`en_US`, `sr_Latn`)."""
    lang, _, country = language.lower().partition("-")
    if not country:
        return language[:3].lower() + language[3:]
    country, dash, tail = country.partition("-")
    return f"{lang}_{country.title() if len(country) > 2 else country.upper()}{dash}{tail}"


def trim_whitespace(text: str) -> str:
    """Join lines and strip the spaces around their ends."""
    return re.sub(r"\s*\n\s*", " ", text.strip())


def round_away_from_one(value: Any) -> int:
    """Round a number away from one, which decides the plural form of fractions."""
    return int(Decimal(value - 1).quantize(Decimal(0), rounding=ROUND_UP)) + 1
