"""`api_settings`: what `REST_FRAMEWORK` says, over defaults, with dotted paths resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastjango.core import settings
from fastjango.core.imports import import_string
from fastjango.rest.exceptions import RestConfigurationError

__all__ = ["DEFAULTS", "DJANGO_DURATION_FORMAT", "IMPORT_STRINGS", "ISO_8601", "APISettings",
           "api_settings"]  # fmt: skip

ISO_8601 = "iso-8601"
DJANGO_DURATION_FORMAT = "django"

DEFAULTS: dict[str, Any] = {
    # policies of views
    "DEFAULT_RENDERER_CLASSES": [
        "fastjango.rest.renderers.JSONRenderer",
        "fastjango.rest.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "fastjango.rest.parsers.JSONParser",
        "fastjango.rest.parsers.FormParser",
        "fastjango.rest.parsers.MultiPartParser",
    ],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "fastjango.rest.authentication.SessionAuthentication",
        "fastjango.rest.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["fastjango.rest.permissions.AllowAny"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "fastjango.rest.negotiation.DefaultContentNegotiation",
    "DEFAULT_METADATA_CLASS": "fastjango.rest.metadata.SimpleMetadata",
    "DEFAULT_VERSIONING_CLASS": None,
    # generic views
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_FILTER_BACKENDS": [],
    # throttling
    "DEFAULT_THROTTLE_RATES": {"user": None, "anon": None},
    "NUM_PROXIES": None,
    # pagination
    "PAGE_SIZE": None,
    # filtering
    "SEARCH_PARAM": "search",
    "ORDERING_PARAM": "ordering",
    # versioning
    "DEFAULT_VERSION": None,
    "ALLOWED_VERSIONS": None,
    "VERSION_PARAM": "version",
    # authentication
    "UNAUTHENTICATED_USER": "fastjango.auth.models.AnonymousUser",
    "UNAUTHENTICATED_TOKEN": None,
    # names and descriptions of views
    "VIEW_NAME_FUNCTION": "fastjango.rest.views.get_view_name",
    "VIEW_DESCRIPTION_FUNCTION": "fastjango.rest.views.get_view_description",
    # errors
    "EXCEPTION_HANDLER": "fastjango.rest.views.exception_handler",
    "NON_FIELD_ERRORS_KEY": "non_field_errors",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    # tests
    "TEST_REQUEST_RENDERER_CLASSES": [
        "fastjango.rest.renderers.MultiPartRenderer",
        "fastjango.rest.renderers.JSONRenderer",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "multipart",
    # links
    "URL_FORMAT_OVERRIDE": "format",
    "FORMAT_SUFFIX_KWARG": "format",
    "URL_FIELD_NAME": "url",
    # formats of values
    "DATE_FORMAT": ISO_8601,
    "DATE_INPUT_FORMATS": [ISO_8601],
    "DATETIME_FORMAT": ISO_8601,
    "DATETIME_INPUT_FORMATS": [ISO_8601],
    "TIME_FORMAT": ISO_8601,
    "TIME_INPUT_FORMATS": [ISO_8601],
    "DURATION_FORMAT": DJANGO_DURATION_FORMAT,
    # JSON
    "UNICODE_JSON": True,
    "COMPACT_JSON": True,
    "STRICT_JSON": True,
    "COERCE_DECIMAL_TO_STRING": True,
    "COERCE_BIGINT_TO_STRING": False,
    "UPLOADED_FILES_USE_URL": True,
    # browsable API
    "HTML_SELECT_CUTOFF": 1000,
    "HTML_SELECT_CUTOFF_TEXT": "More than {count} items...",
    # OpenAPI
    "SCHEMA_COERCE_PATH_PK": True,
    "SCHEMA_COERCE_METHOD_NAMES": {"retrieve": "read", "destroy": "delete"},
    # ours: "forbid" refuses input with names that are no field of the serializer
    "EXTRA_FIELDS": "ignore",
    # ours: False refuses numbers where a text is due, as the OpenAPI document says
    "COERCE_NUMBER_INPUT_TO_STRING": True,
    # ours: None compares responses with their schema in tests and with DEBUG only
    "VALIDATE_RESPONSES": None,
}

IMPORT_STRINGS: list[str] = [
    "DEFAULT_RENDERER_CLASSES",
    "DEFAULT_PARSER_CLASSES",
    "DEFAULT_AUTHENTICATION_CLASSES",
    "DEFAULT_PERMISSION_CLASSES",
    "DEFAULT_THROTTLE_CLASSES",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS",
    "DEFAULT_METADATA_CLASS",
    "DEFAULT_VERSIONING_CLASS",
    "DEFAULT_PAGINATION_CLASS",
    "DEFAULT_FILTER_BACKENDS",
    "EXCEPTION_HANDLER",
    "TEST_REQUEST_RENDERER_CLASSES",
    "UNAUTHENTICATED_USER",
    "UNAUTHENTICATED_TOKEN",
    "VIEW_NAME_FUNCTION",
    "VIEW_DESCRIPTION_FUNCTION",
]


class APISettings:
    """Attribute access to the settings of APIs; dotted paths give what they name.

    Args:
        user_settings: Values over the defaults; `settings.REST_FRAMEWORK` if `None`.
        defaults: Every setting there is.
        import_strings: Names of the settings that hold dotted paths.
    """

    def __init__(
        self,
        user_settings: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
        import_strings: Sequence[str] | None = None,
    ) -> None:
        self._given = user_settings or None
        self.defaults: Any = defaults or DEFAULTS
        self.import_strings: frozenset[str] = frozenset(import_strings or IMPORT_STRINGS)
        self._known: dict[str, Any] = {}
        self._generation = 0

    @property
    def user_settings(self) -> Mapping[str, Any]:
        """The values that stand over the defaults."""
        if self._given is not None:
            return self._given
        return cast("Mapping[str, Any]", settings.REST_FRAMEWORK)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.defaults:
            raise AttributeError(f"Invalid API setting: {name!r}")
        if self._given is None and self._generation != settings.generation:
            # Settings were changed, by a test most likely.
            self.reload()
        try:
            return self._known[name]
        except KeyError:
            value = self._known[name] = self._read(name)
            return value

    def _read(self, name: str) -> Any:
        given = self.user_settings
        value = given[name] if name in given else self.defaults[name]
        if name not in self.import_strings:
            return value
        if isinstance(value, (list, tuple)):
            return [_imported(item, name) for item in cast("Sequence[Any]", value)]
        return _imported(value, name)

    def reload(self) -> None:
        """Forget what was read; the next access reads anew."""
        self._known = {}
        self._generation = settings.generation


def _imported(value: Any, name: str) -> Any:
    """Return what a dotted path names; anything else as it is.

    Raises:
        RestConfigurationError: Nothing can be imported from there.
    """
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise RestConfigurationError(
            f"REST_FRAMEWORK[{name!r}] names {value!r}, which cannot be imported: {error}. "
            "Give the dotted path of a class or function."
        ) from error


api_settings: APISettings = APISettings()
"""The settings of this process."""
