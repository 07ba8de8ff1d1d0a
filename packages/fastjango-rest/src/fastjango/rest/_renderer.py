"""The base of renderers."""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = ["BaseRenderer"]


class BaseRenderer:
    """Turns data into content of one media type.

    Attributes:
        media_type: The type.
        format: The name of the format in `?format=` and suffixes.
        charset: The character set of texts; `None` for types that name none.
        render_style: Whether the content is text or binary, for the browsable API.
    """

    media_type: Any = None
    format: Any = None
    charset: Any = "utf-8"
    render_style: ClassVar[str] = "text"

    def writes_plain_json(self, accepted_media_type: str | None) -> bool:
        """Whether what it writes is compact JSON with nothing changed."""
        return False

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> Any:
        """Return the content for some data.

        Args:
            data: The data of the response.
            accepted_media_type: What the client asked for, with parameters.
            renderer_context: The view, its arguments, the request and the response.
        """
        raise NotImplementedError(f"{type(self).__name__} must define render().")
