"""Views that show a form and process it."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.twins import Step, afollow, calls_twin, follow, twin
from fastjango.http import HttpResponseRedirect
from fastjango.http.views.generic.base import ContextMixin, TemplateResponseMixin, View

__all__ = ["BaseFormView", "FormMixin", "FormView", "ProcessFormView"]


def _usable(form_class: Any) -> Any:
    """Return a class that has the interface of forms: one of WTForms gets it by `adapt()`."""
    wtforms: Any = sys.modules.get("wtforms")  # where a class of it is, it has been imported
    if wtforms is None or not isinstance(form_class, type):
        return form_class
    if not issubclass(form_class, wtforms.Form):
        return form_class
    from fastjango.forms.wtforms import adapt

    return adapt(form_class)


class FormMixin(ContextMixin):
    """Makes a form, and says what follows when it is valid and when not.

    Attributes:
        initial: Initial values of the form.
        form_class: The class of the form; a form of WTForms or starlette-wtf is adapted.
        success_url: Where a valid form leads.
        prefix: What the names of the form's fields begin with.
    """

    initial: dict[str, Any] = {}
    form_class: Any = None
    success_url: Any = None
    prefix: str | None = None
    request: Any

    def get_initial(self) -> dict[str, Any]:
        """Return initial values of the form."""
        return self.initial.copy()

    def get_prefix(self) -> str | None:
        """Return what the names of the form's fields begin with."""
        return self.prefix

    def get_form_class(self) -> Any:
        """Return the class of the form."""
        return self.form_class

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form of this request, bound if it submits one.

        Args:
            form_class: The class; `get_form_class()` if `None`.
        """
        form_class = _usable(self.get_form_class() if form_class is None else form_class)
        return form_class(**self.get_form_kwargs())

    async def aget_form(self, form_class: Any = None) -> Any:
        """Do what `get_form()` does; a form that has `amake()` is made by it."""
        form_class = _usable(self.get_form_class() if form_class is None else form_class)
        make = getattr(form_class, "amake", None)
        kwargs = await self.aget_form_kwargs()
        return form_class(**kwargs) if make is None else await make(**kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments that the form is made with."""
        kwargs: dict[str, Any] = {"initial": self.get_initial(), "prefix": self.get_prefix()}
        if self.request.method in ("POST", "PUT"):
            kwargs.update(data=self.request.POST, files=self.request.FILES)
        return kwargs

    @calls_twin
    async def aget_form_kwargs(self) -> dict[str, Any]:
        """Return what `get_form_kwargs()` returns; override it to await something for it."""
        return self.get_form_kwargs()

    def get_success_url(self) -> str:
        """Return where a valid form leads.

        Raises:
            ImproperlyConfigured: There is no `success_url`.
        """
        if not self.success_url:
            raise ImproperlyConfigured("No URL to redirect to. Provide a success_url.")
        return str(self.success_url)

    def form_valid(self, form: Any) -> Any:
        """Answer a valid form: redirect."""
        return HttpResponseRedirect(self.get_success_url())

    async def aform_valid(self, form: Any) -> Any:
        """Do what `form_valid()` does."""
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> Any:
        """Answer an invalid form: show it with its errors."""
        view: Any = self
        return view.render_to_response(self.get_context_data(form=form))

    async def aform_invalid(self, form: Any) -> Any:
        """Do what `form_invalid()` does."""
        view: Any = self
        return view.render_to_response(await self.aget_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the context, with the form as `form`."""
        if "form" not in kwargs:
            kwargs["form"] = self.get_form()
        return super().get_context_data(**kwargs)

    @calls_twin
    async def aget_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Make the form and fetch its choices, then return what `get_context_data()` does."""
        if "form" not in kwargs:
            kwargs["form"] = await self.aget_form()
        load = getattr(kwargs["form"], "aload_choices", None)
        if load is not None:
            await load()
        return await super().aget_context_data(**kwargs)


class ProcessFormView(View):
    """Shows a form when it is got, and processes it when it is posted."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with a fresh form."""
        if self.view_is_async:
            return self.aget(request, *args, **kwargs)
        return follow(self._get_plan())

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does."""
        return await afollow(self._get_plan())

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Validate the form, and answer by `form_valid()` or `form_invalid()`."""
        if self.view_is_async:
            return self.apost(request, *args, **kwargs)
        return follow(self._post_plan())

    async def apost(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `post()` does, with `ais_valid()` and the asynchronous twins of the hooks."""
        return await afollow(self._post_plan())

    def put(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `post()` does; browsers do not send it."""
        return self.post(*args, **kwargs)

    def _get_plan(self) -> Generator[Step, Any, Any]:
        context = yield twin(self, "get_context_data")
        view: Any = self
        return view.render_to_response(context)

    def _post_plan(self) -> Generator[Step, Any, Any]:
        form = yield twin(self, "get_form")
        is_valid = yield twin(form, "is_valid")
        return (yield twin(self, "form_valid" if is_valid else "form_invalid", form))


class BaseFormView(FormMixin, ProcessFormView):
    """Shows and processes a form; a mixin says how the context becomes a response."""


class FormView(TemplateResponseMixin, BaseFormView):
    """Renders a template with a form, and processes it."""
