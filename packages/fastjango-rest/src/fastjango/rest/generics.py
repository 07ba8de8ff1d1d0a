"""Generic views: a queryset, a serializer, and what is done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastjango.core.exceptions import ValidationError
from fastjango.http.exceptions import Http404
from fastjango.http.shortcuts import aget_object_or_404 as http_aget_object_or_404
from fastjango.http.shortcuts import get_object_or_404 as http_get_object_or_404
from fastjango.rest import _conditions, mixins, views
from fastjango.rest._calls import FromSettings, call_reading, hook
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest._unfit import UNFIT

__all__ = ["CreateAPIView", "DestroyAPIView", "GenericAPIView", "ListAPIView",
           "ListCreateAPIView", "RetrieveAPIView", "RetrieveDestroyAPIView",
           "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView", "UpdateAPIView",
           "aget_object_or_404", "get_object_or_404"]  # fmt: skip

_NO_ROW = (*UNFIT, ValidationError)


def get_object_or_404(queryset: Any, *filter_args: Any, **filter_kwargs: Any) -> Any:
    """Return the one object that matches; values of a wrong kind are "not found" as well.

    Raises:
        Http404: There is none.
    """
    try:
        return http_get_object_or_404(queryset, *filter_args, **filter_kwargs)
    except _NO_ROW:
        raise Http404 from None


async def aget_object_or_404(queryset: Any, *filter_args: Any, **filter_kwargs: Any) -> Any:
    """Return the one object that matches; values of a wrong kind are "not found" as well."""
    try:
        return await http_aget_object_or_404(queryset, *filter_args, **filter_kwargs)
    except _NO_ROW:
        raise Http404 from None


class GenericAPIView(views.APIView):
    """Base of the generic views.

    Attributes:
        queryset: The objects; or override `get_queryset()`.
        serializer_class: The serializer; or override `get_serializer_class()`.
        lookup_field: The model's field that names one object.
        lookup_url_kwarg: The argument in the address; that field's name if `None`.
        filter_backends: What narrows and orders the objects.
        pagination_class: What cuts lists into pages; `None` for whole lists.
        etags: Whether answers carry entity tags, of their content unless `etag_for()` says more.
        require_if_match: Whether a change has to name the entity tag that was read (428).
    """

    queryset: Any = None
    serializer_class: Any = None
    lookup_field: str = "pk"
    lookup_url_kwarg: str | None = None
    filter_backends: Any = FromSettings[list[Any]]("DEFAULT_FILTER_BACKENDS")
    pagination_class: Any = FromSettings[Any]("DEFAULT_PAGINATION_CLASS")
    etags: bool = False
    require_if_match: bool = False

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def get_queryset(self) -> Any:
        """Return the objects, unevaluated; it may be asynchronous.

        Raises:
            AssertionError: The view has no `queryset`.
        """
        if self.queryset is None:
            raise AssertionError(
                f"'{type(self).__name__}' should either include a `queryset` attribute, or "
                "override the `get_queryset()` method."
            )
        queryset = self.queryset
        # A queryset keeps what it fetched, and the class lives for many requests.
        return queryset.all() if hasattr(queryset, "all") else queryset

    def _lookup(self) -> dict[str, Any]:
        keyword = self.lookup_url_kwarg or self.lookup_field
        if keyword not in self.kwargs:
            raise AssertionError(
                f"Expected view {type(self).__name__} to be called with a URL keyword argument "
                f'named "{keyword}". Fix your URL conf, or set the `.lookup_field` attribute on '
                "the view correctly."
            )
        return {self.lookup_field: self.kwargs[keyword]}

    def get_object(self) -> Any:
        """Return the object the address names, if who asks may see it.

        Raises:
            Http404: There is none.
        """
        return run_steps(self._object())

    async def aget_object(self) -> Any:
        """Return the object the address names, if who asks may see it."""
        return await arun_steps(self._object())

    def _object(self) -> Steps:
        queryset = yield hook(self, "get_queryset")
        queryset = yield hook(self, "filter_queryset", queryset)
        lookup = self._lookup()

        def sync() -> Any:
            return get_object_or_404(queryset, **lookup)

        async def twin() -> Any:
            return await aget_object_or_404(queryset, **lookup)

        found = yield sync, twin, ()
        yield hook(self, "check_object_permissions", self.request, found)
        return found

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer of this view for some data or objects."""
        kwargs.setdefault("context", self.get_serializer_context())
        return self.get_serializer_class()(*args, **kwargs)

    def get_serializer_class(self) -> Any:
        """Return the serializer class.

        Raises:
            AssertionError: The view has no `serializer_class`.
        """
        if self.serializer_class is None:
            raise AssertionError(
                f"'{type(self).__name__}' should either include a `serializer_class` attribute, or "
                "override the `get_serializer_class()` method."
            )
        return self.serializer_class

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers are told."""
        return {"request": self.request, "format": self.format_kwarg, "view": self}

    def etag_for(self, instance: Any) -> str | None:
        """Return the entity tag of an object; `None` if it has none.

        By default it is made of what `retrieve` answers, for views with `etags`. Override it to say
        so at less cost, from a version column for example; it may be asynchronous.
        """
        if not self.etags:
            return None
        tag: str = run_steps(_conditions.content_tag_steps(self, instance))
        return tag

    async def aetag_for(self, instance: Any) -> str | None:
        """Return the entity tag of an object; `None` if it has none."""
        if not self.etags:
            return None
        tag: str = await arun_steps(_conditions.content_tag_steps(self, instance))
        return tag

    def last_modified_for(self, instance: Any) -> datetime | None:
        """Return when an object was last changed; `None` if that is not known."""
        return None

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a queryset as the filter backends narrow it."""
        for backend in list(self.filter_backends):
            queryset = backend().filter_queryset(self.request, queryset, self)
        return queryset

    async def afilter_queryset(self, queryset: Any) -> Any:
        """Return a queryset as the filter backends narrow it."""
        for backend in list(self.filter_backends):
            made = backend()
            twin = getattr(made, "afilter_queryset", None)
            if twin is not None:
                queryset = await twin(self.request, queryset, self)
            else:
                queryset = await call_reading(made.filter_queryset, self.request, queryset, self)
        return queryset

    @property
    def paginator(self) -> Any:
        """The paginator of this request, or `None`."""
        if "_paginator" not in self.__dict__:
            self._paginator = None if self.pagination_class is None else self.pagination_class()
        return self._paginator

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return one page of the objects; `None` without pagination."""
        if self.paginator is None:
            return None
        return self.paginator.paginate_queryset(queryset, self.request, view=self)

    async def apaginate_queryset(self, queryset: Any) -> Any:
        """Return one page of the objects; `None` without pagination."""
        if self.paginator is None:
            return None
        twin = getattr(self.paginator, "apaginate_queryset", None)
        if twin is None:
            return await call_reading(
                self.paginator.paginate_queryset, queryset, self.request, view=self
            )
        return await twin(queryset, self.request, view=self)

    def get_paginated_response(self, data: Any) -> Any:
        """Return the answer for one page."""
        if self.paginator is None:
            raise AssertionError("get_paginated_response() needs a pagination class.")
        return self.paginator.get_paginated_response(data)


def _handler(action: str) -> tuple[Any, Any]:
    """Return the two edges of an HTTP handler that does what an action does."""

    def sync(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, action)(request, *args, **kwargs)

    async def twin(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        return await mixins.acall_action(self, action, request, *args, **kwargs)

    sync.__doc__ = twin.__doc__ = f"Answer with what `{action}()` answers."
    sync.rest_action = twin.rest_action = action  # type: ignore[attr-defined]  # pyright: ignore
    return sync, twin


class CreateAPIView(mixins.CreateModelMixin, GenericAPIView):
    """POST creates."""

    post: Any
    apost: Any
    post, apost = _handler("create")


class ListAPIView(mixins.ListModelMixin, GenericAPIView):
    """GET lists."""

    get: Any
    aget: Any
    get, aget = _handler("list")


class RetrieveAPIView(mixins.RetrieveModelMixin, GenericAPIView):
    """GET shows one."""

    get: Any
    aget: Any
    get, aget = _handler("retrieve")


class DestroyAPIView(mixins.DestroyModelMixin, GenericAPIView):
    """DELETE deletes."""

    delete: Any
    adelete: Any
    delete, adelete = _handler("destroy")


class UpdateAPIView(mixins.UpdateModelMixin, GenericAPIView):
    """PUT and PATCH change."""

    put: Any
    aput: Any
    put, aput = _handler("update")
    patch: Any
    apatch: Any
    patch, apatch = _handler("partial_update")


class ListCreateAPIView(mixins.ListModelMixin, mixins.CreateModelMixin, GenericAPIView):
    """GET lists, POST creates."""

    get: Any
    aget: Any
    get, aget = _handler("list")
    post: Any
    apost: Any
    post, apost = _handler("create")


class RetrieveUpdateAPIView(mixins.RetrieveModelMixin, mixins.UpdateModelMixin, GenericAPIView):
    """GET shows one, PUT and PATCH change it."""

    get: Any
    aget: Any
    get, aget = _handler("retrieve")
    put: Any
    aput: Any
    put, aput = _handler("update")
    patch: Any
    apatch: Any
    patch, apatch = _handler("partial_update")


class RetrieveDestroyAPIView(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, GenericAPIView):
    """GET shows one, DELETE deletes it."""

    get: Any
    aget: Any
    get, aget = _handler("retrieve")
    delete: Any
    adelete: Any
    delete, adelete = _handler("destroy")


class RetrieveUpdateDestroyAPIView(
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericAPIView,
):
    """GET shows one, PUT and PATCH change it, DELETE deletes it."""

    get: Any
    aget: Any
    get, aget = _handler("retrieve")
    put: Any
    aput: Any
    put, aput = _handler("update")
    patch: Any
    apatch: Any
    patch, apatch = _handler("partial_update")
    delete: Any
    adelete: Any
    delete, adelete = _handler("destroy")
