"""Writing data: JSON, HTML by a template, HTML as it is, multipart forms for tests."""

# pyright: reportUnknownVariableType=false
# Data and contexts are what views give, of any type.

from __future__ import annotations

import json
from html import escape
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.rest._calls import FromSettings
from fastjango.rest.browsable import BrowsableAPIRenderer, HTMLFormRenderer
from fastjango.rest.encoders import JSONEncoder
from fastjango.rest.mediatypes import MediaType

from ._renderer import BaseRenderer

__all__ = ["BaseRenderer", "BrowsableAPIRenderer", "HTMLFormRenderer", "JSONRenderer",
           "MultiPartRenderer", "ProblemJSONRenderer", "StaticHTMLRenderer",
           "TemplateHTMLRenderer"]  # fmt: skip

MAX_INDENT = 8  # spaces a client can ask for


class JSONRenderer(BaseRenderer):
    """Writes JSON in UTF-8; `Accept: application/json; indent=4` asks for indentation."""

    media_type: Any = "application/json"
    format: Any = "json"
    encoder_class: type[json.JSONEncoder] = JSONEncoder
    # JSON is UTF-8 by definition (RFC 8259), so the content type names no charset.
    charset = None
    ensure_ascii: Any = None
    compact: FromSettings[bool] = FromSettings("COMPACT_JSON")
    strict: FromSettings[bool] = FromSettings("STRICT_JSON")
    unicode: FromSettings[bool] = FromSettings("UNICODE_JSON")

    def get_indent(self, accepted_media_type: str | None, renderer_context: Any) -> int | None:
        """Return the spaces of indentation asked for, at most 8, or `None`."""
        if accepted_media_type and ";" in accepted_media_type:
            asked = MediaType(accepted_media_type).params.get("indent")
            if asked is not None:
                try:
                    indent = max(min(int(asked), MAX_INDENT), 0)
                except ValueError:
                    return None
                return indent or None
        context: dict[str, Any] = renderer_context or {}
        return context.get("indent")

    def writes_plain_json(self, accepted_media_type: str | None) -> bool:
        """Whether what it writes is compact JSON with nothing changed."""
        return (
            type(self).render is JSONRenderer.render
            and self.encoder_class is JSONEncoder
            and self.ensure_ascii is None
            and bool(self.compact)
            and bool(self.unicode)
            and self.get_indent(accepted_media_type, None) is None
        )

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> Any:
        """Return the data as JSON; nothing for `None`."""
        if data is None:
            return b""
        indent = self.get_indent(accepted_media_type, renderer_context)
        if indent is None:
            separators = (",", ":") if self.compact else (", ", ": ")
        else:
            separators = (",", ": ")
        ascii_only = not self.unicode if self.ensure_ascii is None else self.ensure_ascii
        text = json.dumps(
            data,
            cls=self.encoder_class,
            indent=indent,
            ensure_ascii=ascii_only,
            allow_nan=not self.strict,
            separators=separators,
        )
        # Line separators are fine in JSON and end a statement in old JavaScript.
        return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


class ProblemJSONRenderer(JSONRenderer):
    """Writes errors as `application/problem+json` (RFC 9457); see `problem_exception_handler`."""

    media_type: Any = "application/problem+json"
    format: Any = "problem"


class TemplateHTMLRenderer(BaseRenderer):
    """Renders a template with the data as its context.

    The template is the response's `template_name`, else the view's, else what
    `get_template_names()` of the view returns; for errors `<status>.html` or `api_exception.html`.
    """

    media_type: Any = "text/html"
    format: Any = "html"
    template_name: str | None = None
    exception_template_names: ClassVar[list[str]] = ["%(status_code)s.html", "api_exception.html"]

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> Any:
        """Return the rendered template."""
        context: dict[str, Any] = renderer_context or {}
        view, request, response = context["view"], context["request"], context["response"]
        if response.exception:
            template = self.get_exception_template(response)
        else:
            template = self.resolve_template(self.get_template_names(response, view))
        return template.render(
            self.get_template_context(data, context), request=getattr(request, "_request", request)
        )

    def resolve_template(self, template_names: list[str]) -> Any:
        """Return the first template of a list that exists."""
        from fastjango.templates.loader import select_template

        return select_template(template_names)

    def get_template_context(self, data: Any, renderer_context: Any) -> Any:
        """Return the context: the data, or the details of an error."""
        response = renderer_context["response"]
        if isinstance(data, list):
            return {"details": data, "status_code": response.status_code}
        if response.exception:
            return {**data, "status_code": response.status_code}
        return data

    def get_template_names(self, response: Any, view: Any) -> list[str]:
        """Return the names to try.

        Raises:
            ImproperlyConfigured: Nobody names a template.
        """
        for name in (response.template_name, self.template_name):
            if name:
                return [name]
        if hasattr(view, "get_template_names"):
            return list(view.get_template_names())
        if getattr(view, "template_name", None):
            return [view.template_name]
        raise ImproperlyConfigured(
            "Returned a template response with no `template_name` attribute set on either the view "
            "or response"
        )

    def get_exception_template(self, response: Any) -> Any:
        """Return the template of an error; a plain one if the project has none."""
        from fastjango.templates import TemplateDoesNotExist

        names = [name % {"status_code": response.status_code}
                 for name in self.exception_template_names]  # fmt: skip
        try:
            return self.resolve_template(names)
        except TemplateDoesNotExist:
            return _PlainPage(f"{response.status_code} {response.status_text.title()}")


class _PlainPage:
    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, context: Any = None, request: Any = None) -> str:
        return self.text


class StaticHTMLRenderer(TemplateHTMLRenderer):
    """Takes the data as finished HTML."""

    media_type: Any = "text/html"
    format: Any = "html"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> Any:
        """Return the data; errors become pages, and so does what OPTIONS tells."""
        context: dict[str, Any] = renderer_context or {}
        response = context.get("response")
        if response is not None and response.exception:
            template = self.get_exception_template(response)
            request = context.get("request")
            return template.render(
                self.get_template_context(data, context),
                request=getattr(request, "_request", request),
            )
        if isinstance(data, dict) and getattr(context.get("request"), "method", "") == "OPTIONS":
            text = json.dumps(data, cls=JSONEncoder, ensure_ascii=False, indent=2)
            return f"<pre>{escape(text)}</pre>"
        return data


class MultiPartRenderer(BaseRenderer):
    """Writes a multipart form; for the requests of tests."""

    media_type: Any = "multipart/form-data; boundary=BoUnDaRyStRiNg"
    format: Any = "multipart"
    charset = "utf-8"
    BOUNDARY = "BoUnDaRyStRiNg"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> Any:
        """Return the form.

        Raises:
            TypeError: A value is a dict, which a form cannot hold.
        """
        from fastjango.testing.multipart import encode_multipart

        if hasattr(data, "items"):
            for key, value in data.items():
                if isinstance(value, dict):
                    raise TypeError(
                        f"Test data contained a dictionary value for key {key!r}, but multipart "
                        "uploads do not support nested data. You may want to consider using "
                        "format='json' in this test case."
                    )
        return encode_multipart(self.BOUNDARY, data)
