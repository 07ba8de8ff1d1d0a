"""Compiles a route into one coroutine function: the shortest way from a scope to a reply."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

from fastapi import BackgroundTasks
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from fastjango.http.aio import run_in_thread
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp

from . import runtime
from .encode import dump_json
from .mirror import (
    UNDEFINED,
    Dependant,
    cache_key,
    is_async_gen_callable,
    is_coroutine_callable,
    is_form_field,
    is_gen_callable,
    oauth_scopes,
    request_body_to_args,
    should_embed_body_fields,
    solve_generator,
)
from .parameters import Arguments, Parameters, emit_failure, emit_validation
from .plan import Plan, Unsupported, read_plan
from .source import Source
from .target import Run

__all__ = ["Compiled", "compile_endpoint"]

logger: logging.Logger = logging.getLogger("fastjango.http.dispatch")


class Compiled:
    """A compiled endpoint.

    Attributes:
        run: `run(scope, receive, send)`, or `run(request)` when it is staged.
        staged: Whether it needs FastAPI's exit stacks around it, because the request itself is
            handed to the endpoint or a dependency uses `yield`. A dependency that takes the
            `HTTPConnection` and has the attribute `needs_exit_stacks = False` does not need them.
        overrides_provider: Where `dependency_overrides` are looked up, if it has dependencies.
    """

    __slots__ = ("overrides_provider", "run", "staged")

    def __init__(self, run: Run, *, staged: bool, overrides_provider: Any) -> None:
        self.run: Run = run
        self.staged: bool = staged
        self.overrides_provider: Any = overrides_provider


def compile_endpoint(app: ASGIApp, route: APIRoute) -> Compiled | None:
    """Compile the endpoint behind `app`, or return `None` when it takes FastAPI's own path."""
    try:
        plan = read_plan(app)
        return _Writer(plan, f"{route.path} {plan.call!r}").write()
    except Unsupported as reason:
        logger.debug("%s is not compiled: %s.", route.path, reason)
        return None


