"""What generic views do: list, create, retrieve, update, destroy, each on both edges.

Each action exists as `x()` and `ax()`; under an asynchronous server the twin runs on the loop.
If a project overrides a part of it synchronously (`perform_create()`, `get_object()`, or the
serializer's `create()`), the whole action runs as `x()` in a worker thread, on one connection.
"""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# Views and serializers are classes of the project, of any type.

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.http.aio import run_in_thread
from fastjango.rest import _conditions, _lists, status
from fastjango.rest._calls import hook, is_overridden_sync, overridden_sync
from fastjango.rest._steps import Steps, arun_steps, picked, run_steps
from fastjango.rest.response import Response
from fastjango.rest.settings import api_settings
from fastjango.values.decorators import iscoroutinefunction

__all__ = ["CreateModelMixin", "DestroyModelMixin", "ListModelMixin", "RetrieveModelMixin",
           "UpdateModelMixin"]  # fmt: skip

_blocking: set[tuple[type, str]] = set()


class _BlocksOnSave(SynchronousOnlyOperation):
    """The serializer saves synchronously; nothing has been written yet."""


async def acall_action(view: Any, action: str, request: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call an action of a view: its twin, or the synchronous method a project has overridden."""
    name = picked(type(view), action, "a" + action)
    method = getattr(view, name)
    if name == action and not iscoroutinefunction(method):
        return await run_in_thread(functools.partial(method, request, *args, **kwargs))
    return await method(request, *args, **kwargs)


async def _native(
    view: Any, action: str, parts: tuple[str, ...], steps: Callable[[], Steps], /,
    *args: Any, **kwargs: Any,
) -> Any:  # fmt: skip
    """Run an action on the loop, or synchronously in a thread if a part of it would block."""
    cls = type(view)
    sync = functools.partial(getattr(view, action), *args, **kwargs)
    if (cls, action) in _blocking or overridden_sync(cls, *parts):
        return await run_in_thread(sync)
    view._has_written = False
    try:
        return await arun_steps(steps())
    except SynchronousOnlyOperation:
        # What was read can be read again; what was written must not be written twice.
        if view._has_written:
            raise
        _blocking.add((cls, action))
        return await run_in_thread(sync)


def _check_saves_natively(serializer: Any) -> None:
    cls = type(serializer)
    if any(is_overridden_sync(cls, name) for name in ("save", "create", "update")):
        raise _BlocksOnSave(f"{cls.__name__} saves synchronously.")


def _performing(view: Any, name: str, subject: Any) -> Steps:
    """Call `perform_<something>`; from now on the action is not to be tried again."""
    twin_name = picked(type(view), name, "a" + name)
    sync, chosen = getattr(view, name), getattr(view, twin_name)

    async def twin() -> Any:
        if hasattr(subject, "is_valid"):
            _check_saves_natively(subject)
        view._has_written = True
        result = chosen(subject)
        return await result if inspect.isawaitable(result) else result

    try:
        yield (lambda: sync(subject)), twin, ()
    except Exception as error:
        _conditions.raise_conflict(error, subject)
        raise


def _data_of(serializer: Any) -> Any:
    async def twin() -> Any:
        return await serializer.adata

    return (lambda: serializer.data), twin, ()


def _validated(serializer: Any) -> Any:
    def sync() -> Any:
        return serializer.is_valid(raise_exception=True)

    async def twin() -> Any:
        return await serializer.ais_valid(raise_exception=True)

    return sync, twin, ()


def _saved(serializer: Any) -> Awaitable[Any]:
    saving: Awaitable[Any] = serializer.asave()
    return saving


class CreateModelMixin:
    """POST of a list: `create()`."""

    def create(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Create an object from the body and answer 201 with it."""
        response: Response = run_steps(self._create_steps(request))
        return response

    async def acreate(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Create an object from the body and answer 201 with it."""
        response: Response = await _native(
            self, "create", ("perform_create",), lambda: self._create_steps(request), request,
            *args, **kwargs,
        )  # fmt: skip
        return response

    def _create_steps(self: Any, request: Any) -> Steps:
        serializer = self.get_serializer(data=request.data)
        yield _validated(serializer)
        yield from _performing(self, "perform_create", serializer)
        data = yield _data_of(serializer)
        tags = yield from _conditions.written_steps(self, serializer.instance)
        headers = {**tags, **self.get_success_headers(data)}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)

    def perform_create(self, serializer: Any) -> None:
        """Save a new object; override it to add values, `async def` or not."""
        serializer.save()

    async def aperform_create(self, serializer: Any) -> None:
        """Save a new object; override it to add values."""
        await _saved(serializer)

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """Return the headers of the answer: `Location`, if the data has an address."""
        try:
            return {"Location": str(data[api_settings.URL_FIELD_NAME])}
        except (TypeError, KeyError):
            return {}


class ListModelMixin:
    """GET of a list: `list()`."""

    def list(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the objects, or a page of them."""
        response: Response = run_steps(self._list_steps(request))
        return response

    async def alist(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the objects, or a page of them."""
        response: Response = await _native(
            self, "list", ("paginate_queryset",), lambda: self._list_steps(request), request,
            *args, **kwargs,
        )  # fmt: skip
        return response

    def _list_steps(self: Any, request: Any) -> Steps:
        queryset = yield hook(self, "get_queryset")
        queryset = yield hook(self, "filter_queryset", queryset)
        if not _lists.plans_itself(self, request):
            queryset = _lists.planned(self, queryset)
        page = yield hook(self, "paginate_queryset", queryset)
        if page is None:
            serializer = self.get_serializer(queryset, many=True)
        else:
            serializer = self.get_serializer(page, many=True)
        response = yield from _lists.answer(self, request, serializer, page is not None)
        return _conditions.tag_list(self, request, response)


class RetrieveModelMixin:
    """GET of one object: `retrieve()`."""

    def retrieve(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the object the address names."""
        response: Response = run_steps(self._retrieve_steps())
        return response

    async def aretrieve(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the object the address names."""
        response: Response = await _native(
            self, "retrieve", ("get_object",), self._retrieve_steps, request, *args, **kwargs
        )
        return response

    def _retrieve_steps(self: Any) -> Steps:
        instance = yield hook(self, "get_object")
        headers, unchanged = yield from _conditions.read_steps(self, self.request, instance)
        if unchanged is not None:
            return unchanged
        data = yield _data_of(self.get_serializer(instance))
        return Response(data, headers=headers)


class UpdateModelMixin:
    """PUT and PATCH of one object: `update()` and `partial_update()`."""

    def update(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Change the object the address names and answer with it."""
        partial = kwargs.pop("partial", False)
        response: Response = run_steps(self._update_steps(request, partial))
        return response

    async def aupdate(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Change the object the address names and answer with it."""
        partial = kwargs.get("partial", False)
        response: Response = await _native(
            self, "update", ("get_object", "perform_update"),
            lambda: self._update_steps(request, partial), request, *args, **kwargs,
        )  # fmt: skip
        return response

    def _update_steps(self: Any, request: Any, partial: bool) -> Steps:
        instance = yield hook(self, "get_object")
        yield from _conditions.write_steps(self, request, instance)
        serializer = self.get_serializer(instance, data=request.data, partial=partial)
        yield _validated(serializer)
        yield from _performing(self, "perform_update", serializer)
        if getattr(instance, "_prefetched_objects_cache", None):
            # What was fetched before the change does not hold any more.
            instance._prefetched_objects_cache = {}
        data = yield _data_of(serializer)
        headers = yield from _conditions.written_steps(self, serializer.instance)
        return Response(data, headers=headers)

    def perform_update(self, serializer: Any) -> None:
        """Save the changes; override it to add values, `async def` or not."""
        serializer.save()

    async def aperform_update(self, serializer: Any) -> None:
        """Save the changes; override it to add values."""
        await _saved(serializer)

    def partial_update(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Change what the body names and answer with the object."""
        kwargs["partial"] = True
        response: Response = self.update(request, *args, **kwargs)
        return response

    async def apartial_update(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Change what the body names and answer with the object."""
        kwargs["partial"] = True
        response: Response = await acall_action(self, "update", request, *args, **kwargs)
        return response


class DestroyModelMixin:
    """DELETE of one object: `destroy()`."""

    def destroy(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Delete the object the address names and answer 204."""
        response: Response = run_steps(self._destroy_steps(request))
        return response

    async def adestroy(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Delete the object the address names and answer 204."""
        response: Response = await _native(
            self, "destroy", ("get_object", "perform_destroy"),
            lambda: self._destroy_steps(request), request, *args, **kwargs,
        )  # fmt: skip
        return response

    def _destroy_steps(self: Any, request: Any) -> Steps:
        instance = yield hook(self, "get_object")
        yield from _conditions.write_steps(self, request, instance)
        yield from _performing(self, "perform_destroy", instance)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def perform_destroy(self, instance: Any) -> None:
        """Delete an object; override it to do something else, `async def` or not."""
        instance.delete()

    async def aperform_destroy(self, instance: Any) -> None:
        """Delete an object; override it to do something else."""
        await instance.adelete()
