"""Filter backends: search, ordering, and filter sets; what a view lists as `filter_backends`."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.models import Exists, OuterRef, Q
from fastjango.rest._calls import FromSettings
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.filtersets import FilterSet, filterset_factory
from fastjango.values.encoding import has_surrogates
from fastjango.values.text import smart_split, unescape_string_literal

__all__ = ["BaseFilterBackend", "DjangoFilterBackend", "FilterSet", "OrderingFilter",
           "SearchFilter", "UnaccentedSearchFilter", "search_smart_split"]  # fmt: skip

MAX_TERMS = 50  # words of a search that are looked for


def search_smart_split(search_terms: str) -> list[str]:
    """Return the words of a search; what stands in quotes is one of them."""
    found: list[str] = []
    for part in smart_split(search_terms):
        term = part.strip(",")
        if term.startswith(('"', "'")) and len(term) > 1 and term[0] == term[-1]:
            found.append(unescape_string_literal(term))
        else:
            found.extend(word.strip() for word in term.split(",") if word)
    return found


class BaseFilterBackend:
    """Base of filter backends; `afilter_queryset()` is asked first where it exists."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the queryset, narrowed."""
        raise NotImplementedError(f"{type(self).__name__} must define filter_queryset().")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        return []


def _parameter(name: str, description: Any, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "required": False, "in": "query", "description": str(description),
            "schema": schema}  # fmt: skip


def _require_expressions(terms: Sequence[str]) -> None:
    """Refuse words that are no regular expressions, which databases answer with an error."""
    for term in terms:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(term)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValidationError("Enter a valid regular expression.", "invalid_regex") from error


class SearchFilter(BaseFilterBackend):
    """`?search=words`: rows in whose `search_fields` all words occur.

    A field's name may begin with `^` (begins with), `=` (equals), `@` (full text) or `$` (regular
    expression), or end in a lookup.
    """

    search_param: Any = FromSettings[str]("SEARCH_PARAM")
    template: str | None = "rest/filters/search.html"
    lookup_prefixes: ClassVar[dict[str, str]] = {
        "^": "istartswith",
        "=": "iexact",
        "@": "search",
        "$": "iregex",
    }
    default_lookup = "icontains"
    search_title: Any = _("Search")
    search_description: Any = _("A search term.")

    def get_search_fields(self, view: Any, request: Any) -> Sequence[str] | None:
        """Return the fields to look into."""
        return getattr(view, "search_fields", None)

    def get_search_terms(self, request: Any) -> list[str]:
        """Return the words of the request, at most 50.

        Raises:
            ValidationError: The text holds characters that no text has.
        """
        text: str = request.query_params.get(self.search_param, "")
        if "\0" in text:
            raise ValidationError("Null characters are not allowed.", "null_characters_not_allowed")
        if has_surrogates(text):
            raise ValidationError("Lone surrogates are not allowed.", "surrogates_not_allowed")
        return search_smart_split(text)[:MAX_TERMS]

    def construct_search(self, field_name: str, queryset: Any) -> str:
        """Return the lookup for a search field."""
        lookup = self.lookup_prefixes.get(field_name[0])
        if lookup:
            return f"{field_name[1:]}__{lookup}"
        options = queryset.model._meta
        previous: Any = None
        for part in field_name.split("__"):
            name = options.pk.name if part == "pk" else part
            try:
                field = options.get_field(name)
            except FieldDoesNotExist:
                if previous is not None and previous.get_lookup(name):
                    return field_name
            else:
                previous = field
                if hasattr(field, "path_infos"):
                    options = field.path_infos[-1].to_opts
        return f"{field_name}__{self.default_lookup}"

    def must_call_distinct(self, queryset: Any, search_fields: Sequence[str]) -> bool:
        """Whether a row may be found more than once, by relations to many."""
        for search_field in search_fields:
            name = search_field[1:] if search_field[0] in self.lookup_prefixes else search_field
            if name in queryset.query.annotations:
                continue
            options = queryset.model._meta
            for part in name.split("__"):
                try:
                    field = options.get_field(options.pk.name if part == "pk" else part)
                except FieldDoesNotExist:
                    break
                if not hasattr(field, "path_infos"):
                    break
                options = field.path_infos[-1].to_opts
                if any(path.m2m for path in field.path_infos):
                    return True
        return False

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows that hold all words."""
        fields = self.get_search_fields(view, request)
        terms = self.get_search_terms(request)
        if not fields or not terms:
            return queryset
        lookups = [self.construct_search(str(field), queryset) for field in fields]
        if any(lookup.endswith(("__regex", "__iregex")) for lookup in lookups):
            _require_expressions(terms)
        conditions = (
            functools.reduce(Q.__or__, (Q((lookup, term)) for lookup in lookups)) for term in terms
        )
        found = queryset.filter(functools.reduce(Q.__and__, conditions))
        if self.must_call_distinct(queryset, fields):
            # A subquery, as DISTINCT forbids to order by what is not selected.
            return queryset.filter(Exists(found.filter(pk=OuterRef("pk"))))
        return found

    def to_html(self, request: Any, queryset: Any, view: Any) -> str:
        """Return the search form of the browsable API."""
        if not getattr(view, "search_fields", None):
            return ""
        from fastjango.templates.loader import render_to_string

        context = {"param": self.search_param,
                   "term": request.query_params.get(self.search_param, "")}  # fmt: skip
        return str(render_to_string(self.template, context))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        if not getattr(view, "search_fields", None):
            return []
        return [_parameter(self.search_param, self.search_description, {"type": "string"})]


class UnaccentedSearchFilter(SearchFilter):
    """A search that does not mind accents; needs PostgreSQL's extension `unaccent`."""

    lookup_prefixes: ClassVar[dict[str, str]] = {
        "^": "unaccent__istartswith",
        "=": "unaccent__iexact",
        # Full-text search has dictionaries of its own.
        "@": "search",
        "$": "unaccent__iregex",
    }
    default_lookup = "unaccent__icontains"


