"""Choosing the parser of a body and the renderer of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.http.exceptions import Http404
from fastjango.rest.exceptions import NotAcceptable
from fastjango.rest.mediatypes import MediaType, media_type_matches, order_by_precedence
from fastjango.rest.settings import APISettings, api_settings

__all__ = ["BaseContentNegotiation", "DefaultContentNegotiation"]


class BaseContentNegotiation:
    """What a negotiation class has to offer."""

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:
        """Return the parser for a request's body, or `None`."""
        raise NotImplementedError(f"{type(self).__name__} must define select_parser().")

    def select_renderer(
        self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the renderer for an answer and the media type that was accepted."""
        raise NotImplementedError(f"{type(self).__name__} must define select_renderer().")


class DefaultContentNegotiation(BaseContentNegotiation):
    """By the `Content-Type` and `Accept` headers, `?format=` and suffixes such as `.json`.

    Attributes:
        max_accept_header_length: Characters of `Accept` that are looked at.
        max_accept_tokens: Ranges of `Accept` that are looked at.
        max_media_type_length: Characters one media type may have.
    """

    settings: APISettings = api_settings
    max_accept_header_length = 8192
    max_accept_tokens = 64
    max_media_type_length = 256

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:
        """Return the first parser that reads the body's type, or `None`."""
        content_type = request.content_type
        if content_type and len(content_type) > self.max_media_type_length:
            return None
        for parser in parsers:
            if parser.media_type == content_type or media_type_matches(
                parser.media_type, content_type
            ):
                return parser
        return None

    def select_renderer(
        self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the renderer the client likes best, and the media type it asked for.

        Raises:
            Http404: The format in the address is not offered.
            NotAcceptable: No renderer makes what is accepted.
        """
        parameter = self.settings.URL_FORMAT_OVERRIDE
        wanted = format_suffix or (request.query_params.get(parameter) if parameter else None)
        if wanted:
            renderers = self.filter_renderers(renderers, wanted)
        accepts = self.get_accept_list(request)
        if accepts == ["*/*"] and renderers:
            return renderers[0], renderers[0].media_type
        offered = [(renderer, MediaType(renderer.media_type)) for renderer in renderers]
        for group in order_by_precedence(accepts):
            for renderer, media_type in offered:
                for accepted in group:
                    if media_type.match(accepted):
                        return renderer, _accepted(renderer, media_type, accepted)
        raise NotAcceptable(available_renderers=renderers)

    def filter_renderers(self, renderers: Sequence[Any], format: str) -> list[Any]:
        """Return the renderers of a format.

        Raises:
            Http404: There is none.
        """
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise Http404
        return found

    def get_accept_list(self, request: Any) -> list[str]:
        """Return the ranges of the `Accept` header, within the limits above."""
        header: str = request.headers.get("Accept", "*/*")
        if len(header) > self.max_accept_header_length:
            # Cut at a comma: what is left of a longer range could pass for another one.
            header = header[: header.rfind(",", 0, self.max_accept_header_length) + 1]
        texts = (text.strip() for text in header.split(","))
        usable = [text for text in texts if 0 < len(text) <= self.max_media_type_length]
        return usable[: self.max_accept_tokens]


def _accepted(renderer: Any, offered: MediaType, accepted: MediaType) -> str:
    if offered.precedence <= accepted.precedence:
        return accepted.orig
    params = "".join(f";{key}={value}" for key, value in accepted.params.items())
    return f"{renderer.media_type}{params}"
