"""Numbers with separators, as in `django.utils.numberformat`."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from fastjango.core.conf import settings
from fastjango.values.safestring import mark_safe

__all__ = ["format"]

_MAX_DIGITS: Final = 200  # beyond, decimals are written with an exponent, to spare memory


def format(
    number: Any,
    decimal_sep: str,
    decimal_pos: int | None = None,
    grouping: int | Iterable[int] = 0,
    thousand_sep: str = "",
    force_grouping: bool = False,
    use_l10n: bool | None = None,
) -> str:
    """Return a number (or the text of one) with the given separators.

    Args:
        decimal_pos: How many decimal places to show; more are cut off. None shows what there is.
        grouping: The size of the groups, or the sizes from right to left (0 repeats the last).
        force_grouping: Group even when `USE_THOUSAND_SEPARATOR` is off.
        use_l10n: False leaves grouping out unless it is forced.
    """
    if number is None or number == "":
        return mark_safe(number)  # type: ignore[no-any-return]
    localized = use_l10n is not False and settings.USE_THOUSAND_SEPARATOR
    grouped = bool((localized or force_grouping) and grouping != 0)
    if isinstance(number, int) and not grouped and not decimal_pos:
        return mark_safe(number)  # type: ignore[no-any-return]
    if isinstance(number, float) and "e" in str(number).lower():
        number = Decimal(str(number))
    if isinstance(number, Decimal):
        if decimal_pos is not None and abs(number) < Decimal("0." + "1".rjust(decimal_pos, "0")):
            number = Decimal(0)
        if not number.is_finite():
            return str(number)
        _sign, digits, exponent = number.as_tuple()
        if isinstance(exponent, int) and abs(exponent) + len(digits) > _MAX_DIGITS:
            coefficient, power = f"{number:e}".split("e")
            shown = format(
                coefficient,
                decimal_sep,
                decimal_pos,
                grouping,
                thousand_sep,
                force_grouping,
                use_l10n,
            )
            return f"{shown}e{power}"
        text = f"{number:f}"
    else:
        text = str(number)
    sign = "-" if text[0] == "-" else ""
    whole, _point, decimals = text.removeprefix("-").partition(".")
    if decimal_pos is not None:
        decimals = decimals[:decimal_pos].ljust(decimal_pos, "0")
    if grouped:
        whole = _group(whole, grouping, thousand_sep)
    return f"{sign}{whole}{decimal_sep + decimals if decimals else ''}"


def _group(digits: str, grouping: int | Iterable[int], separator: str) -> str:
    sizes = [grouping] if isinstance(grouping, int) else list(grouping)
    size = sizes.pop(0)
    groups: list[str] = []
    while size and len(digits) > size:
        groups.append(digits[-size:])
        digits = digits[:-size]
        if sizes:
            size = sizes.pop(0) or size
    return separator.join([digits, *reversed(groups)])