class _Writer:
    def __init__(self, plan: Plan, label: str) -> None:
        self.plan = plan
        self.label = label
        self.source = Source()
        self.nodes = list(_walk(plan.dependant))
        self.staged = any(_needs_stacks(node) for node in self.nodes)
        self.uses_response = any(node.response_param_name for node in self.nodes)
        self.uses_background = any(node.background_tasks_param_name for node in self.nodes)
        self.parameters = Parameters(self.source)
        self.cached: dict[Any, str] = {}
        self._name_shared_keys()

    def write(self) -> Compiled:
        source = self.source
        source.globals.update(
            UNDEFINED=UNDEFINED,
            Response=Response,
            send_plain=Response.__call__,
            dump_json=dump_json,
            empty_response=runtime.empty_response,
            json_body=runtime.json_body,
            make_reply=runtime.make_reply,
            read_body=runtime.read_body,
            read_body_of=runtime.read_body_of,
            request_body_to_args=request_body_to_args,
            request_invalid=runtime.request_invalid,
            response_invalid=runtime.response_invalid,
            solve_generator=solve_generator,
            run_sync=run_in_thread,
            partial=partial,
            BackgroundTasks=BackgroundTasks,
            SecurityScopes=SecurityScopes,
            HTTPConnection=HTTPConnection,
            jsonable_encoder=jsonable_encoder,
            ValidationError=ValidationError,
        )
        head = "request, scope, receive, send" if self.staged else "scope, receive, send"
        with source.block(f"async def endpoint({head}):"):
            self._body()
        overridable = self.plan.overrides_provider if self.plan.dependant.dependencies else None
        return Compiled(
            source.function("endpoint", self.label),
            staged=self.staged,
            overrides_provider=overridable,
        )

    # -- the request -------------------------------------------------------------------------

    def _body(self) -> None:
        source, plan = self.source, self.plan
        call = source.bind(plan.call, "call")
        path = source.constant(plan.dependant.path)
        source.line("errors = None")
        if self.uses_background:
            source.line("background = None")
        if self.uses_response:
            source.line("extra = empty_response()")
        for key in self.cached.values():
            source.line(f"{key} = UNDEFINED")
        if plan.body_field is not None:
            source.line("body = UNDEFINED")
            reader = "read_body_of(request)" if self.staged else "read_body(scope, receive, send)"
            source.line(f"raw_body = await {reader}")
            with source.block("if raw_body:"):
                source.line(
                    f"body = json_body(scope, raw_body, strict={plan.strict_content_type!r}, "
                    f"call={call}, path={path})"
                )
                if self.staged:
                    with source.block("if body is not raw_body:"):
                        source.line("request._json = body")
        self.parameters.prepare(self.nodes)
        arguments = self._solve(plan.dependant, None)
        body = "body" if plan.body_field is not None else "UNDEFINED"
        if self._can_fail:
            with source.block("if errors is not None:"):
                source.line(f"raise request_invalid(scope, errors, {body}, {call}, {path})")
        if plan.is_coroutine:
            source.line(f"answer = await {call}({arguments})")
        else:
            source.line(f"answer = await run_sync(partial({_joined(call, arguments)}))")
        self._answer(call, path)

    @property
    def _can_fail(self) -> bool:
        return any(_has_parameters(node) for node in self.nodes)

    def _name_shared_keys(self) -> None:
        """Name a variable for each dependency that is called in more than one place."""
        seen: dict[Any, int] = {}
        uses: dict[int, Any] = {}
        for node in self.nodes[1:]:
            try:
                key = cache_key(dependant=node, uses_scopes_cache=uses)
                seen[key] = seen.get(key, 0) + 1
            except TypeError as error:
                raise Unsupported("a dependency cannot be hashed") from error
        shared = [key for key, times in seen.items() if times > 1]
        for number, key in enumerate(shared):
            self.cached[key] = f"cached_{number}"

    def _solve(self, node: Dependant, failed: str | None) -> Arguments:
        """Write the dependencies and parameters of `node`; return the arguments for its call."""
        arguments = Arguments()
        for child in node.dependencies:
            self._dependency(child, arguments, failed)
        self.parameters.write(node, arguments, failed)
        if node.body_params:
            self._body_parameters(node, arguments, failed)
        self._special(node, arguments)
        return arguments

    def _dependency(self, child: Dependant, arguments: Arguments, failed: str | None) -> None:
        source = self.source
        fails = any(_has_parameters(node) for node in _walk(child))
        flag = source.name("failed") if fails else None
        value = source.name("d")
        if flag:
            source.line(f"{flag} = False")
            if child.name is not None:
                source.line(f"{value} = None")
        inner = self._solve(child, flag)
        if flag and failed:
            with source.block(f"if {flag}:"):
                source.line(f"{failed} = True")
        with source.block(f"if not {flag}:" if flag else "if True:"):
            self._call_dependency(child, value, inner)
        if child.name is not None:
            arguments.add(child.name, value)

    def _call_dependency(self, child: Dependant, value: str, arguments: Arguments) -> None:
        source = self.source
        call = source.bind(child.call, "dep")
        if is_gen_callable(child.call) or is_async_gen_callable(child.call):
            stack = (
                "fastapi_function_astack" if child.scope == "function" else "fastapi_inner_astack"
            )
            made = (
                f"await solve_generator(request=request, dependant={source.bind(child)}, "
                f"stack=scope[{stack!r}], sub_values=dict({arguments}))"
            )
        elif is_coroutine_callable(child.call):
            made = f"await {call}({arguments})"
        else:
            made = f"await run_sync(partial({_joined(call, arguments)}))"
        cached = self.cached.get(cache_key(dependant=child, uses_scopes_cache={}))
        if cached is None:
            source.line(f"{value} = {made}")
            return
        if child.use_cache:
            with source.block(f"if {cached} is UNDEFINED:"):
                source.line(f"{cached} = {made}")
            source.line(f"{value} = {cached}")
            return
        source.line(f"{value} = {made}")
        with source.block(f"if {cached} is UNDEFINED:"):
            source.line(f"{cached} = {value}")

    def _body_parameters(self, node: Dependant, arguments: Arguments, failed: str | None) -> None:
        source, plan = self.source, self.plan
        fields = node.body_params
        first = fields[0]
        if (
            len(fields) == 1
            and not plan.embed_body_fields
            and not should_embed_body_fields(fields)
            and not is_form_field(first)
            and first.name.isidentifier()
        ):
            name = source.name("v")
            source.line(f"{name} = body")
            emit_validation(source, first, name, ("body",), failed, absent="UNDEFINED")
            arguments.add(first.name, name)
            return
        values, found = source.name("values"), source.name("found")
        source.line(
            f"{values}, {found} = await request_body_to_args(body_fields={source.bind(fields)}, "
            f"received_body=body, embed_body_fields={plan.embed_body_fields!r})"
        )
        emit_failure(source, found, failed)
        arguments.spread(values)

    def _special(self, node: Dependant, arguments: Arguments) -> None:
        source = self.source
        if node.http_connection_param_name:
            given = "request" if self.staged else "HTTPConnection(scope)"
            arguments.add(node.http_connection_param_name, given)
        if node.request_param_name:
            arguments.add(node.request_param_name, "request")
        if node.background_tasks_param_name:
            with source.block("if background is None:"):
                source.line("background = BackgroundTasks()")
            arguments.add(node.background_tasks_param_name, "background")
        if node.response_param_name:
            arguments.add(node.response_param_name, "extra")
        if node.security_scopes_param_name:
            scopes = source.bind(oauth_scopes(dependant=node))
            arguments.add(node.security_scopes_param_name, f"SecurityScopes(scopes=list({scopes}))")

    # -- the answer --------------------------------------------------------------------------

    def _answer(self, call: str, path: str) -> None:
        source, plan = self.source, self.plan
        background = "background" if self.uses_background else "None"
        with source.block("if isinstance(answer, Response):"):
            if self.uses_background:
                with source.block("if answer.background is None:"):
                    source.line("answer.background = background")
            self._return_response("answer")
        if not (plan.dumps_json or plan.encodes_json) or not plan.usual_status:
            self._unusual(call, path, background)
            return
        status = "200" if plan.status_code is None else repr(plan.status_code)
        if self.uses_response:
            source.line(f"status = extra.status_code or {status}")
            status = "status"
            with source.block("if status < 200 or status in (204, 205, 304):"):
                self._unusual(call, path, background)
        self._content(call, path)
        source.line(
            "headers = [(b'content-length', b'%d' % len(content)), "
            "(b'content-type', b'application/json')]"
        )
        if self.uses_response:
            source.line("headers.extend(extra.raw_headers)")
        source.line(f"return ({status}, headers, content, {background})")

    def _unusual(self, call: str, path: str, background: str) -> None:
        """Write the answer of a status without a body, or of a response class of its own."""
        source, plan = self.source, self.plan
        if plan.encodes_json:
            source.line("content = jsonable_encoder(answer)")
        else:
            self._content(call, path)
        make, media = source.bind(plan.response_class, "cls"), ""
        if plan.dumps_json:
            make, media = "Response", ", 'media_type': 'application/json'"
        source.line(f"made = {{'background': {background}{media}}}")
        if plan.status_code:
            source.line(f"made['status_code'] = {source.constant(plan.status_code)}")
        if self.uses_response:
            unset = (
                "if extra.status_code:" if plan.status_code else "if extra.status_code is not None:"
            )
            with source.block(unset):
                source.line("made['status_code'] = extra.status_code")
        extra = "extra" if self.uses_response else "None"
        source.line(f"answer = make_reply({make}, content, made, {extra})")
        self._return_response("answer")

    def _return_response(self, name: str) -> None:
        source = self.source
        with source.block(f"if type({name}).__call__ is send_plain:"):
            source.line(
                f"return ({name}.status_code, {name}.raw_headers, {name}.body, {name}.background)"
            )
        source.line(f"return {name}")

    def _content(self, call: str, path: str) -> None:
        """Write `content` from `answer`: bytes for the usual JSON, else what the class renders."""
        source, plan = self.source, self.plan
        field = plan.response_field
        if field is None:
            if plan.encodes_json:
                source.line("content = dump_json(answer)")
            else:
                source.line("content = jsonable_encoder(answer)")
            return
        adapter = field._type_adapter  # pyright: ignore[reportPrivateUsage]
        validate = source.bind(adapter.validator.validate_python, "validate")
        source.line("invalid = None")
        with source.block("try:"):
            if plan.is_coroutine:
                source.line(f"checked = {validate}(answer, from_attributes=True)")
            else:
                source.line(
                    f"checked = await run_sync(partial({validate}, answer, from_attributes=True))"
                )
        with source.block("except ValidationError as error:"):
            source.line("invalid = error")
        with source.block("if invalid is not None:"):
            # Outside of the handler, so that the new error has no context either.
            source.line(f"raise response_invalid(scope, invalid, answer, {call}, {path})")
        options = ", ".join(f"{key}={source.constant(value)}" for key, value in plan.dump.items())
        if plan.dumps_json:
            dump = source.bind(adapter.serializer.to_json, "dump")
            source.line(f"content = {dump}(checked, {options})")
        else:
            dump = source.bind(field.serialize, "dump")
            source.line(f"content = {dump}(checked, {options})")


def _joined(call: str, arguments: Arguments) -> str:
    return f"{call}, {arguments}" if arguments.parts else call


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for child in dependant.dependencies:
        yield from _walk(child)


def _needs_stacks(node: Dependant) -> bool:
    return bool(
        node.request_param_name
        or (node.http_connection_param_name and getattr(node.call, "needs_exit_stacks", True))
        or is_gen_callable(node.call)
        or is_async_gen_callable(node.call)
    )


def _has_parameters(node: Dependant) -> bool:
    return bool(
        node.path_params
        or node.query_params
        or node.header_params
        or node.cookie_params
        or node.body_params
    )
