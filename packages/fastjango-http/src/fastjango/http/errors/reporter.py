"""`ExceptionReporter`: an exception with its frames, its request and the settings, as a report."""

from __future__ import annotations

import linecache
import pprint
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from types import TracebackType
from typing import Any

from fastjango.core import settings
from fastjango.core.imports import import_string
from fastjango.core.timezone import now
from fastjango.http.errors.filters import get_exception_reporter_filter
from fastjango.http.hooks import debug_queries
from fastjango.http.urls import resolve

__all__ = ["ExceptionCycleWarning", "ExceptionReporter", "get_exception_reporter_class"]

CONTEXT_LINES = 7  # lines of source before and after the one that failed
MAX_VALUE = 4096  # characters of a variable


class ExceptionCycleWarning(UserWarning):
    """An exception is among its own causes."""


def _parameters(request: Any) -> list[tuple[str, Any]]:
    """Return the parameters of the URL; what is wrong with them may be what is reported."""
    try:
        return list(request.GET.items())
    except Exception as error:
        return [("(not readable)", str(error))]


class ExceptionReporter:
    """Gathers what there is to say about an exception.

    Args:
        request: The request, `None` outside of one.
        exc_type: The exception's class.
        exc_value: The exception.
        tb: Its traceback.
        is_email: Whether the report is mailed, so that it holds no links.
    """

    def __init__(
        self,
        request: Any,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | Any,
        tb: TracebackType | None,
        is_email: bool = False,
    ) -> None:
        self.request = request
        self.filter: Any = get_exception_reporter_filter(request)
        self.exc_type: type[BaseException] | None = exc_type
        self.exc_value: Any = exc_value
        self.tb: TracebackType | None = tb
        self.is_email = is_email

    # --- frames -------------------------------------------------------------------------

    @staticmethod
    def _get_explicit_or_implicit_cause(exc_value: Any) -> Any:
        explicit = getattr(exc_value, "__cause__", None)
        if explicit is not None or getattr(exc_value, "__suppress_context__", False):
            return explicit
        return getattr(exc_value, "__context__", None)

    def _chain(self) -> list[Any]:
        """Return the exception and its causes, the first cause first."""
        chain: list[Any] = []
        current = self.exc_value
        while current is not None:
            chain.append(current)
            current = self._get_explicit_or_implicit_cause(current)
            if any(current is known for known in chain):
                warnings.warn(
                    f"Cycle in the exception chain detected: exception '{said(current)}' "
                    "encountered again.",
                    ExceptionCycleWarning,
                    stacklevel=2,
                )
                break
        return chain[::-1]

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        """Return the frames of the exception and all its causes, the oldest first."""
        chain = self._chain()
        frames: list[dict[str, Any]] = []
        for error in chain:
            # A lone exception may have been given without its traceback attached.
            traceback = self.tb if len(chain) == 1 else getattr(error, "__traceback__", None)
            frames.extend(self.get_exception_traceback_frames(error, traceback))
        return frames

    def get_exception_traceback_frames(
        self, exc_value: Any, tb: TracebackType | None
    ) -> Iterator[dict[str, Any]]:
        """Yield the frames of one exception; those that set `__traceback_hide__` are left out."""
        cause: dict[str, Any] = {
            "exc_cause": self._get_explicit_or_implicit_cause(exc_value),
            "exc_cause_explicit": getattr(exc_value, "__cause__", True),
        }
        if tb is None:
            yield {**cause, "tb": None, "type": "user"}
        while tb is not None:
            if not tb.tb_frame.f_locals.get("__traceback_hide__"):
                yield {**cause, **self._frame(tb)}
            tb = tb.tb_next

    def _frame(self, tb: TracebackType) -> dict[str, Any]:
        frame, code = tb.tb_frame, tb.tb_frame.f_code
        module: str = frame.f_globals.get("__name__") or ""
        start, before, line, after = self._get_lines_from_file(
            code.co_filename,
            tb.tb_lineno - 1,
            CONTEXT_LINES,
            frame.f_globals.get("__loader__"),
            module,
        )
        return {
            "tb": tb,
            "type": "fastjango" if module.startswith("fastjango.") else "user",
            "filename": code.co_filename,
            "function": code.co_name,
            "lineno": tb.tb_lineno,
            "vars": self.filter.get_traceback_frame_variables(self.request, frame),
            "id": id(tb),
            "pre_context": before,
            "context_line": line,
            "marks": _marks(tb, line),
            "post_context": after,
            "pre_context_lineno": start + 1,
        }

    def _get_source(self, filename: str, loader: Any, module_name: str) -> list[str] | None:
        """Return the lines of a file, `None` if there are none."""
        linecache.checkcache(filename)
        module_globals = {"__loader__": loader, "__name__": module_name}
        return [line.rstrip("\n") for line in linecache.getlines(filename, module_globals)] or None

    def _get_lines_from_file(
        self,
        filename: str,
        lineno: int,
        context_lines: int,
        loader: Any = None,
        module_name: str = "",
    ) -> tuple[int, list[str], str, list[str]]:
        """Return the number of the first line, the lines before, the line itself, those after.

        Args:
            filename: The file.
            lineno: The line; the first one is 0.
            context_lines: How many lines before and after.
            loader: What the module was loaded by, which may know its source.
            module_name: The module.
        """
        lines = self._get_source(filename, loader, module_name)
        if lines is None or not 0 <= lineno < len(lines):
            # The source has changed since, or never was in a file.
            return lineno, [], "<source code not available>", []
        start = max(0, lineno - context_lines)
        return start, lines[start:lineno], lines[lineno], lines[lineno + 1 :][:context_lines]

    # --- all of it ----------------------------------------------------------------------

    def get_traceback_data(self) -> dict[str, Any]:
        """Return everything a report shows."""
        frames = self.get_traceback_frames()
        for frame in frames:
            if "vars" in frame:
                frame["vars"] = [(name, shown(value)) for name, value in frame["vars"]]
        data: dict[str, Any] = {
            "is_email": self.is_email,
            "frames": frames,
            "lastframe": frames[-1] if frames else None,
            "request": self.request,
            "has_exception": self.exc_type is not None,
            "exception_type": self.exc_type.__name__ if self.exc_type else "Report",
            "exception_value": "" if self.exc_value is None else said(self.exc_value),
            "exception_notes": "\n".join(map(said, getattr(self.exc_value, "__notes__", ()))),
            "unicode_hint": _unicode_hint(self.exc_value),
            "template_info": self._template_info(),
            "settings": self.filter.get_safe_settings(),
            "queries": [query for found in debug_queries.call() for query in found],
            "server_time": now(),
            "sys_executable": sys.executable,
            "sys_path": sys.path,
            "sys_version_info": "{}.{}.{}".format(*sys.version_info[:3]),
            "fastjango_version": _version(),
        }
        if self.request is not None:
            data.update(self._request_data())
        return data

    def _template_info(self) -> dict[str, Any] | None:
        """Return the place in a template that failed, its variables shown; `None` if none did."""
        info: dict[str, Any] | None = getattr(self.exc_value, "template_debug", None)
        if info is None:
            return None
        hidden = self.filter.hidden_variables
        stars = self.filter.cleansed_substitute
        variables: dict[str, Any] = dict(info.get("context") or {})
        rows = [
            (name, stars if hidden.search(name) else shown(self._cleansed(value)))
            for name, value in sorted(variables.items())
        ]
        return {**info, "context": rows}

    def _cleansed(self, value: Any) -> Any:
        return self.filter.cleanse_special_types(self.request, value)

    def _request_data(self) -> dict[str, Any]:
        request = self.request
        return {
            "request_meta": self.filter.get_safe_request_meta(request),
            "request_GET_items": _parameters(request),
            "filtered_POST_items": list(self.filter.get_post_parameters(request).items()),
            "request_FILES_items": list(_files(request)),
            "request_COOKIES_items": list(self.filter.get_safe_cookies(request).items()),
            "user_str": _user(request),
            "request_insecure_uri": self._get_raw_insecure_uri(),
            "raising_view_name": view_name(request),
        }

    def _get_raw_insecure_uri(self) -> str:
        """Return the URI as the client wrote it, the host unchecked."""
        request = self.request
        try:
            return f"{request.scheme}://{request._get_raw_host()}{request.get_full_path()}"
        except Exception as error:
            return f"{request.path} (the rest is not readable: {said(error)})"

    def get_traceback_html(self) -> str:
        """Return the report as a page of its own, without scripts."""
        from fastjango.http.errors.reports import render_html

        return render_html(self.get_traceback_data())

    def get_traceback_text(self) -> str:
        """Return the report as plain text."""
        from fastjango.http.errors.reports import render_text

        return render_text(self.get_traceback_data())


