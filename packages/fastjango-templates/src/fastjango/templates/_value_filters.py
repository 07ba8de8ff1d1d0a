"""Filters of numbers, dates and conditions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, getcontext
from pprint import pformat
from typing import Any

import jinja2
from fastjango.core.translation import gettext, gettext_noop, ngettext
from fastjango.templates.filtering import filter_options
from fastjango.values import dateformat, formats, html
from fastjango.values import timesince as distances
from fastjango.values.safestring import SafeString

MAX_DIGITS = 200
"""Digits of a number, and decimal places, beyond which `floatformat` leaves it as it is."""

_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(MAX_DIGITS + 1))
_SIZES = (
    gettext_noop("%s KB"),
    gettext_noop("%s MB"),
    gettext_noop("%s GB"),
    gettext_noop("%s TB"),
    gettext_noop("%s PB"),
)


def add(value: Any, arg: Any) -> Any:
    """Return the sum: of numbers if both are, else of texts or lists; `""` if there is none."""
    try:
        return int(value) + int(arg)
    except (ValueError, TypeError):
        try:
            return value + arg
        except Exception:
            return ""


def get_digit(value: Any, arg: Any) -> Any:
    """Return a digit of a whole number, 1 being the last; other values come back unchanged."""
    try:
        position, number = int(arg), int(value)
    except ValueError:
        return value
    if position < 1:
        return number
    try:
        return int(str(number)[-position])
    except IndexError:
        return 0


def _grouping(arg: Any) -> tuple[Any, bool, bool]:
    """Return the decimal places, whether to group, and whether to use the language's signs."""
    if not isinstance(arg, str):
        return arg, False, True
    if arg[-2:] in {"gu", "ug"}:
        return arg[:-2] or -1, True, False
    if arg[-1:] == "g":
        return arg[:-1] or -1, True, True
    if arg[-1:] == "u":
        return arg[:-1] or -1, False, False
    return arg, False, True


def _decimal(text: str, value: Any) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        try:
            return Decimal(str(float(value)))
        except (ValueError, InvalidOperation, TypeError):
            return None


@filter_options(is_safe=True, varies=True)
def floatformat(text: Any, arg: Any = -1) -> Any:
    """Return a number with some decimal places, rounded half up.

    Args:
        text: The number, or the text of one.
        arg: The decimal places; negative ones are shown only if any of them is not zero. With the
            suffix `g` the number is grouped, with `u` it ignores the language.
    """
    places, force_grouping, use_l10n = _grouping(arg)
    shown = str(text)
    number = text if type(text) is int else _decimal(shown, text)
    if number is None:
        return ""
    try:
        wanted = int(places)
    except ValueError:
        return shown
    options: dict[str, Any] = {"use_l10n": use_l10n, "force_grouping": force_grouping}
    if isinstance(number, int):
        # A whole number has nothing to round.
        if len(shown.lstrip("-")) > MAX_DIGITS or abs(wanted) > MAX_DIGITS:
            return shown
        return SafeString(formats.number_format(shown, max(wanted, 0), **options))
    _sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return shown
    if len(digits) + abs(exponent) > MAX_DIGITS or abs(wanted) > MAX_DIGITS:
        return shown
    fraction = int(number) - number
    if not fraction and wanted <= 0:
        return SafeString(formats.number_format(f"{int(number):d}", 0, **options))
    units = len(digits) + (-exponent if fraction else exponent)
    precision = max(getcontext().prec, abs(wanted) + units + 1)
    # A context of its own costs more than the rounding, and few numbers need one.
    wider = Context(prec=precision) if precision > getcontext().prec else None
    rounded = number.quantize(_STEPS[abs(wanted)], ROUND_HALF_UP, wider)
    if not rounded:
        rounded = abs(rounded)
    return SafeString(formats.number_format(f"{rounded:f}", abs(wanted), **options))


@filter_options(expects_localtime=True, varies=True)
def date(value: Any, arg: Any = None) -> str:
    """Return a date in a format, by default that of the language; `""` for what is none."""
    if isinstance(value, jinja2.Undefined) or value in (None, ""):
        return str(value or "")
    try:
        return formats.date_format(value, arg)
    except AttributeError:
        try:
            return dateformat.format(value, arg)
        except AttributeError:
            return ""


