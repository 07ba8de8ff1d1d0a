"""Views of several objects, in pages if there are many."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import gettext as _
from fastjango.core.twins import Step, calls_twin, twin
from fastjango.http.aio import run_in_thread
from fastjango.http.exceptions import Http404
from fastjango.http.pagination import AsyncPaginator, InvalidPage, Paginator
from fastjango.http.views.generic.base import ContextMixin, TemplateResponseMixin
from fastjango.http.views.generic.querying import PlannedView, fetched, has_rows, is_filled

__all__ = [
    "BaseListView",
    "ListView",
    "MultipleObjectMixin",
    "MultipleObjectTemplateResponseMixin",
]


class MultipleObjectMixin(ContextMixin):
    """Finds several objects.

    Attributes:
        allow_empty: Whether a list without objects is shown; it is a 404 otherwise.
        queryset: The objects: a queryset, or anything iterable.
        model: The model, of which all objects are shown if there is no `queryset`.
        paginate_by: Objects on a page; all on one if `None`.
        paginate_orphans: As many objects or fewer are not worth a last page of their own.
        context_object_name: The name of the list in the context; that of the model and `_list`
            if `None`.
        paginator_class: The class of the paginator.
        page_kwarg: The argument of the URL, or of its query string, with the number of the page.
        ordering: The field or fields to order by.
    """

    allow_empty: bool = True
    queryset: Any = None
    model: Any = None
    paginate_by: int | None = None
    paginate_orphans: int = 0
    context_object_name: str | None = None
    paginator_class: Any = Paginator
    page_kwarg: str = "page"
    ordering: Any = None
    object_list: Any
    request: Any
    kwargs: dict[str, Any]
    _paginated: tuple[Any, Any, Any] | None = None

    def get_queryset(self) -> Any:
        """Return the objects.

        Raises:
            ImproperlyConfigured: There is neither a `model` nor a `queryset`.
        """
        objects = self.queryset
        if objects is not None:
            if hasattr(objects, "model") and hasattr(objects, "all"):
                # A copy: the class keeps one that is never evaluated.
                objects = objects.all()
        elif self.model is not None:
            objects = self.model._default_manager.all()
        else:
            name = self.__class__.__name__
            raise ImproperlyConfigured(
                f"{name} is missing a QuerySet. Define {name}.model, {name}.queryset, or override "
                f"{name}.get_queryset()."
            )
        ordering = self.get_ordering()
        if ordering:
            ordering = (ordering,) if isinstance(ordering, str) else ordering
            objects = objects.order_by(*ordering)
        return objects

    @calls_twin
    async def aget_queryset(self) -> Any:
        """Return what `get_queryset()` returns; override it to await something for it."""
        return self.get_queryset()

    def get_ordering(self) -> Any:
        """Return the field or fields to order by."""
        return self.ordering

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        """Return the paginator, the page asked for, its objects, and whether there are others.

        Raises:
            Http404: There is no such page.
        """
        return self._paginate(self._make_paginator(queryset, page_size))

    async def apaginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        """Do what `paginate_queryset()` does, and fetch the objects of the page.

        An `AsyncPaginator` is awaited. An ordinary one is told the number of objects, so that it
        and its pages wait for nothing and templates use them as usual; one that counts in a way
        of its own does so in a worker thread.
        """
        paginator = self._make_paginator(queryset, page_size)
        if isinstance(paginator, AsyncPaginator):
            return await self._apaginate(paginator)
        objects = paginator.object_list
        paginator_class: Any = paginator.__class__
        if getattr(paginator_class, "count", None) is not Paginator.count:
            made, page, shown, has_others = await run_in_thread(self._paginate, paginator)
        else:
            if hasattr(objects, "acount"):
                paginator.__dict__["count"] = await objects.acount()
            elif hasattr(objects, "model"):
                paginator.__dict__["count"] = await run_in_thread(objects.count)
            made, page, shown, has_others = self._paginate(paginator)
        shown = page.object_list = await fetched(shown).acall()
        return made, page, shown, has_others

    def _paginate(self, paginator: Any) -> tuple[Any, Any, Any, bool]:
        asked = self._page_asked()
        number = paginator.num_pages if asked == "last" else asked
        try:
            page = paginator.page(number)
        except InvalidPage as error:
            raise self._invalid_page(number, error) from error
        return paginator, page, page.object_list, page.has_other_pages()

    async def _apaginate(self, paginator: AsyncPaginator) -> tuple[Any, Any, Any, bool]:
        asked = self._page_asked()
        number = await paginator.anum_pages() if asked == "last" else asked
        try:
            page = await paginator.apage(number)
        except InvalidPage as error:
            raise self._invalid_page(number, error) from error
        return paginator, page, await page.aget_object_list(), await page.ahas_other_pages()

    def _make_paginator(self, queryset: Any, page_size: int) -> Any:
        return self.get_paginator(
            queryset,
            page_size,
            orphans=self.get_paginate_orphans(),
            allow_empty_first_page=self.get_allow_empty(),
        )

    def _page_asked(self) -> int | str:
        """Return the number of the page, or `"last"`."""
        page = self.kwargs.get(self.page_kwarg) or self.request.GET.get(self.page_kwarg) or 1
        try:
            return int(page)
        except ValueError:
            if page == "last":
                return "last"
            raise Http404(_("Page is not “last”, nor can it be converted to an int.")) from None

    def _invalid_page(self, number: Any, error: InvalidPage) -> Http404:
        return Http404(
            _("Invalid page (%(page_number)s): %(message)s")
            % {"page_number": number, "message": str(error)}
        )

    def get_paginate_by(self, queryset: Any) -> int | None:
        """Return the number of objects on a page; `None` for all on one."""
        return self.paginate_by

    def get_paginator(
        self,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Return the paginator."""
        return self.paginator_class(
            queryset,
            per_page,
            orphans=orphans,
            allow_empty_first_page=allow_empty_first_page,
            **kwargs,
        )

    def get_paginate_orphans(self) -> int:
        """Return how many objects are not worth a last page of their own."""
        return self.paginate_orphans

    def get_allow_empty(self) -> bool:
        """Return whether a list without objects is shown."""
        return self.allow_empty

    def get_context_object_name(self, object_list: Any) -> str | None:
        """Return the name of the list in the context besides `object_list`; `None` for none."""
        if self.context_object_name:
            return self.context_object_name
        if hasattr(object_list, "model"):
            return f"{object_list.model._meta.model_name}_list"
        return None

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the context: the objects, and the page and its paginator if there are pages.

        Args:
            object_list: The objects; those of the view if `None`.
            kwargs: What else is in the context.
        """
        objects = object_list if object_list is not None else self.object_list
        page_size = self.get_paginate_by(objects)
        name = self.get_context_object_name(objects)
        paginator = page = None
        is_paginated = False
        if page_size:
            known = self._paginated
            if known is not None and known[0] is objects and known[1] == page_size:
                paginator, page, objects, is_paginated = known[2]
            else:
                paginator, page, objects, is_paginated = self.paginate_queryset(objects, page_size)
        context = {
            "paginator": paginator,
            "page_obj": page,
            "is_paginated": is_paginated,
            "object_list": objects,
        }
        if name is not None:
            context[name] = objects
        context.update(kwargs)
        return super().get_context_data(**context)

    @calls_twin
    async def aget_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Fetch the objects, or those of the page, then return what `get_context_data()` does."""
        objects = object_list if object_list is not None else self.object_list
        page_size = self.get_paginate_by(objects)
        if page_size:
            paginated = await self.apaginate_queryset(objects, page_size)
            self._paginated = (objects, page_size, paginated)
        else:
            objects = await fetched(objects).acall()
        return self.get_context_data(object_list=objects, **kwargs)


