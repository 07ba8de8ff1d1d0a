"""Settings of the value formats."""

from typing import Any

from fastjango.core.conf import PluginSettings

_MONTHS_FIRST = "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d %b, %Y"
_MONTHS_FULL = "%B %d %Y", "%B %d, %Y", "%d %B %Y", "%d %B, %Y"
_TIMES = "%H:%M:%S", "%H:%M:%S.%f", "%H:%M"


class ValuesSettings(PluginSettings):
    """How dates and numbers are written and read when the language has no format of its own."""

    DATE_FORMAT: str = "N j, Y"
    DATETIME_FORMAT: str = "N j, Y, P"
    TIME_FORMAT: str = "P"
    YEAR_MONTH_FORMAT: str = "F Y"
    MONTH_DAY_FORMAT: str = "F j"
    SHORT_DATE_FORMAT: str = "m/d/Y"
    SHORT_DATETIME_FORMAT: str = "m/d/Y P"
    DATE_INPUT_FORMATS: list[str] = [
        "%Y-%m-%d",
        "%m/%d/%Y",
        "%m/%d/%y",
        *_MONTHS_FIRST,
        *_MONTHS_FULL,
    ]
    TIME_INPUT_FORMATS: list[str] = [*_TIMES]
    DATETIME_INPUT_FORMATS: list[str] = [
        f"{date} {time}" for date in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y") for time in _TIMES
    ]
    FIRST_DAY_OF_WEEK: int = 0
    DECIMAL_SEPARATOR: str = "."
    THOUSAND_SEPARATOR: str = ","
    NUMBER_GROUPING: Any = 0
    USE_THOUSAND_SEPARATOR: bool = False
    FORMAT_MODULE_PATH: str | list[str] | None = None
    URLIZE_ASSUME_HTTPS: bool = False
    USE_BLANK_CHOICE_DASH: bool = False
