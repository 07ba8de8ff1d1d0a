"""Related objects named by their URL."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Querysets, objects and requests may be anything.

from __future__ import annotations

from typing import Any, ClassVar
from urllib import parse

from fastjango.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from fastjango.rest._calls import reading
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.relations.base import NO_ROW, RelatedField
from fastjango.rest.relations.keys import get_steps
from fastjango.values.encoding import uri_to_iri

__all__ = [
    "Hyperlink",
    "HyperlinkedIdentityField",
    "HyperlinkedRelatedField",
    "ObjectTypeError",
    "ObjectValueError",
]


class ObjectValueError(ValueError):
    """Looking up an object failed as the value of the URL has no meaning."""


class ObjectTypeError(TypeError):
    """Looking up an object failed as the value of the URL is of a wrong type."""


class Hyperlink(str):
    """A URL that knows what it leads to; `name` is the text of that object.

    Args:
        url: The URL.
        obj: The object.
    """

    is_hyperlink = True
    obj: Any

    def __new__(cls, url: str, obj: Any) -> Hyperlink:
        link = super().__new__(cls, url)
        link.obj = obj
        return link

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.name

    @property
    def name(self) -> str:
        """The object's text; made when asked for, as it may query."""
        return str(self.obj)


class HyperlinkedRelatedField(RelatedField):
    """A related object, named by the URL of its detail view.

    Args:
        view_name: The view, as for `reverse()`.
        lookup_field: The attribute that is in the URL.
        lookup_url_kwarg: The name of the URL's argument; `lookup_field` if absent.
        format: The format suffix of the URL.
        **kwargs: Options of `RelatedField`.
    """

    lookup_field: str = "pk"
    view_name: Any = None
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("This field is required."),
        "no_match": _("Invalid hyperlink - No URL match."),
        "incorrect_match": _("Invalid hyperlink - Incorrect URL match."),
        "does_not_exist": _("Invalid hyperlink - Object does not exist."),
        "incorrect_type": _("Incorrect type. Expected URL string, received {data_type}."),
    }

    def __init__(self, view_name: str | None = None, **kwargs: Any) -> None:
        from fastjango.rest.reverse import reverse

        if view_name is not None:
            self.view_name = view_name
        if self.view_name is None:
            raise AssertionError("The `view_name` argument is required.")
        self.lookup_field = kwargs.pop("lookup_field", self.lookup_field)
        self.lookup_url_kwarg: str = kwargs.pop("lookup_url_kwarg", self.lookup_field)
        self.format: str | None = kwargs.pop("format", None)
        # An attribute, so that a test can put in another.
        self.reverse: Any = reverse
        super().__init__(**kwargs)

    def use_pk_only_optimization(self) -> bool:
        """The key is all that is shown, if it is what the URL has."""
        return self.lookup_field == "pk"

    def get_object(self, view_name: str, view_args: Any, view_kwargs: Any) -> Any:
        """Return the object that a URL's arguments name.

        Args:
            view_name: The view of the URL.
            view_args: Its positional arguments.
            view_kwargs: Its named arguments.
        """
        return run_steps(self._object_steps(view_kwargs))

    async def aget_object(self, view_name: str, view_args: Any, view_kwargs: Any) -> Any:
        """`get_object` for asynchronous code."""
        return await arun_steps(self._object_steps(view_kwargs))

    def _object_steps(self, view_kwargs: Any) -> Steps:
        lookup = {self.lookup_field: view_kwargs[self.lookup_url_kwarg]}
        try:
            return (yield from get_steps(self.get_queryset(), **lookup))
        except TypeError as error:
            raise ObjectTypeError(str(error)) from error
        except NO_ROW as error:
            raise ObjectValueError(str(error)) from error

    def get_url(self, obj: Any, view_name: str, request: Any, format: str | None) -> str | None:
        """Return the URL of an object; `None` if it is not saved.

        Raises:
            NoReverseMatch: The view or the lookup does not fit the URLs.
        """
        if hasattr(obj, "pk") and obj.pk in (None, ""):
            return None
        kwargs = {self.lookup_url_kwarg: getattr(obj, self.lookup_field)}
        return self.reverse(view_name, kwargs=kwargs, request=request, format=format)  # type: ignore[no-any-return]

    def to_internal_value(self, data: Any) -> Any:
        """Return the object that the URL leads to."""
        return run_steps(self._steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._steps(data))

    def _steps(self, data: Any) -> Steps:
        match = self._match(data)
        try:
            return (yield reading(self, "get_object", match.view_name, match.args, match.kwargs))
        except (ObjectDoesNotExist, ObjectValueError, ObjectTypeError):
            self.fail("does_not_exist")

    def _match(self, data: Any) -> Any:
        """Return the view that a URL leads to, which must be this field's."""
        if not isinstance(data, str):
            self.fail("incorrect_type", data_type=type(data).__name__)
        request = self.context.get("request")
        try:
            path = data
            if data.startswith(("http:", "https:")):
                path = parse.urlparse(data).path
                prefix = get_script_prefix()
                if path.startswith(prefix):
                    path = f"/{path[len(prefix) :]}"
            match = resolve(uri_to_iri(parse.unquote(path)))
        except (Resolver404, ValueError):  # ValueError: no URL, or no text that UTF-8 can hold
            self.fail("no_match")
        try:
            expected = request.versioning_scheme.get_versioned_viewname(self.view_name, request)
        except AttributeError:
            expected = self.view_name
        if match.view_name != expected:
            self.fail("incorrect_match")
        return match

    def to_representation(self, value: Any) -> Any:
        """Return the object's URL.

        Raises:
            ImproperlyConfigured: The view or the lookup does not fit the URLs.
        """
        if "request" not in self.context:
            raise AssertionError(
                f"`{self.__class__.__name__}` requires the request in the serializer context. "
                "Add `context={'request': request}` when instantiating the serializer."
            )
        request = self.context["request"]
        format = self.context.get("format")
        # The field's own format wins over the one the client chose.
        if format and self.format and self.format != format:
            format = self.format
        try:
            url = self.get_url(value, self.view_name, request, format)
        except NoReverseMatch as error:
            raise ImproperlyConfigured(_no_url(self.view_name, value)) from error
        return None if url is None else Hyperlink(url, value)


def _no_url(view_name: str, value: Any) -> str:
    text = (
        f'Could not resolve URL for hyperlinked relationship using view name "{view_name}". You '
        "may have failed to include the related model in your API, or incorrectly configured the "
        "`lookup_field` attribute on this field."
    )
    if value is None or value == "":
        shown = "None" if value is None else "the empty string"
        text += (
            f" WARNING: The value of the field on the model instance was {shown}, which may be "
            "why it didn't match any entries in your URL conf."
        )
    return text


class HyperlinkedIdentityField(HyperlinkedRelatedField):
    """The URL of the object itself; read only.

    Args:
        view_name: The view, as for `reverse()`.
        **kwargs: Options of `HyperlinkedRelatedField`.
    """

    def __init__(self, view_name: str | None = None, **kwargs: Any) -> None:
        if view_name is None:
            raise AssertionError("The `view_name` argument is required.")
        kwargs["read_only"] = True
        kwargs["source"] = "*"
        super().__init__(view_name, **kwargs)

    def use_pk_only_optimization(self) -> bool:
        """The object is at hand."""
        return False