def said(error: Any) -> str:
    """Return what an exception says; one that cannot say anything says why."""
    try:
        return str(error)
    except Exception as failure:
        return f"Error in __str__() of {type(error).__name__}: {type(failure).__name__}"


def written(value: Any) -> str:
    """Return a value in one line, as Python shows it; one that cannot be shown says why."""
    try:
        return repr(value)
    except Exception as failure:
        return f"Error in __repr__() of {type(value).__name__}: {type(failure).__name__}"


def shown(value: Any) -> str:
    """Return a variable as text, cut to a reasonable length; one that cannot be shown says why."""
    try:
        text = pprint.pformat(value)
    except Exception as error:
        return f"Error in formatting: {error.__class__.__name__}: {error}"
    if len(text) > MAX_VALUE:
        return f"{text[:MAX_VALUE]}… <trimmed {len(text)} bytes string>"
    return text


def _unicode_hint(error: Any) -> str:
    """Return the part of a text around what could not be encoded or decoded, `""` for others."""
    if not isinstance(error, UnicodeError):
        return ""
    start, end = getattr(error, "start", None), getattr(error, "end", None)
    if start is None or end is None:
        return ""
    part: Any = error.args[1][max(start - 5, 0) : min(end + 5, len(error.args[1]))]
    return str(part, "ascii", errors="replace") if isinstance(part, bytes) else str(part)


