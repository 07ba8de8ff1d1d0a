"""The browsable API: every view as a page with forms, without a line of script.

The page carries a Content-Security-Policy that allows nothing but its own style sheet. Methods that
HTML forms lack are sent as POST with `_method`, which counts only with a valid CSRF token.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

from fastjango.http.csrf import get_token
from fastjango.http.exceptions import Http404, NoReverseMatch
from fastjango.http.urls import get_script_prefix, resolve
from fastjango.http.urls import reverse as http_reverse
from fastjango.rest import exceptions
from fastjango.rest._addresses import replace_query_param
from fastjango.rest._renderer import BaseRenderer
from fastjango.rest.request import override_method
from fastjango.rest.settings import api_settings
from fastjango.values.safestring import mark_safe

__all__ = ["BrowsableAPIRenderer", "HTMLFormRenderer", "content_security_policy", "style_sheet"]

_STYLE = Path(__file__).parent / "templates" / "rest" / "style.css"
_INPUTS = {
    "EmailField": "email",
    "URLField": "url",
    "IntegerField": "number",
    "FloatField": "number",
    "DateTimeField": "datetime-local",
    "DateField": "date",
    "TimeField": "time",
    "FileField": "file",
    "BooleanField": "checkbox",
    "ListField": "textarea",
    "DictField": "textarea",
    "JSONField": "textarea",
}


@functools.cache
def style_sheet() -> str:
    """Return the style sheet of the pages."""
    return _STYLE.read_text(encoding="utf-8")


@functools.cache
def content_security_policy() -> str:
    """Return the policy of the pages: their own style sheet, forms to this site, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style_sheet().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _render(name: str, context: dict[str, Any]) -> str:
    from fastjango.templates.loader import render_to_string

    return str(render_to_string(name, context))


