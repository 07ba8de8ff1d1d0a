"""Views of a single object."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured, ValidationError
from fastjango.core.translation import gettext as _
from fastjango.core.twins import Step, afollow, calls_twin, follow, twin
from fastjango.http.exceptions import Http404
from fastjango.http.views.generic.base import ContextMixin, TemplateResponseMixin
from fastjango.http.views.generic.querying import PlannedView

__all__ = [
    "BaseDetailView",
    "DetailView",
    "SingleObjectMixin",
    "SingleObjectTemplateResponseMixin",
]


class SingleObjectMixin(ContextMixin):
    """Finds one object by the arguments of the URL.

    Attributes:
        model: The model, whose default manager is asked.
        queryset: What is asked instead.
        slug_field: The field that a slug is looked up in.
        context_object_name: The name of the object in the context; that of its model if `None`.
        slug_url_kwarg: The argument of the URL with the slug.
        pk_url_kwarg: The argument of the URL with the primary key.
        query_pk_and_slug: Whether both have to match, if both are in the URL.
    """

    model: Any = None
    queryset: Any = None
    slug_field: str = "slug"
    context_object_name: str | None = None
    slug_url_kwarg: str = "slug"
    pk_url_kwarg: str = "pk"
    query_pk_and_slug: bool = False
    object: Any
    kwargs: dict[str, Any]

    def get_object(self, queryset: Any = None) -> Any:
        """Return the object.

        Args:
            queryset: What to look in; `get_queryset()` if `None`.

        Raises:
            Http404: There is none, or the URL has something that cannot be a primary key.
            AttributeError: The URL has neither a primary key nor a slug.
        """
        return follow(self._object_plan(queryset))

    async def aget_object(self, queryset: Any = None) -> Any:
        """Do what `get_object()` does, with `aget_queryset()`."""
        return await afollow(self._object_plan(queryset))

    def _object_plan(self, queryset: Any) -> Generator[Step, Any, Any]:
        if queryset is None:
            queryset = yield twin(self, "get_queryset")
        pk = self.kwargs.get(self.pk_url_kwarg)
        slug = self.kwargs.get(self.slug_url_kwarg)
        if pk is None and slug is None:
            raise AttributeError(
                f"Generic detail view {self.__class__.__name__} must be called with either an "
                "object pk or a slug in the URLconf."
            )
        if pk is not None:
            try:
                queryset = queryset.filter(pk=pk)
            except (ValueError, ValidationError):
                raise self._not_found(queryset) from None
        if slug is not None and (pk is None or self.query_pk_and_slug):
            queryset = queryset.filter(**{self.get_slug_field(): slug})
        try:
            found = yield twin(queryset, "get")
        except queryset.model.DoesNotExist:
            raise self._not_found(queryset) from None
        return found

    def _not_found(self, queryset: Any) -> Http404:
        return Http404(
            _("No %(verbose_name)s found matching the query")
            % {"verbose_name": queryset.model._meta.verbose_name}
        )

    def get_queryset(self) -> Any:
        """Return what the object is looked for in.

        Raises:
            ImproperlyConfigured: There is neither a `model` nor a `queryset`.
        """
        if self.queryset is not None:
            return self.queryset.all()
        if self.model:
            return self.model._default_manager.all()
        raise ImproperlyConfigured(_missing_queryset(self))

    @calls_twin
    async def aget_queryset(self) -> Any:
        """Return what `get_queryset()` returns; override it to await something for it."""
        return self.get_queryset()

    def get_slug_field(self) -> str:
        """Return the name of the field that a slug is looked up in."""
        return self.slug_field

    def get_context_object_name(self, obj: Any) -> str | None:
        """Return the name of the object in the context besides `object`; `None` for none."""
        if self.context_object_name:
            return self.context_object_name
        meta = _model_options(obj)
        name: str | None = None if meta is None else meta.model_name
        return name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context, with the object as `object` and under its own name."""
        context: dict[str, Any] = {}
        if self.object:
            context["object"] = self.object
            name = self.get_context_object_name(self.object)
            if name:
                context[name] = self.object
        context.update(kwargs)
        return super().get_context_data(**context)


class BaseDetailView(SingleObjectMixin, PlannedView):
    """Shows one object; a mixin says how the context becomes a response."""

    object: Any

    def _get_plan(self) -> Generator[Step, Any, Any]:
        self.object = yield twin(self, "get_object")
        context = yield twin(self, "get_context_data", object=self.object)
        view: Any = self
        return view.render_to_response(context)


class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Answers with a template that belongs to the object.

    Attributes:
        template_name_field: The attribute of the object with the name of its template.
        template_name_suffix: The end of the name made from the model: `blog/post_detail.html`.
    """

    template_name_field: str | None = None
    template_name_suffix: str = "_detail"
    object: Any

    def get_template_names(self) -> list[str]:
        """Return the templates to choose from: `template_name` alone, or the object's own.

        Raises:
            ImproperlyConfigured: Nothing names a template.
        """
        try:
            return list(super().get_template_names())
        except ImproperlyConfigured:
            names: list[str] = []
        if self.object and self.template_name_field:
            name = getattr(self.object, self.template_name_field, None)
            if name:
                names.append(name)
        meta = _model_options(self.object) or _model_options(getattr(self, "model", None))
        if meta is not None:
            names.append(f"{meta.app_label}/{meta.model_name}{self.template_name_suffix}.html")
        if not names:
            raise ImproperlyConfigured(
                "SingleObjectTemplateResponseMixin requires a definition of 'template_name', "
                "'template_name_field', or 'model'; or an implementation of "
                "'get_template_names()'."
            )
        return names


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView):
    """Renders a template with one object."""


def _model_options(thing: Any) -> Any:
    """Return the options of a model or an instance of one, `None` for anything else."""
    meta = getattr(thing, "_meta", None)
    return meta if hasattr(meta, "model_name") else None


def _missing_queryset(view: Any) -> str:
    name = view.__class__.__name__
    return (
        f"{name} is missing a QuerySet. Define {name}.model, {name}.queryset, or override "
        f"{name}.get_queryset()."
    )