class OrderingFilter(BaseFilterBackend):
    """`?ordering=name,-created`: by the view's `ordering_fields`, else by those it shows."""

    ordering_param: Any = FromSettings[str]("ORDERING_PARAM")
    ordering_fields: Any = None
    ordering_title: Any = _("Ordering")
    ordering_description: Any = _("Which field to use when ordering the results.")
    template: str | None = "rest/filters/ordering.html"

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the fields to order by; unknown ones are left out."""
        text = request.query_params.get(self.ordering_param)
        if text:
            names = [name.strip() for name in text.split(",")]
            ordering = self.remove_invalid_fields(queryset, names, view, request)
            if ordering:
                return ordering
        return self.get_default_ordering(view)

    def get_default_ordering(self, view: Any) -> Any:
        """Return the view's `ordering`."""
        ordering = getattr(view, "ordering", None)
        return (ordering,) if isinstance(ordering, str) else ordering

    def get_default_valid_fields(
        self, queryset: Any, view: Any, context: Any = None
    ) -> list[tuple[str, Any]]:
        """Return the fields that the serializer shows and the database knows.

        Raises:
            ImproperlyConfigured: The view has no serializer.
        """
        serializer_class: Any = None
        if hasattr(view, "get_serializer_class"):
            try:
                serializer_class = view.get_serializer_class()
            except AssertionError:
                pass
        if serializer_class is None:
            raise ImproperlyConfigured(
                f"Cannot use {type(self).__name__} on a view which does not have either a "
                "'serializer_class', an overriding 'get_serializer_class' or 'ordering_fields' "
                "attribute."
            )
        model = queryset.model
        computed = {
            name for name in dir(model)
            if name != "pk" and isinstance(getattr(model, name, None), property)
        }  # fmt: skip
        return [
            (field.source.replace(".", "__") or name, field.label)
            for name, field in serializer_class(context=context or {}).fields.items()
            if not getattr(field, "write_only", False)
            and field.source != "*"
            and field.source not in computed
        ]

    def get_valid_fields(
        self, queryset: Any, view: Any, context: Any = None
    ) -> list[tuple[str, Any]]:
        """Return the fields that may be ordered by, each with its label."""
        fields = getattr(view, "ordering_fields", self.ordering_fields)
        if fields is None:
            return self.get_default_valid_fields(queryset, view, context)
        if fields == "__all__":
            found = [(field.name, field.verbose_name) for field in queryset.model._meta.fields]
            return found + [(key, key.replace("_", " ")) for key in queryset.query.annotations]
        return [(item, item) if isinstance(item, str) else item for item in fields]

    def remove_invalid_fields(
        self, queryset: Any, fields: Sequence[str], view: Any, request: Any
    ) -> list[str]:
        """Return the fields of a request that may be ordered by."""
        valid = {name for name, _label in
                 self.get_valid_fields(queryset, view, {"request": request})}  # fmt: skip
        return [name for name in fields if name.removeprefix("-") in valid]

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows in order."""
        ordering = self.get_ordering(request, queryset, view)
        return queryset.order_by(*ordering) if ordering else queryset

    def to_html(self, request: Any, queryset: Any, view: Any) -> str:
        """Return the choice of orders for the browsable API."""
        from fastjango.templates.loader import render_to_string

        current = self.get_ordering(request, queryset, view)
        options: list[tuple[str, str]] = []
        for key, label in self.get_valid_fields(queryset, view, {"request": request}):
            options.append((key, f"{label} - {_('ascending')}"))
            options.append((f"-{key}", f"{label} - {_('descending')}"))
        context = {"current": current[0] if current else None, "param": self.ordering_param,
                   "options": options}  # fmt: skip
        return str(render_to_string(self.template, context))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        return [_parameter(self.ordering_param, self.ordering_description, {"type": "string"})]


class DjangoFilterBackend(BaseFilterBackend):
    """`?field=value`: by the view's `filterset_class`, or one made of `filterset_fields`.

    Attributes:
        raise_exception: Whether values that make no sense are a 400; else they are left out.
    """

    filterset_base: Any = FilterSet
    raise_exception = True

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        """Return the filter set class of a view, or `None`."""
        own = getattr(view, "filterset_class", None)
        if own is not None:
            return own
        fields = getattr(view, "filterset_fields", None)
        if fields and queryset is not None:
            return filterset_factory(queryset.model, fields=fields, filterset=self.filterset_base)
        return None

    def get_filterset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the filter set for a request, or `None`."""
        kind = self.get_filterset_class(view, queryset)
        if kind is None:
            return None
        return kind(data=request.query_params, queryset=queryset, request=request)

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows that all filters let pass."""
        return run_steps(self._steps(request, queryset, view))

    async def afilter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows that all filters let pass."""
        return await arun_steps(self._steps(request, queryset, view))

    def _steps(self, request: Any, queryset: Any, view: Any) -> Steps:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        valid = yield filterset.is_valid, filterset.ais_valid, ()
        if not valid and self.raise_exception:
            raise ValidationError(filterset.errors)
        return filterset.qs

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        try:
            queryset = view.get_queryset()
        except Exception:
            # Written for a request, which there is none of.
            queryset = getattr(view, "queryset", None)
        kind = self.get_filterset_class(view, queryset)
        if kind is None:
            return []
        return [
            _parameter(key, item.label or name, schema)
            for name, item in kind.base_filters.items()
            for key, schema in item.parameters(name)
        ]