class BaseListView(MultipleObjectMixin, PlannedView):
    """Shows several objects; a mixin says how the context becomes a response."""

    object_list: Any

    def _get_plan(self) -> Generator[Step, Any, Any]:
        self.object_list = yield twin(self, "get_queryset")
        if not self.get_allow_empty():
            objects = self.object_list
            # With pages, a cheap question is better than all objects in memory.
            cheap = self.get_paginate_by(objects) is not None and hasattr(objects, "exists")
            filled = yield has_rows(objects) if cheap else is_filled(objects)
            if not filled:
                raise Http404(
                    _("Empty list and “%(class_name)s.allow_empty” is False.")
                    % {"class_name": self.__class__.__name__}
                )
        context = yield twin(self, "get_context_data")
        view: Any = self
        return view.render_to_response(context)


class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Answers with a template that belongs to the model of the list.

    Attributes:
        template_name_suffix: The end of the name made from the model: `blog/post_list.html`.
    """

    template_name_suffix: str = "_list"
    object_list: Any

    def get_template_names(self) -> list[str]:
        """Return the templates to choose from: `template_name`, then the one of the model.

        Raises:
            ImproperlyConfigured: Nothing names a template.
        """
        try:
            names = list(super().get_template_names())
        except ImproperlyConfigured:
            names = []
        if hasattr(self.object_list, "model"):
            meta = self.object_list.model._meta
            names.append(f"{meta.app_label}/{meta.model_name}{self.template_name_suffix}.html")
        elif not names:
            raise ImproperlyConfigured(
                f"{self.__class__.__name__} requires either a 'template_name' attribute or a "
                "get_queryset() method that returns a QuerySet."
            )
        return names


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    """Renders a template with several objects: those of a model, a queryset or any iterable."""
