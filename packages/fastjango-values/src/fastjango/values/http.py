"""HTTP in text form: dates, etags, headers, base 36 and 64, as in `django.utils.http`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import collapse_rfc2231_value, formatdate
from typing import Any, Final
from urllib.parse import quote, urlsplit
from urllib.parse import urlencode as _urlencode

from fastjango.values.datastructures import MultiValueDict
from fastjango.values.encoding import known_charset
from fastjango.values.regex_helper import lazy_re_compile

__all__ = [
    "MAX_HEADER_LENGTH",
    "MAX_URL_LENGTH",
    "MAX_URL_REDIRECT_LENGTH",
    "RFC3986_GENDELIMS",
    "RFC3986_SUBDELIMS",
    "base36_to_int",
    "content_disposition_header",
    "escape_leading_slashes",
    "http_date",
    "int_to_base36",
    "is_same_domain",
    "parse_etags",
    "parse_header_parameters",
    "parse_http_date",
    "parse_http_date_safe",
    "quote_etag",
    "split_directive_names",
    "split_header_value",
    "url_has_allowed_host_and_scheme",
    "urlencode",
    "urlsafe_base64_decode",
    "urlsafe_base64_encode",
]

MAX_HEADER_LENGTH: Final = 10_000  # characters
MAX_URL_LENGTH: Final = 2048  # characters
MAX_URL_REDIRECT_LENGTH: Final = 16384  # characters
RFC3986_GENDELIMS: Final = ":/?#[]@"
RFC3986_SUBDELIMS: Final = "!$&'()*+,;="

ETAG_MATCH: Final = lazy_re_compile(r'\A((?:W/)?"[^"]*")\Z')  # RFC 9110 appendix A
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_TIME: Final = r"(?P<hour>[0-9]{2}):(?P<min>[0-9]{2}):(?P<sec>[0-9]{2})"
_MONTH: Final = r"(?P<mon>\w{3})"
# RFC 9110 section 5.6.7: today's form and the two obsolete ones
_HTTP_DATES: Final = (
    lazy_re_compile(rf"^\w{{3}}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT$"),
    lazy_re_compile(rf"^\w{{6,9}}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT$"),
    lazy_re_compile(rf"^\w{{3}} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})$"),
)
_MAX_BASE36_LENGTH: Final = 13  # digits, enough for 64 bits
_DIGITS36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def urlencode(query: Any, doseq: bool = False) -> str:
    """Encode pairs for a query string.

    Args:
        query: A `MultiValueDict`, a mapping, or an iterable of pairs; values need not be text.
        doseq: Write one pair for each element of a value that is an iterable.

    Raises:
        TypeError: A value (or an element of one) is None.
    """
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(query, MultiValueDict):
        pairs = query.lists()
    elif hasattr(query, "items"):
        pairs = query.items()
    else:
        pairs = query
    params: list[tuple[Any, Any]] = []
    for key, value in pairs:
        if value is None:
            raise _none_in_query(key)
        params.append((key, _query_value(key, value) if doseq else value))
    return _urlencode(params, doseq)


def _query_value(key: Any, value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return value
    try:
        items = iter(value)
    except TypeError:
        return value
    parts: list[str | bytes] = []
    for item in items:
        if item is None:
            raise _none_in_query(key)
        parts.append(item if isinstance(item, bytes) else str(item))
    return parts


def _none_in_query(key: Any) -> TypeError:
    return TypeError(
        f"Cannot encode None for key '{key}' in a query string. Did you mean to pass an empty "
        "string or omit the value?"
    )


def http_date(epoch_seconds: float | None = None) -> str:
    """Return an HTTP date such as `Sat, 21 Nov 2026 09:05:00 GMT` (RFC 9110 section 5.6.7).

    Args:
        epoch_seconds: Seconds since 1970 in UTC; None means now.
    """
    return formatdate(epoch_seconds, usegmt=True)


def parse_http_date(date: str) -> int:
    """Read an HTTP date in any of the three forms of RFC 9110 section 5.6.7.

    Returns:
        Seconds since 1970 in UTC. A year of two digits lies at most 50 years ahead.

    Raises:
        ValueError: The text is no such date.
    """
    match = next((found for form in _HTTP_DATES if (found := form.match(date))), None)
    if match is None:
        raise ValueError(f"{date!r} is not in a valid HTTP date format")
    try:
        year = int(match["year"])
        if year < 100:
            this_year = datetime.now(tz=UTC).year
            century = this_year - this_year % 100
            year += century - 100 if year - this_year % 100 > 50 else century
        moment = datetime(
            year,
            _MONTHS.index(match["mon"].lower()) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["min"]),
            int(match["sec"]),
            tzinfo=UTC,
        )
        return int(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{date!r} is not a valid date") from error


def parse_http_date_safe(date: Any) -> int | None:
    """Do what `parse_http_date` does, but return None for anything that is not an HTTP date."""
    try:
        return parse_http_date(date)
    except (ValueError, TypeError):
        return None


def base36_to_int(s: str) -> int:
    """Read a number in base 36.

    Raises:
        ValueError: The text is no such number, or longer than 13 digits.
    """
    if len(s) > _MAX_BASE36_LENGTH:
        raise ValueError("Base36 input too large")
    return int(s, 36)


def int_to_base36(i: int) -> str:
    """Write a number in base 36.

    Raises:
        ValueError: The number is negative.
    """
    if i < 0:
        raise ValueError("Negative base36 conversion input.")
    digits = ""
    while True:
        i, digit = divmod(i, 36)
        digits = _DIGITS36[digit] + digits
        if not i:
            return digits


def urlsafe_base64_encode(s: bytes) -> str:
    """Return bytes in the URL-safe base 64 alphabet, without padding."""
    return base64.urlsafe_b64encode(s).rstrip(b"\n=").decode("ascii")


def urlsafe_base64_decode(s: str) -> bytes:
    """Return the bytes of unpadded URL-safe base 64 text.

    Raises:
        ValueError: The text is no such encoding.
    """
    data = s.encode()
    try:
        return base64.urlsafe_b64decode(data.ljust(len(data) + len(data) % 4, b"="))
    except ValueError as error:  # binascii.Error is one
        raise ValueError(error) from error


def split_header_value(value: str, sep: str = ",") -> Iterator[str]:
    """Yield the non-empty parts of a header of plain tokens, without white space around them.

    Not for headers with quoted strings: a separator inside quotes splits as well.
    """
    for part in value.split(sep):
        if stripped := part.strip():
            yield stripped


def split_directive_names(value: str) -> Iterator[str]:
    """Yield the lower-case names of directives such as `no-store, max-age=10`."""
    for part in split_header_value(value):
        yield part.split("=", 1)[0].strip().lower()


def parse_etags(etag_str: str) -> list[str]:
    """Return the valid etags of an `If-Match` or `If-None-Match` header; `["*"]` for any."""
    if etag_str.strip() == "*":
        return ["*"]
    matches = (ETAG_MATCH.match(etag) for etag in split_header_value(etag_str))
    return [match[1] for match in matches if match]


def quote_etag(etag_str: str) -> str:
    """Return an etag in quotes; one that is quoted (or weak) already stays as it is."""
    return etag_str if ETAG_MATCH.match(etag_str) else f'"{etag_str}"'


def is_same_domain(host: str, pattern: str) -> bool:
    """Tell whether a host fits a domain pattern.

    `.example.com` fits `example.com` and every name below it; other patterns fit only themselves.
    """
    if not pattern:
        return False
    pattern = pattern.lower()
    if pattern[0] == "." and (host.endswith(pattern) or host == pattern[1:]):
        return True
    return pattern == host


def url_has_allowed_host_and_scheme(
    url: str | None, allowed_hosts: str | Iterable[str] | None, require_https: bool = False
) -> bool:
    """Tell whether a redirect to the URL stays on an allowed host.

    Paths without a host are allowed, other schemes than http and https never. The answer says
    nothing about quoting: pass the path through `iri_to_uri` as well.

    Args:
        allowed_hosts: One host or several, with the port when there is one; None for no host.
        require_https: Refuse http, for URLs without a scheme too.
    """
    url = url.strip() if url is not None else url
    if not url:
        return False
    hosts = {allowed_hosts} if isinstance(allowed_hosts, str) else set(allowed_hosts or ())
    # Browsers take a backslash in a path for a slash, but not in credentials: check both readings.
    return _is_allowed(url, hosts, require_https) and _is_allowed(
        url.replace("\\", "/"), hosts, require_https
    )


def _is_allowed(url: str, hosts: set[str], require_https: bool) -> bool:
    # Browsers take three slashes for two. urlsplit normalizes, so long texts stay out of it.
    if url.startswith("///") or len(url) > MAX_URL_LENGTH:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme and not parts.netloc:  # browsers read http:///host as http://host
        return False
    if unicodedata.category(url[0])[0] == "C":  # browsers skip control characters
        return False
    scheme = parts.scheme or ("http" if parts.netloc else "")
    schemes = ("https",) if require_https else ("http", "https")
    return (not parts.netloc or parts.netloc in hosts) and (not scheme or scheme in schemes)


def escape_leading_slashes(url: str) -> str:
    """Return a path that browsers cannot take for another host: `//x` becomes `/%2Fx`."""
    return f"/%2F{url[2:]}" if url.startswith("//") else url


def parse_header_parameters(
    line: str, max_length: int | None = MAX_HEADER_LENGTH
) -> tuple[str, dict[str, str]]:
    """Read a header of the shape of Content-Type.

    Args:
        max_length: Longer lines are refused unread; None lifts the limit.

    Returns:
        The value in lower case and its parameters (RFC 2231 forms decoded).

    Raises:
        ValueError: The line is too long, or a parameter names an unknown character set.
    """
    if not line:
        return "", {}
    if max_length is not None and len(line) > max_length:
        raise ValueError("Unable to parse header parameters (value too long).")
    if ";" not in line:
        return line.strip().lower(), {}
    message = Message()
    message["content-type"] = line
    params: list[tuple[str, Any]] = message.get_params() or []
    parameters: dict[str, str] = {}
    for name, value in params[1:]:
        if not name:
            continue
        if isinstance(value, tuple):
            charset = str(value[0] or "")
            found = known_charset(charset)
            if charset and found is None:
                raise ValueError(f"Invalid encoding {charset!r} for RFC 2231 param.")
            value = collapse_rfc2231_value((found, *value[1:]))
        parameters[name] = value
    return params[0][0].lower(), parameters


def content_disposition_header(as_attachment: bool, filename: str) -> str | None:
    """Return a Content-Disposition value (RFC 6266), None when there is nothing to say."""
    if not filename:
        return "attachment" if as_attachment else None
    disposition = "attachment" if as_attachment else "inline"
    if re.match(r"^[\t \x21-\x7e]*$", filename):  # what a quoted string may hold
        escaped = filename.replace("\\", "\\\\").replace('"', '\\"')
        return f'{disposition}; filename="{escaped}"'
    return f"{disposition}; filename*=utf-8''{quote(filename)}"