class HTMLFormRenderer(BaseRenderer):
    """Writes the fields of a serializer as the inside of an HTML form."""

    media_type = "text/html"
    format = "form"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> str:
        """Return the form for a serializer's `data`, or for its errors."""
        return self.render_form(data.serializer)

    def render_form(self, serializer: Any) -> str:
        """Return the form for a serializer."""
        bound: Any = serializer.errors if hasattr(serializer, "initial_data") else {}
        general: Any = bound.get(api_settings.NON_FIELD_ERRORS_KEY, [])
        return _render("rest/form.html", {"entries": self._entries(serializer), "general": general})

    def _entries(self, fields: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for bound in fields:
            kind = type(bound._field).__name__
            if bound.read_only or kind == "HiddenField":
                continue
            found.append(self._entry(bound))
        return found

    def _entry(self, bound: Any) -> dict[str, Any]:
        field = bound._field
        style: dict[str, Any] = getattr(field, "style", None) or {}
        entry: dict[str, Any] = {
            "id": f"field-{bound.name}",
            "name": bound.name,
            "label": field.label or bound.name,
            "help": field.help_text,
            "errors": [] if isinstance(bound.errors, dict) else bound.errors or [],
            "value": "" if bound.value is None else bound.value,
        }
        if hasattr(field, "fields"):
            inner = _render("rest/form.html", {"entries": self._entries(bound), "general": []})
            return {**entry, "kind": "fieldset", "html": mark_safe(inner)}
        if hasattr(field, "iter_options"):
            return {**entry, "kind": "select", **self._options(field, bound)}
        names = [base.__name__ for base in type(field).__mro__]
        kind = next((_INPUTS[name] for name in names if name in _INPUTS), "text")
        if style.get("input_type"):
            kind = style["input_type"]
        if style.get("base_template") == "textarea.html":
            kind = "textarea"
        if kind == "textarea" and isinstance(entry["value"], (dict, list)):
            entry["value"] = json.dumps(entry["value"], indent=2, default=str)
        if kind == "datetime-local":
            entry["value"] = str(entry["value"])[:16]
        if kind == "password":
            entry["value"] = ""
        entry["checked"] = entry["value"] in (True, "true", "True", "on")
        step = "any" if "FloatField" in names else None
        return {**entry, "kind": kind, "step": step}

    def _options(self, field: Any, bound: Any) -> dict[str, Any]:
        multiple = any(
            base.__name__ in ("ManyRelatedField", "MultipleChoiceField")
            for base in type(field).__mro__
        )
        value = bound.value
        chosen = {str(item) for item in value} if multiple and value else {str(value)}
        options: list[tuple[str, str, bool]] = []
        if not multiple and (field.allow_null or not field.required or value in (None, "")):
            options.append(("", "---------", value in (None, "")))
        for option in field.iter_options():
            if getattr(option, "start_option_group", False) or getattr(
                option, "end_option_group", False
            ):
                continue
            options.append(
                (str(option.value), str(option.display_text), str(option.value) in chosen)
            )
        return {"options": options, "multiple": multiple}


class BrowsableAPIRenderer(BaseRenderer):
    """Shows an answer as a page: content, headers, links, and forms for what may be done.

    Attributes:
        template: The template of the page; extend `rest/api.html`.
        form_renderer_class: What writes the forms.
    """

    media_type = "text/html"
    format = "api"
    template = "rest/api.html"
    form_renderer_class: ClassVar[Any] = HTMLFormRenderer

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> str:
        """Return the page; sets the security policy on the response."""
        given: dict[str, Any] = renderer_context or {}
        self.renderer_context = given
        context = self.get_context(data, accepted_media_type, given)
        response = given["response"]
        response["Content-Security-Policy"] = content_security_policy()
        if response.status_code == 204:
            # A browser would stay on the old page.
            response.status_code = 200
        return _render(self.template, context)

    def get_default_renderer(self, view: Any) -> Any:
        """Return the renderer that writes what the page shows; `None` if there is none."""
        for kind in view.renderer_classes:
            if getattr(kind, "format", None) not in (None, "api", "html", "form"):
                return kind()
        return None

    def get_context(self, data: Any, accepted: Any, context: dict[str, Any]) -> dict[str, Any]:
        """Return what the template gets."""
        view, request, response = context["view"], context["request"], context["response"]
        http_request = request._request
        content = self.get_content(view, request, data, context)
        # Those of the answer that is shown, which is not the page itself.
        shown, renderer = dict(response.items()), self.get_default_renderer(view)
        if renderer is not None:
            shown["Content-Type"] = str(renderer.media_type)
        headers = sorted(shown.items())
        allowed = view.allowed_methods
        path = request.get_full_path()
        override = api_settings.URL_FORMAT_OVERRIDE
        formats = [
            (renderer.format, replace_query_param(path, override, renderer.format))
            for renderer in view.renderer_classes
            if renderer.format
        ] if override and "GET" in allowed else []  # fmt: skip
        extra: Any = getattr(view, "get_extra_action_url_map", dict[str, str])()
        login = _reverse("rest_framework:login")
        return {
            "name": view.get_view_name(),
            "description": mark_safe(view.get_view_description(html=True)),
            "css": mark_safe(style_sheet()),
            "csrf_token": get_token(http_request),
            "user": getattr(request, "user", None),
            "login_url": f"{login}?next={_quoted(path)}" if login else None,
            "logout_url": _reverse("rest_framework:logout"),
            "root_url": get_script_prefix(),
            "request_path": path,
            "request_method": request.method,
            "breadcrumbs": self.get_breadcrumbs(request),
            "formats": formats,
            "extra_actions": extra.items(),
            "can_options": "OPTIONS" in allowed and view.metadata_class is not None,
            "can_delete": self._may(view, request, "DELETE"),
            "filters": self.get_filters(data, view, request),
            "pagination": self.get_pagination(view, data),
            "response": response,
            "headers": headers,
            "content": content,
            "forms": self.get_forms(data, view, request),
            "raw_forms": self.get_raw_forms(data, view, request),
        }

    def get_content(self, view: Any, request: Any, data: Any, context: dict[str, Any]) -> str:
        """Return the answer as another renderer of the view writes it."""
        renderer = self.get_default_renderer(view)
        if renderer is None:
            return "" if data is None else str(data)
        written = renderer.render(data, renderer.media_type, {**context, "indent": 4})
        if renderer.render_style == "binary":
            return f"[{len(written)} bytes of binary content]"
        return written.decode("utf-8", "replace") if isinstance(written, bytes) else written

    def get_breadcrumbs(self, request: Any) -> list[tuple[str, str]]:
        """Return names and addresses of the views above, the outermost first."""
        found: list[tuple[str, str]] = []
        path = request._request.path_info
        prefix = get_script_prefix().rstrip("/")
        while True:
            try:
                match = resolve(path)
            except Http404:
                match = None
            kind = getattr(getattr(match, "func", None), "cls", None)
            if match is not None and kind is not None:
                view = kind(**getattr(match.func, "initkwargs", {}))
                name = view.get_view_name()
                if not found or found[0][0] != name:
                    found.insert(0, (name, prefix + path))
            if path in ("", "/"):
                return found
            path = path[:-1].rpartition("/")[0] + "/" if path.endswith("/") else (
                path.rpartition("/")[0] + "/"
            )  # fmt: skip

    def get_filters(self, data: Any, view: Any, request: Any) -> str:
        """Return the forms of the filter backends for a list."""
        if not isinstance(self._listed(view, data), list):
            return ""
        try:
            queryset = view.get_queryset()
        except Exception:
            # The view makes its lists in another way.
            return ""
        parts = [
            backend().to_html(request, queryset, view)
            for backend in getattr(view, "filter_backends", None) or ()
            if hasattr(backend, "to_html")
        ]
        html: str = mark_safe("".join(parts))
        return html

    @staticmethod
    def _listed(view: Any, data: Any) -> Any:
        if isinstance(data, list):
            return data  # pyright: ignore[reportUnknownVariableType]  # rows of any kind
        paginator = getattr(view, "paginator", None)
        if paginator is None or not isinstance(data, dict):
            return None
        try:
            return paginator.get_results(data)
        except KeyError:
            return None

    def get_pagination(self, view: Any, data: Any) -> str:
        """Return the links to other pages."""
        paginator = getattr(view, "paginator", None)
        if paginator is None or not getattr(paginator, "display_page_controls", False):
            return ""
        html: str = mark_safe(paginator.to_html())
        return html

    # --- forms --------------------------------------------------------------------------

    def _may(self, view: Any, request: Any, method: str, obj: Any = None) -> bool:
        """Whether a method exists and who asks may use it."""
        if method not in view.allowed_methods:
            return False
        with override_method(view, request, method) as asked:
            try:
                view.check_permissions(asked)
                if obj is not None:
                    view.check_object_permissions(asked, obj)
            except (exceptions.APIException, Http404, PermissionError):
                return False
        return True

    def _serializer(self, data: Any, view: Any, request: Any, method: str) -> Any:
        """Return a serializer to fill the form of a method from, or `None`."""
        shown = getattr(data, "serializer", None)
        if shown is not None and getattr(shown, "many", False):
            shown = None
        instance = getattr(shown, "instance", None)
        if isinstance(instance, (list, tuple)):
            instance = None
        if not self._may(view, request, method, instance):
            return None
        if not hasattr(view, "get_serializer"):
            return None
        if shown is not None and method == request.method and hasattr(shown, "initial_data"):
            # What was sent, with what is wrong with it.
            return shown
        with override_method(view, request, method):
            try:
                if method == "POST":
                    return view.get_serializer()
                return view.get_serializer(instance=instance)
            except Exception:
                # A serializer that depends on what was sent.
                return None

    def get_forms(self, data: Any, view: Any, request: Any) -> list[tuple[str, str]]:
        """Return the forms of POST, PUT and PATCH."""
        parsers = {parser.media_type for parser in view.parser_classes}
        if not parsers & {"multipart/form-data", "application/x-www-form-urlencoded"}:
            return []
        found: list[tuple[str, str]] = []
        for method in ("POST", "PUT"):
            serializer = self._serializer(data, view, request, method)
            if serializer is not None and hasattr(serializer, "fields"):
                html = self.form_renderer_class().render_form(serializer)
                found.append((method, mark_safe(html)))
        return found

    def get_raw_forms(
        self, data: Any, view: Any, request: Any
    ) -> list[tuple[list[str], str, list[str]]]:
        """Return the forms with the body as text: methods, content, media types."""
        types = [
            parser.media_type
            for parser in view.parser_classes
            if parser.media_type not in ("multipart/form-data", "application/x-www-form-urlencoded")
        ]
        found: list[tuple[list[str], str, list[str]]] = []
        for methods in (["POST"], ["PUT", "PATCH"]):
            allowed = [method for method in methods if self._may(view, request, method)]
            if allowed and types:
                serializer = self._serializer(data, view, request, allowed[0])
                found.append((allowed, self._raw_content(serializer), types))
        return found

    def _raw_content(self, serializer: Any) -> str:
        if serializer is None or not hasattr(serializer, "fields"):
            return ""
        values = dict(serializer.data) if serializer.instance is not None else dict(
            serializer.get_initial()
        )  # fmt: skip
        for name, field in serializer.fields.items():
            if field.read_only:
                values.pop(name, None)
        from fastjango.rest.encoders import JSONEncoder

        return json.dumps(values, indent=4, cls=JSONEncoder, ensure_ascii=False)


def _reverse(name: str) -> str | None:
    try:
        return str(http_reverse(name))
    except NoReverseMatch:
        return None


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="/")
