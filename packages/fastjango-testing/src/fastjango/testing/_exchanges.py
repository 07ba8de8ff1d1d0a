"""What a client does with the response of a request, whichever way it waits for it."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import Any

from fastjango.core.functional import SimpleLazyObject
from fastjango.signals import got_request_exception
from fastjango.testing.contexts import ContextList
from fastjango.testing.factories import JSON_CONTENT_TYPE_RE, Headers, RequestFactory
from fastjango.testing.signals import template_rendered

__all__ = ["Exchanges"]


class Exchanges(RequestFactory):
    """Watches a request while it runs, and puts what was seen on its response."""

    raise_request_exception: bool
    extra: dict[str, Any] | None = None
    headers: Headers = None
    exc_info: Any = None

    def store_exc_info(self, **kwargs: Any) -> None:
        """Keep the exception that is being handled."""
        exc_info = sys.exc_info()
        if exc_info[1] is not None:
            self.exc_info = exc_info

    @contextmanager
    def _watching(self, data: dict[str, Any]) -> Generator[None]:
        """Keep rendered templates and exceptions while a request runs."""

        def on_template_render(template: Any, context: Any, **kwargs: Any) -> None:
            data.setdefault("templates", []).append(template)
            data.setdefault("context", ContextList()).append(copy(context))

        template_rendered.connect(on_template_render, weak=False, dispatch_uid=id(data))
        got_request_exception.connect(
            self.store_exc_info, weak=False, dispatch_uid=id(data), inline=True
        )
        try:
            yield
        finally:
            template_rendered.disconnect(dispatch_uid=id(data))
            got_request_exception.disconnect(dispatch_uid=id(data))

    def _finish(
        self, response: Any, error: Exception | None, request: dict[str, Any], data: dict[str, Any]
    ) -> Any:
        """Raise what the view raised, else put what the client knows on the response."""
        if error is not None and self.exc_info is None:
            self.exc_info = (type(error), error, error.__traceback__)
        if response is None:
            exc_info, self.exc_info = self.exc_info, None
            raise exc_info[1] if exc_info else RuntimeError("The application sent no response.")
        self.check_exception(response)
        response.client = self
        response.request = request
        response.templates = data.get("templates", [])
        context = data.get("context")
        response.context = context[0] if context and len(context) == 1 else context
        response.json = partial(self._parse_json, response)
        made_for = getattr(response, "wsgi_request", None) or response.asgi_request
        response.resolver_match = SimpleLazyObject(partial(self._resolve, made_for))
        if response.cookies:
            self.cookies.update(response.cookies)
        return response

    @staticmethod
    def _resolve(request: Any) -> Any:
        if request.resolver_match is not None:
            return request.resolver_match
        from fastjango.http.urls import resolve  # only when asked for

        return resolve(request.path_info, urlconf=getattr(request, "urlconf", None))

    def check_exception(self, response: Any) -> None:
        """Put the exception of a request on its response, and raise it if the client raises."""
        response.exc_info = self.exc_info
        if self.exc_info:
            _, error, _ = self.exc_info
            self.exc_info = None
            if self.raise_request_exception:
                raise error

    def _parse_json(self, response: Any, **extra: Any) -> Any:
        if not hasattr(response, "_json"):
            content_type = response.get("Content-Type")
            if not JSON_CONTENT_TYPE_RE.match(content_type):
                raise ValueError(f'Content-Type header is "{content_type}", not "application/json"')
            response._json = json.loads(response.text, **extra)
        return response._json