@filter_options(expects_localtime=True, varies=True)
def time(value: Any, arg: Any = None) -> str:
    """Return a time of day in a format, by default that of the language; `""` for what is none."""
    if isinstance(value, jinja2.Undefined) or value in (None, ""):
        return str(value or "")
    try:
        return formats.time_format(value, arg)
    except (AttributeError, TypeError):
        try:
            return dateformat.time_format(value, arg)
        except (AttributeError, TypeError):
            return ""


@filter_options(varies=True)
def timesince_filter(value: Any, arg: Any = None) -> str:
    """Return the time since a date in words, until now or another date."""
    if not value:
        return ""
    try:
        return distances.timesince(value, arg) if arg else distances.timesince(value)
    except (ValueError, TypeError):
        return ""


@filter_options(varies=True)
def timeuntil_filter(value: Any, arg: Any = None) -> str:
    """Return the time until a date in words, from now or another date."""
    if not value:
        return ""
    try:
        return distances.timeuntil(value, arg)
    except (ValueError, TypeError):
        return ""


def default(value: Any, arg: Any = "", boolean: bool | None = None) -> Any:
    """Return the value, or the default if it is missing or false.

    Args:
        value: The value.
        arg: The default.
        boolean: `False` for Jinja2's meaning: the default stands for missing values only.
    """
    if isinstance(value, jinja2.Undefined):
        return arg
    return value if boolean is False else value or arg


def default_if_none(value: Any, arg: Any) -> Any:
    """Return the value, or the default if it is `None`."""
    return arg if value is None else value


def divisibleby(value: Any, arg: Any) -> bool:
    """Whether a number can be divided by another without a rest."""
    return int(value) % int(arg) == 0


@filter_options(varies=True)
def yesno(value: Any, arg: str | None = None) -> Any:
    """Return one of the words for true, false and (if there are three) `None`."""
    words = (gettext("yes,no,maybe") if arg is None else arg).split(",")
    if len(words) < 2:
        return value
    if len(words) != 3:
        words = [words[0], words[1], words[1]]
    if value is None:
        return words[2]
    return words[0] if value else words[1]


@filter_options(is_safe=True, varies=True)
def filesizeformat(bytes_: Any, binary: bool = False) -> str:
    """Return a number of bytes as people write it: `13.0 KB`; a KB has 1,024 bytes.

    Args:
        bytes_: The number.
        binary: Ignored; Jinja2's filter of this name takes it.
    """
    try:
        size = int(bytes_)
    except (TypeError, ValueError):
        return html.avoid_wrapping(ngettext("%(size)d byte", "%(size)d bytes", 0) % {"size": 0})
    amount = abs(size)
    if amount < 1024:
        text = ngettext("%(size)d byte", "%(size)d bytes", amount) % {"size": amount}
    else:
        power = min((amount.bit_length() - 1) // 10, len(_SIZES))
        shown = formats.number_format(round(amount / (1 << 10 * power), 1), 1)
        text = gettext(_SIZES[power - 1]) % shown
    return html.avoid_wrapping(f"-{text}" if size < 0 else text)


def pluralize(value: Any, arg: str = "s") -> str:
    """Return the ending for a number or the length of a list: nothing for 1, else `s`.

    Args:
        value: The number, its text, or a collection.
        arg: The ending, or two of them with a comma: for one and for several.
    """
    endings = (arg if "," in arg else f",{arg}").split(",")
    if len(endings) > 2:
        return ""
    singular, plural = endings
    try:
        return singular if float(value) == 1 else plural
    except ValueError:
        return ""
    except TypeError:
        try:
            return singular if len(value) == 1 else plural
        except TypeError:
            return ""


@filter_options(is_safe=True)
def pprint(value: Any) -> str:
    """Return a value as Python shows it, for looking for mistakes."""
    try:
        return pformat(value)
    except Exception as error:
        return f"Error in formatting: {error.__class__.__name__}: {error}"


@filter_options(is_safe=True)
def json_script(value: Any, element_id: Any = None) -> str:
    """Return a `<script>` element that holds the value as JSON."""
    return html.json_script(value, element_id)
