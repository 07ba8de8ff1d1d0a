"""The envelopes of the document: `{"user": {...}}` in, `{"user": {...}}` out."""

from __future__ import annotations

from typing import Any

from fastjango.rest.exceptions import ValidationError


def unwrap(request: Any, name: str) -> dict[str, Any]:
    """Return what the envelope of a body holds.

    Raises:
        ValidationError: There is no envelope of that name, or it holds no object.
    """
    data = request.data
    content = data.get(name) if isinstance(data, dict) else None
    if content is None:
        raise ValidationError({name: ["can't be blank"]})
    if not isinstance(content, dict):
        raise ValidationError({name: ["is invalid"]})
    return content
