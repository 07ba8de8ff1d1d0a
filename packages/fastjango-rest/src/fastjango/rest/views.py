"""`APIView`, and what the settings name: the exception handler, names and descriptions of views."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Details and views are of any type.

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from fastjango.auth.events import log_event
from fastjango.core.exceptions import PermissionDenied
from fastjango.http.aio import run_coroutine, run_in_thread
from fastjango.http.cache_control import patch_vary_headers
from fastjango.http.invocation import wrap_view
from fastjango.http.response import HttpResponseBase
from fastjango.http.views.base import View
from fastjango.rest import _routes, exceptions, status
from fastjango.rest._calls import FromSettings, call_reading, hook
from fastjango.rest._errors import exception_handler, problem_exception_handler
from fastjango.rest._handlers import (
    Keywords,
    check_initkwargs,
    in_transaction,
    make_view,
    needs_loop,
    takes,
    twin_of,
)
from fastjango.rest._overload import overload
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest._view_texts import get_view_description, get_view_name
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.settings import APISettings, api_settings
from fastjango.values.decorators import classonlymethod, iscoroutinefunction

__all__ = ["APIView", "exception_handler", "get_view_description", "get_view_name",
           "problem_exception_handler"]  # fmt: skip


class APIView(View):
    """Base of the views of an API: negotiation, authentication, permissions, throttles, errors.

    Handlers may be synchronous or asynchronous, side by side in one class; they may declare
    FastAPI's parameters (`Depends()`, `Query()`, annotated ones) after the request. A synchronous
    handler runs in a worker thread, inside `ATOMIC_REQUESTS` if that is on.

    Called without a running event loop, as tests do, a view answers synchronously.
    """

    renderer_classes: Any = FromSettings[list[Any]]("DEFAULT_RENDERER_CLASSES")
    parser_classes: Any = FromSettings[list[Any]]("DEFAULT_PARSER_CLASSES")
    authentication_classes: Any = FromSettings[list[Any]]("DEFAULT_AUTHENTICATION_CLASSES")
    throttle_classes: Any = FromSettings[list[Any]]("DEFAULT_THROTTLE_CLASSES")
    permission_classes: Any = FromSettings[list[Any]]("DEFAULT_PERMISSION_CLASSES")
    content_negotiation_class: Any = FromSettings[Any]("DEFAULT_CONTENT_NEGOTIATION_CLASS")
    metadata_class: Any = FromSettings[Any]("DEFAULT_METADATA_CLASS")
    versioning_class: Any = FromSettings[Any]("DEFAULT_VERSIONING_CLASS")
    settings: APISettings = api_settings
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    # None leaves the view out of OpenAPI; `extend_schema` says anything else.
    schema: Any = True
    http_method_names: list[str] = [
        "get", "post", "put", "patch", "delete", "head", "options", "trace",
    ]  # fmt: skip
    format_kwarg: str | None = None
    headers: dict[str, str]
    request: Any
    response: Any

    # Handlers of both kinds may stand in one class; whoever asks is told to await.
    view_is_async: bool = True  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride, reportAssignmentType]  # a class property in View

    @classonlymethod
    def as_view(cls: Any, **initkwargs: Any) -> Callable[..., Any]:  # noqa: N805 - a class method
        """Return a view for a URLconf: `await view(request)` on a loop, else `view(request)`.

        Args:
            initkwargs: Values for attributes that the class has.

        Raises:
            TypeError: A name is that of an HTTP method, or no attribute of the class.
        """
        check_initkwargs(cls, initkwargs)

        def bind(request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            self = cls(**initkwargs)
            self.setup(request, *args, **kwargs)
            return self

        view: Callable[..., Any] = make_view(cls, initkwargs, bind)
        return view

    @classmethod
    def build_routes(cls, parent: Any, chain: Any, view: Any, name: str | None) -> list[Any]:
        """Return the routes of a pattern: one that answers, and the operations for OpenAPI.

        Called by `fastjango.http.urls` while it builds the routes of an application.
        """
        return _routes.build(parent, chain, view, name)

    # --- what there is ------------------------------------------------------------------

    def _allowed_methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name)]

    @property
    def allowed_methods(self) -> list[str]:
        """The methods this view answers, in upper case."""
        return self._allowed_methods()

    @property
    def default_response_headers(self) -> dict[str, str]:
        """The headers of every answer: `Allow`, and `Vary` if there are several renderers."""
        headers = {"Allow": ", ".join(self.allowed_methods)}
        if len(self.renderer_classes) > 1:
            headers["Vary"] = "Accept"
        return headers

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse a method the view does not answer.

        Raises:
            MethodNotAllowed: Always.
        """
        raise exceptions.MethodNotAllowed(request.method)

    def permission_denied(
        self, request: Any, message: Any = None, code: str | None = None
    ) -> NoReturn:
        """Refuse a request.

        Raises:
            NotAuthenticated: Nobody is authenticated, and could be.
            PermissionDenied: Somebody is, and may not.
        """
        if request.authenticators and not request.successful_authenticator:
            raise exceptions.NotAuthenticated()
        raise exceptions.PermissionDenied(detail=message, code=code)

    def throttled(self, request: Any, wait: float | None) -> NoReturn:
        """Refuse a request for now.

        Raises:
            Throttled: Always.
        """
        raise exceptions.Throttled(wait)

    def get_authenticate_header(self, request: Any) -> str | None:
        """Return the `WWW-Authenticate` header of 401 answers; `None` makes them 403."""
        authenticators = self.get_authenticators()
        return authenticators[0].authenticate_header(request) if authenticators else None

    def get_parser_context(self, http_request: Any) -> dict[str, Any]:
        """Return what parsers are told."""
        return {"view": self, "args": getattr(self, "args", ()),
                "kwargs": getattr(self, "kwargs", {})}  # fmt: skip

    def get_renderer_context(self) -> dict[str, Any]:
        """Return what renderers are told; the response is added."""
        return self.get_exception_handler_context()

    def get_exception_handler_context(self) -> dict[str, Any]:
        """Return what the exception handler is told."""
        return {
            "view": self,
            "args": getattr(self, "args", ()),
            "kwargs": getattr(self, "kwargs", {}),
            "request": getattr(self, "request", None),
        }

    def get_view_name(self) -> str:
        """Return the name of the view for people."""
        return str(self.settings.VIEW_NAME_FUNCTION(self))

    def get_view_description(self, html: bool = False) -> str:
        """Return the description of the view for people."""
        return str(self.settings.VIEW_DESCRIPTION_FUNCTION(self, html))

    # --- instances of the policies ------------------------------------------------------

    def get_format_suffix(self, **kwargs: Any) -> str | None:
        """Return the format from the address, such as `json` of `/users.json`."""
        name = self.settings.FORMAT_SUFFIX_KWARG
        return kwargs.get(name) if name else None

    def get_renderers(self) -> list[Any]:
        """Return the renderers of this view."""
        return [renderer() for renderer in self.renderer_classes]

    def get_parsers(self) -> list[Any]:
        """Return the parsers of this view."""
        return [parser() for parser in self.parser_classes]

    def get_authenticators(self) -> list[Any]:
        """Return the authenticators of this view."""
        return [authenticator() for authenticator in self.authentication_classes]

    def get_permissions(self) -> list[Any]:
        """Return the permissions of this view."""
        return [permission() for permission in self.permission_classes]

    @classmethod
    def describe_rules(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what the list of routes says of who may use the view: its permissions.

        Args:
            options: What `as_view()` got, and the arguments of an `@action`.
        """
        if cls.get_permissions is not APIView.get_permissions:
            return [f"test {cls.__name__}.get_permissions"]
        classes = options.get("permission_classes", cls.permission_classes)
        return [f"test {one.__name__}" for one in classes if one.__name__ != "AllowAny"]

    def get_throttles(self) -> list[Any]:
        """Return the throttles of this view."""
        return [throttle() for throttle in self.throttle_classes]

    def get_content_negotiator(self) -> Any:
        """Return the negotiator of this view."""
        if "_negotiator" not in self.__dict__:
            self._negotiator = self.content_negotiation_class()
        return self._negotiator

    def get_exception_handler(self) -> Any:
        """Return the function that answers errors; it may be asynchronous."""
        return self.settings.EXCEPTION_HANDLER

    # --- the policies -------------------------------------------------------------------

    def perform_content_negotiation(self, request: Any, force: bool = False) -> tuple[Any, Any]:
        """Return the renderer and the accepted media type.

        Args:
            request: The request.
            force: Whether to fall back on the first renderer if nothing fits.
        """
        renderers = self.get_renderers()
        try:
            return self.get_content_negotiator().select_renderer(  # type: ignore[no-any-return]
                request, renderers, self.format_kwarg
            )
        except Exception:
            if force:
                return renderers[0], renderers[0].media_type
            raise

    def perform_authentication(self, request: Any) -> None:
        """Find out who asks; override it with `pass` to do so when `request.user` is touched."""
        request.user  # noqa: B018 - looking does it

    async def aperform_authentication(self, request: Any) -> None:
        """Find out who asks."""
        await request.auser()

    def check_permissions(self, request: Any) -> None:
        """Refuse the request unless every permission grants it."""
        run_steps(self._checked(request, "has_permission", request, self))

    async def acheck_permissions(self, request: Any) -> None:
        """Refuse the request unless every permission grants it."""
        await arun_steps(self._checked(request, "has_permission", request, self))

    def check_object_permissions(self, request: Any, obj: Any) -> None:
        """Refuse the request unless every permission grants it for an object."""
        run_steps(self._checked(request, "has_object_permission", request, self, obj))

    async def acheck_object_permissions(self, request: Any, obj: Any) -> None:
        """Refuse the request unless every permission grants it for an object."""
        await arun_steps(self._checked(request, "has_object_permission", request, self, obj))

    def _checked(self, request: Any, question: str, *args: Any) -> Steps:
        for permission in self.get_permissions():
            if not (yield hook(permission, question, *args)):
                self.permission_denied(
                    request,
                    message=getattr(permission, "message", None),
                    code=getattr(permission, "code", None),
                )

    def check_throttles(self, request: Any) -> None:
        """Refuse the request if a throttle does."""
        run_steps(self._throttling(request))

    async def acheck_throttles(self, request: Any) -> None:
        """Refuse the request if a throttle does."""
        await arun_steps(self._throttling(request))

    def _throttling(self, request: Any) -> Steps:
        waits: list[float | None] = []
        for throttle in self.get_throttles():
            allowed = yield hook(throttle, "allow_request", request, self)
            if not allowed:
                waits.append(throttle.wait())
        if waits:
            self.throttled(request, max((w for w in waits if w is not None), default=None))

    def determine_version(self, request: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Return the version asked for and the scheme that knows; `None` twice without one."""
        if self.versioning_class is None:
            return None, None
        scheme = self.versioning_class()
        return scheme.determine_version(request, *args, **kwargs), scheme

    # --- one request --------------------------------------------------------------------

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Return the API's request around the web layer's."""
        return Request(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do what comes before the handler: negotiation, version, who asks, whether they may."""
        run_steps(self._initial(request, args, kwargs))

    async def ainitial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do what comes before the handler: negotiation, version, who asks, whether they may."""
        await arun_steps(self._initial(request, args, kwargs))

    def _initial(self, request: Any, args: Any, kwargs: Any) -> Steps:
        self.format_kwarg = self.get_format_suffix(**kwargs)
        renderer, media_type = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = renderer, media_type
        version, scheme = self.determine_version(request, *args, **kwargs)
        request.version, request.versioning_scheme = version, scheme
        yield hook(self, "perform_authentication", request)
        yield hook(self, "check_permissions", request)
        yield hook(self, "check_throttles", request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response with its renderer and the headers of every answer.

        Raises:
            AssertionError: The handler returned no response.
        """
        if not isinstance(response, HttpResponseBase):
            raise AssertionError(
                "Expected a `Response`, `HttpResponse` or `StreamingHttpResponse` to be returned "
                f"from the view, but received a `{type(response)}`"
            )
        if isinstance(response, Response):
            if not hasattr(request, "accepted_renderer"):
                renderer, media_type = self.perform_content_negotiation(request, force=True)
                request.accepted_renderer, request.accepted_media_type = renderer, media_type
            response.accepted_renderer = request.accepted_renderer
            response.accepted_media_type = request.accepted_media_type
            response.renderer_context = self.get_renderer_context()
            response.renders_on_loop = getattr(response.accepted_renderer, "format", "") == "json"
        vary = self.headers.pop("Vary", None)
        if vary is not None:
            patch_vary_headers(response, [part.strip() for part in vary.split(",")])
        for name, value in self.headers.items():
            response[name] = value
        return response

    def handle_exception(self, exc: Exception) -> Any:
        """Return the answer for an error, or raise it again."""
        return run_steps(self._handling(exc))

    async def ahandle_exception(self, exc: Exception) -> Any:
        """Return the answer for an error, or raise it again."""
        return await arun_steps(self._handling(exc))

    def _handling(self, exc: Exception) -> Steps:
        if isinstance(exc, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
            header = self.get_authenticate_header(self.request)
            if header:
                exc.auth_header = header
            else:
                # Without a challenge, 401 would promise a way in that there is not (RFC 9110).
                exc.status_code = status.HTTP_403_FORBIDDEN  # type: ignore[misc]  # pyright: ignore
        elif isinstance(exc, (exceptions.PermissionDenied, PermissionDenied)):
            request = self.request
            user = None if request is None else request.__dict__.get("_user")
            rule = type(self).__name__
            log_event("permission_denied", request, user, rule=rule, reason=str(exc))
        handler = self.get_exception_handler()
        context = self.get_exception_handler_context()
        response = yield handler, functools.partial(call_reading, handler), (exc, context)
        if response is None:
            self.raise_uncaught_exception(exc)
        response.exception = True
        return response

    def raise_uncaught_exception(self, exc: Exception) -> NoReturn:
        """Raise an error that nobody answers; the web layer makes it a 500."""
        raise exc

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer one request synchronously.

        A handler that is asynchronous, or declares dependencies, is run on a loop of its own.
        """
        name = request.method.lower()
        if needs_loop(self, name):
            return run_coroutine(functools.partial(self.adispatch, request, *args, **kwargs))
        return run_steps(self._dispatch(request, args, kwargs))

    async def adispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer one request; asynchronous parts right here, synchronous handlers in a thread."""
        return await arun_steps(self._dispatch(request, args, kwargs))

    def _dispatch(self, http_request: Any, args: Any, kwargs: Any) -> Steps:
        self.args, self.kwargs = args, kwargs
        refusal = overload(self, http_request) if http_request.method == "POST" else None
        request = self.initialize_request(http_request, *args, **kwargs)
        self.request = request
        self.headers = self.default_response_headers
        try:
            if refusal is not None:
                raise refusal
            yield hook(self, "initial", request, *args, **kwargs)
            name = request.method.lower()
            if name in self.http_method_names and hasattr(self, name):
                response = yield self._handler_call(name, request, args, kwargs)
            else:
                response = self.http_method_not_allowed(request, *args, **kwargs)
        except Exception as error:
            response = yield hook(self, "handle_exception", error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        _routes.compare_with_schema(self, self.response)
        return self.response

    def _handler_call(self, name: str, request: Any, args: Any, kwargs: Any) -> Any:
        """Return the step that calls the handler of a method."""
        sync = getattr(self, name, None)
        twin = twin_of(self, name)
        suffix = self.settings.FORMAT_SUFFIX_KWARG
        if suffix in kwargs and not takes(twin or sync, suffix):
            # Format suffixes are added by routers; negotiation has seen this one.
            kwargs = {key: value for key, value in kwargs.items() if key != suffix}
        asynchronous = functools.partial(self._ahandle, twin or sync)
        return in_transaction(sync), asynchronous, (request, *args, Keywords(kwargs))

    async def _ahandle(self, handler: Any, request: Any, *args: Any) -> Any:
        *positional, kwargs = args
        solved = await _routes.solve_dependencies(self, handler, request)
        arguments = {**kwargs.values, **solved}
        wrapped = wrap_view(handler)
        try:
            if iscoroutinefunction(handler):
                return await wrapped(request, *positional, **arguments)
            return await run_in_thread(
                functools.partial(wrapped, request, *positional, **arguments)
            )
        except Exception:
            # They roll back what they began before an answer is made of the exception.
            await _routes.close_dependencies(request)
            raise

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer OPTIONS with what the metadata class tells about the view."""
        if self.metadata_class is None:
            return self.http_method_not_allowed(request, *args, **kwargs)
        return Response(self.metadata_class().determine_metadata(request, self))