def _marks(tb: TracebackType, line: str) -> str:
    """Return carets under the part of a line that failed, `""` where Python does not tell it."""
    positions = islice(tb.tb_frame.f_code.co_positions(), tb.tb_lasti // 2, None)
    first, last, start, end = next(positions, (None, None, None, None))
    if first is None or first != last or first != tb.tb_lineno or start is None or end is None:
        return ""
    # Python counts bytes of UTF-8.
    encoded = line.encode()
    before = len(encoded[:start].decode(errors="replace"))
    length = len(encoded[start:end].decode(errors="replace"))
    return " " * before + "^" * length if length else ""


def _version() -> str:
    try:
        return version("fastjango-http")
    except PackageNotFoundError:  # pragma: no cover - a source tree without its metadata
        return "unknown"


def _user(request: Any) -> str:
    try:
        return str(request.user)
    except Exception:
        return "[unable to retrieve the current user]"


def _files(request: Any) -> Iterator[tuple[str, Any]]:
    try:
        yield from request.FILES.items()
    except Exception:
        return


def view_name(request: Any) -> str:
    """Return the dotted path of a request's view, `""` if there is none."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Exception:
        # No view has the path, or the URLconf is what is reported.
        return ""
    return str(match._func_path)  # pyright: ignore[reportPrivateUsage]  # same distribution


def get_exception_reporter_class(request: Any) -> type[ExceptionReporter]:
    """Return the request's `exception_reporter_class`, else `DEFAULT_EXCEPTION_REPORTER`."""
    own = getattr(request, "exception_reporter_class", None)
    found: type[ExceptionReporter] = own or import_string(settings.DEFAULT_EXCEPTION_REPORTER)
    return found
