"""Views that create, change and delete objects."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.forms.forms import Form
from fastjango.forms.views.form import FormMixin, ProcessFormView
from fastjango.http import HttpResponseRedirect
from fastjango.http.views.generic.detail import (
    BaseDetailView,
    SingleObjectMixin,
    SingleObjectTemplateResponseMixin,
)

__all__ = [
    "BaseCreateView",
    "BaseDeleteView",
    "BaseUpdateView",
    "CreateView",
    "DeleteView",
    "DeletionMixin",
    "ModelFormMixin",
    "UpdateView",
]


class ModelFormMixin(FormMixin, SingleObjectMixin):
    """Makes the form of a model, and saves it when it is valid.

    Attributes:
        fields: Names of the fields of the form, unless there is a `form_class`.
    """

    fields: Any = None

    def get_form_class(self) -> Any:
        """Return the class of the form: `form_class`, or one made of the model and `fields`.

        Raises:
            ImproperlyConfigured: Both are given, or neither.
        """
        if self.fields is not None and self.form_class:
            raise ImproperlyConfigured(
                "Specifying both 'fields' and 'form_class' is not permitted."
            )
        if self.form_class:
            return self.form_class
        model = self._get_model()
        if self.fields is None:
            raise ImproperlyConfigured(
                f"Using ModelFormMixin (base class of {self.__class__.__name__}) without the "
                "'fields' attribute is prohibited."
            )
        from fastjango.forms.models import modelform_factory

        return modelform_factory(model, fields=self.fields)

    def _get_model(self) -> Any:
        if self.model is not None:
            return self.model
        if getattr(self, "object", None) is not None:
            return self.object.__class__
        return self.get_queryset().model

    def _give_instance(self, form: Any) -> None:
        """Give a form without an instance, as one of WTForms, a new one; ours make their own."""
        if getattr(form, "instance", form) is None:
            form.instance = self._get_model()()

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments that the form is made with, the instance among them."""
        kwargs = super().get_form_kwargs()
        if hasattr(self, "object"):
            kwargs["instance"] = self.object
        return kwargs

    def get_success_url(self) -> str:
        """Return where a valid form leads: `success_url` filled in, or the object's own URL.

        Raises:
            ImproperlyConfigured: There is neither.
        """
        if self.success_url:
            return str(self.success_url).format(**vars(self.object))
        if not hasattr(self.object, "get_absolute_url"):
            raise ImproperlyConfigured(
                "No URL to redirect to. Either provide a url or define a get_absolute_url method "
                "on the Model."
            )
        url: str = self.object.get_absolute_url()
        return url

    def form_valid(self, form: Any) -> Any:
        """Save the object, and redirect."""
        self._give_instance(form)
        self.object = form.save()
        return super().form_valid(form)

    async def aform_valid(self, form: Any) -> Any:
        """Do what `form_valid()` does, with `asave()`."""
        self._give_instance(form)
        self.object = await form.asave()
        return await super().aform_valid(form)


class BaseCreateView(ModelFormMixin, ProcessFormView):
    """Creates an object; a mixin says how the context becomes a response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with a fresh form."""
        self.object = None
        return super().get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Create the object, or show what is wrong."""
        self.object = None
        return super().post(request, *args, **kwargs)


class CreateView(SingleObjectTemplateResponseMixin, BaseCreateView):
    """Renders a template with a form that creates an object."""

    template_name_suffix = "_form"


class BaseUpdateView(ModelFormMixin, ProcessFormView):
    """Changes an object; a mixin says how the context becomes a response."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with a form of the object."""
        if self.view_is_async:
            return self.aget(request, *args, **kwargs)
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does, with `aget_object()`."""
        self.object = await self.aget_object()
        return await super().aget(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Change the object, or show what is wrong."""
        if self.view_is_async:
            return self.apost(request, *args, **kwargs)
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)

    async def apost(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `post()` does, with `aget_object()`."""
        self.object = await self.aget_object()
        return await super().apost(request, *args, **kwargs)


class UpdateView(SingleObjectTemplateResponseMixin, BaseUpdateView):
    """Renders a template with a form that changes an object."""

    template_name_suffix = "_form"


class DeletionMixin:
    """Deletes the object that the view has found.

    Attributes:
        success_url: Where deletion leads.
    """

    success_url: Any = None
    object: Any
    view_is_async: Any

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Delete the object, and redirect."""
        if self.view_is_async:
            return self.adelete(request, *args, **kwargs)
        return follow(self._delete_plan())

    async def adelete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `delete()` does."""
        return await afollow(self._delete_plan())

    def _delete_plan(self) -> Generator[Step, Any, Any]:
        self.object = yield twin(self, "get_object")
        # Of the object as it was: afterwards it has no key.
        url = self.get_success_url()
        yield twin(self.object, "delete")
        return HttpResponseRedirect(url)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `delete()` does, which browsers do not send."""
        return self.delete(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Return where deletion leads: `success_url` filled in.

        Raises:
            ImproperlyConfigured: There is none.
        """
        if not self.success_url:
            raise ImproperlyConfigured("No URL to redirect to. Provide a success_url.")
        return str(self.success_url).format(**vars(self.object))


class BaseDeleteView(DeletionMixin, FormMixin, BaseDetailView):
    """Deletes an object after a form has confirmed it.

    A mixin says how the context becomes a response.
    """

    form_class = Form

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Delete the object if the form is valid, else show what is wrong."""
        if self.view_is_async:
            return self.apost(request, *args, **kwargs)
        return follow(self._post_plan())

    async def apost(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `post()` does, with the asynchronous twins of the hooks."""
        return await afollow(self._post_plan())

    def _post_plan(self) -> Generator[Step, Any, Any]:
        self.object = yield twin(self, "get_object")
        form = yield twin(self, "get_form")
        is_valid = yield twin(form, "is_valid")
        return (yield twin(self, "form_valid" if is_valid else "form_invalid", form))

    def form_valid(self, form: Any) -> Any:
        """Delete the object, and redirect."""
        return follow(self._valid_plan())

    async def aform_valid(self, form: Any) -> Any:
        """Do what `form_valid()` does."""
        return await afollow(self._valid_plan())

    def _valid_plan(self) -> Generator[Step, Any, Any]:
        url = self.get_success_url()
        yield twin(self.object, "delete")
        return HttpResponseRedirect(url)


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView):
    """Renders a template that asks for confirmation, and deletes an object."""

    template_name_suffix = "_confirm_delete"
