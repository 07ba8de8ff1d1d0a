"""Views of languages: choosing one, and the translations and formats that scripts need.

The active language comes from the translation seam of `fastjango.core.translation`; catalogs for
scripts are read from the `locale` folders.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastjango.core import apps, settings
from fastjango.core.translation import check_for_language, get_language
from fastjango.http.response import HttpResponse, HttpResponseRedirect, JsonResponse
from fastjango.http.urls.base import translate_url
from fastjango.http.views.base import View
from fastjango.http.views.catalogs import Catalog, load_catalog
from fastjango.values.formats import get_format
from fastjango.values.http import url_has_allowed_host_and_scheme

__all__ = [
    "LANGUAGE_QUERY_PARAMETER",
    "JSONCatalog",
    "JavaScriptCatalog",
    "get_formats",
    "set_language",
]

LANGUAGE_QUERY_PARAMETER = "language"

_LANGUAGE_CODE = re.compile(r"[a-z]{1,8}(?:[-_][a-z0-9]{1,8})*(?:@[a-z0-9]{1,20})?", re.IGNORECASE)
_FORMATS = (
    "DATE_FORMAT",
    "DATETIME_FORMAT",
    "TIME_FORMAT",
    "YEAR_MONTH_FORMAT",
    "MONTH_DAY_FORMAT",
    "SHORT_DATE_FORMAT",
    "SHORT_DATETIME_FORMAT",
    "FIRST_DAY_OF_WEEK",
    "DECIMAL_SEPARATOR",
    "THOUSAND_SEPARATOR",
    "NUMBER_GROUPING",
    "DATE_INPUT_FORMATS",
    "TIME_INPUT_FORMATS",
    "DATETIME_INPUT_FORMATS",
)


def set_language(request: Any) -> HttpResponse:
    """Keep the language that a form chose in the language cookie, and go back.

    A form posts `language` and, if it wants, `next`. A GET only redirects: it changes nothing.

    Args:
        request: The request. `next`, else the page it came from, else `/` is where it leads, if
            that is on this site; clients that take no HTML get 204 when they named no page.

    Side effects: sets the cookie `LANGUAGE_COOKIE_NAME`.

    Source: https://docs.djangoproject.com/en/6.1/topics/i18n/translation/#the-set-language-redirect-view
    """
    target = _target(request)
    language = _chosen(request)
    if language and target:
        target = translate_url(target, language)
    response = HttpResponseRedirect(target) if target else HttpResponse(status=204)
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            domain=settings.LANGUAGE_COOKIE_DOMAIN,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


def _chosen(request: Any) -> str | None:
    """The language that was posted, if there is such a one."""
    language: str = (
        request.POST.get(LANGUAGE_QUERY_PARAMETER, "") if request.method == "POST" else ""
    )
    known = _LANGUAGE_CODE.fullmatch(language) and check_for_language(language)
    return language if known else None


def _target(request: Any) -> str | None:
    """Where to go: a page of this site, or `None` if the client asked for none."""
    asked: str | None = request.POST.get("next", request.GET.get("next"))
    if not asked and not request.accepts("text/html"):
        return None
    for url in (asked, request.META.get("HTTP_REFERER")):
        if url_has_allowed_host_and_scheme(
            url=url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return str(url)
    return "/"


def get_formats() -> dict[str, Any]:
    """Return the formats of the active language, by the names of their settings."""
    return {name: get_format(name) for name in _FORMATS}


class JavaScriptCatalog(View):
    """The active language's catalog as a script with `gettext`, `ngettext` and the others.

    Attributes:
        domain: The gettext domain.
        packages: Apps whose translations count; all installed ones if `None`.

    Raises:
        ValueError: A package is not installed.

    Source: https://docs.djangoproject.com/en/6.1/topics/i18n/translation/#the-javascriptcatalog-view
    """

    domain: str = "djangojs"
    packages: list[str] | None = None
    translation: Catalog

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with the catalog; `packages` and `domain` may come from the URL."""
        named: str = kwargs.get("packages", "")
        packages = named.split("+") if named else self.packages
        paths = self.get_paths(packages) if packages else None
        self.translation = load_catalog(get_language(), kwargs.get("domain", self.domain), paths)
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_paths(self, packages: list[str]) -> list[Path]:
        """Return the `locale` folders of installed apps.

        Raises:
            ValueError: One of them is not installed.
        """
        installed = {config.name: config for config in apps.get_app_configs()}
        excluded = [package for package in packages if package not in installed]
        if excluded:
            raise ValueError(
                f"Invalid package(s) provided to JavaScriptCatalog: {','.join(excluded)}"
            )
        return [Path(installed[package].path) / "locale" for package in packages]

    def get_plural(self) -> str | None:
        """Return the expression for the number of a plural form, if the catalog has one."""
        return self.translation.plural

    def get_catalog(self) -> dict[str, str | list[str]]:
        """Return the messages with those that stand in for missing ones."""
        return self.translation.flat()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return catalog, formats and plural expression."""
        return {
            "catalog": self.get_catalog(),
            "formats": get_formats(),
            "plural": self.get_plural(),
        }

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        """Answer with the script."""
        with (Path(__file__).parent / "i18n_catalog.js").open(encoding="utf-8") as file:
            script = file.read()
        plural = context["plural"]
        if plural:
            number = f"const v = {plural}; return typeof v === 'boolean' ? (v ? 1 : 0) : v;"
            body = f"function(n) {{ {number} }}"
        else:
            body = "function(count) { return (count == 1) ? 0 : 1; }"
        script = script.replace("// [plural]", f"django.pluralidx = {body};")
        for name in ("catalog", "formats"):
            text = json.dumps(context[name], sort_keys=True, indent=2).replace("\n", "\n  ")
            script = script.replace(f"/* {name} */", text)
        return HttpResponse(script, content_type='text/javascript; charset="utf-8"')


class JSONCatalog(JavaScriptCatalog):
    """The same as JSON: `catalog`, `formats` and `plural`."""

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        """Answer with the context."""
        return JsonResponse(context)
