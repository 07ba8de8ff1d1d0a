"""`Response`: data that a renderer turns into content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import responses as reason_phrases
from typing import Any, Protocol

from fastjango.http.response import HttpResponse

__all__ = ["JSONSource", "Response"]


class JSONSource(Protocol):
    """Data that can be had as JSON without being built as Python values first."""

    def data(self) -> Any:
        """Return the data as values."""
        ...

    def to_json(self) -> bytes:
        """Return the data as compact JSON."""
        ...


class Response(HttpResponse):
    """An answer whose data is rendered as the client accepts it.

    Args:
        data: What a serializer returned, or other plain values.
        status: The status code.
        template_name: The template, for renderers that use one.
        headers: Headers.
        exception: Whether it reports an error.
        content_type: The content type; the renderer's by default.

    Raises:
        TypeError: The data is a serializer instead of its `.data`.
    """

    accepted_renderer: Any = None
    accepted_media_type: Any = None
    renderer_context: Any = None
    # Rendering JSON waits for nothing; the browsable API reads the database.
    renders_on_loop: bool = False

    def __init__(
        self,
        data: Any = None,
        status: int | None = None,
        template_name: str | None = None,
        headers: Mapping[str, Any] | None = None,
        exception: bool = False,
        content_type: str | None = None,
    ) -> None:
        super().__init__(b"", status=status)
        if hasattr(data, "is_valid") and hasattr(data, "to_representation"):
            raise TypeError(
                "You passed a Serializer instance as data, but probably meant to pass serialized "
                "`.data` or `.error`. representation."
            )
        self._source: JSONSource | None = None
        self._data = data
        self.template_name = template_name
        self.exception = exception
        self.content_type = content_type
        self._post_render_callbacks: list[Callable[[Any], Any]] = []
        self.is_rendered: bool = False
        for name, value in (headers or {}).items():
            self[name] = value

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    @classmethod
    def from_source(
        cls, source: JSONSource, status: int | None = None, headers: Mapping[str, Any] | None = None
    ) -> Response:
        """Return an answer that is written as JSON in one pass unless somebody reads its data.

        Args:
            source: The data.
            status: The status code.
            headers: Headers.
        """
        response = cls(None, status=status, headers=headers)
        response._source = source
        return response

    @property
    def data(self) -> Any:
        """The data; assigning replaces it."""
        if self._source is not None:
            self._data, self._source = self._source.data(), None
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._data, self._source = value, None

    @property
    def data_is_none(self) -> bool:
        """Whether there is no data; asking does not read any."""
        return self._source is None and self._data is None

    @property
    def written_json(self) -> bytes | None:
        """The data as JSON, if it was written as such at once; `None` otherwise."""
        return None if self._source is None else self._source.to_json()

    @property
    def status_text(self) -> str:
        """The usual phrase for the status."""
        return reason_phrases.get(self.status_code, "")

    @property
    def rendered_content(self) -> bytes:
        """What the renderer makes of the data; sets the content type."""
        renderer, context = self.accepted_renderer, self.renderer_context
        if renderer is None or context is None or self.accepted_media_type is None:
            raise AssertionError(
                ".accepted_renderer not set on Response. Responses are rendered by the APIView or "
                "@api_view function that returned them."
            )
        context["response"] = self
        content_type = self.content_type
        if content_type is None:
            content_type = renderer.media_type
            if renderer.charset is not None:
                content_type = f"{content_type}; charset={renderer.charset}"
        self["Content-Type"] = content_type
        if self._source is not None and renderer.writes_plain_json(self.accepted_media_type):
            return self._source.to_json()
        content = renderer.render(self.data, self.accepted_media_type, context)
        if isinstance(content, str):
            return content.encode(renderer.charset or "utf-8")
        if not content:
            del self["Content-Type"]
            return b""
        if isinstance(content, memoryview):
            return content.tobytes()
        if not isinstance(content, (bytes, bytearray)):
            raise TypeError(
                f"{type(renderer).__name__} returned {type(content).__name__} for a response; "
                "renderers return text or bytes."
            )
        return bytes(content)

    def add_post_render_callback(self, callback: Callable[[Any], Any]) -> None:
        """Call a function with the response once it is rendered; at once if it is already."""
        if self.is_rendered:
            callback(self)
        else:
            self._post_render_callbacks.append(callback)

    def render(self) -> Response:  # type: ignore[override]  # as Django's, not Starlette's
        """Render the content unless that has been done; return the response."""
        if self.is_rendered:
            return self
        self.content = self.rendered_content
        rendered: Response = self
        for callback in self._post_render_callbacks:
            rendered = callback(rendered) or rendered
        return rendered

    @property
    def content(self) -> bytes:
        """The rendered content.

        Raises:
            ContentNotRenderedError: It has not been rendered yet.
        """
        if not self.is_rendered and "_post_render_callbacks" in self.__dict__:
            from fastjango.templates.response import ContentNotRenderedError

            raise ContentNotRenderedError(
                "The response content must be rendered before it can be accessed."
            )
        return super().content

    @content.setter
    def content(self, value: Any) -> None:
        self._set_content(value)
        self.is_rendered = True

    def __getstate__(self) -> dict[str, Any]:
        if not self.is_rendered:
            self.render()
        state = dict(self.__dict__)
        state["_data"], state["_source"] = self.data, None
        for name in ("accepted_renderer", "renderer_context", "resolver_match", "client",
                     "request", "json", "_post_render_callbacks"):  # fmt: skip
            state.pop(name, None)
        state["_resource_closers"] = []
        state["_post_render_callbacks"] = []
        return state
