"""Messages of form views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.messages.api import success

__all__ = ["SuccessMessageMixin"]


class SuccessMessageMixin:
    """Adds a message when a form was valid; stands before the form view among the bases.

    Attributes:
        success_message: The text, with `%(field)s` for the cleaned data.
    """

    success_message: Any = ""
    request: Any

    def form_valid(self, form: Any) -> Any:
        """Answer as the view does, and add the message.

        Around a view whose `form_valid` is a coroutine function, so is this one.
        """
        parent: Any = super()
        response = parent.form_valid(form)
        if hasattr(response, "__await__"):
            return self._awaited(response, form)
        self._add(form)
        return response

    async def aform_valid(self, form: Any) -> Any:
        """Do what `form_valid()` does, for views that work asynchronously."""
        parent: Any = super()
        return await self._awaited(parent.aform_valid(form), form)

    async def _awaited(self, response: Any, form: Any) -> Any:
        found = await response
        self._add(form)
        return found

    def _add(self, form: Any) -> None:
        message = self.get_success_message(form.cleaned_data)
        if message:
            success(self.request, message)

    def get_success_message(self, cleaned_data: Mapping[str, Any]) -> str:
        """Return the text for a form's cleaned data; empty for no message."""
        return str(self.success_message % cleaned_data)
