"""Fields bound to a form: what templates work with."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext
from fastjango.core.twins import Step, afollow, follow
from fastjango.values.html import format_html, html_safe
from fastjango.values.safestring import SafeString

from .utils import RenderableFieldMixin, pretty_name
from .widgets import MultiWidget, Textarea, TextInput

__all__ = ["BoundField", "BoundWidget"]


class BoundField(RenderableFieldMixin):
    """A field of one form with its data; as text it is the field's widget.

    Args:
        form: The form.
        field: The field, as the form has it.
        name: The field's name in the form.
    """

    def __init__(self, form: Any, field: Any, name: str) -> None:
        self.form = form
        self.field = field
        self.name = name
        self.html_name = form.add_prefix(name)

    # What follows is worked out when it is asked for: checking a form needs none of it.

    @cached_property
    def html_initial_name(self) -> str:
        """The HTML name of the input that holds the initial value."""
        name: str = self.form.add_initial_prefix(self.name)
        return name

    @cached_property
    def html_initial_id(self) -> str:
        """The id of the input that holds the initial value."""
        id_: str = self.form.add_initial_prefix(self.auto_id)
        return id_

    @cached_property
    def label(self) -> Any:
        """The label, made of the name if the field has none."""
        return pretty_name(self.name) if self.field.label is None else self.field.label

    @cached_property
    def help_text(self) -> Any:
        """The help text, which is markup."""
        return self.field.help_text or ""

    @cached_property
    def renderer(self) -> Any:  # computed here
        """The form's renderer."""
        return self.form.renderer

    @cached_property
    def subwidgets(self) -> list[BoundWidget]:
        """The parts of the widget: one for most, one for each choice of radio buttons.

        Kept after the first use, so that choices are asked for once.
        """
        widget = self.field.widget
        id_ = widget.attrs.get("id") or self.auto_id
        attrs = self.build_widget_attrs({"id": id_} if id_ else {})
        return [
            BoundWidget(widget, part, self.form.renderer)
            for part in widget.subwidgets(self.html_name, self.value(), attrs=attrs)
        ]

    def __bool__(self) -> bool:
        return True  # also without subwidgets

    def __iter__(self) -> Iterator[BoundWidget]:
        return iter(self.subwidgets)

    def __len__(self) -> int:
        return len(self.subwidgets)

    def __getitem__(self, idx: Any) -> Any:
        # Templates try subscription before attributes; names must not make the subwidgets.
        if not isinstance(idx, (int, slice)):
            raise TypeError(
                f"BoundField indices must be integers or slices, not {type(idx).__name__}."
            )
        return self.subwidgets[idx]

    @property
    def errors(self) -> Any:
        """The field's errors, an empty list if there are none."""
        found = self.form.errors.get(self.name)
        if found is None:
            return self.form.error_class(renderer=self.form.renderer)
        return found

    @property
    def template_name(self) -> str:  # computed here
        """The template of the field group."""
        name: str = self.field.template_name or self.form.renderer.field_template_name
        return name

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the field group."""
        return {"field": self}

    def as_widget(
        self, widget: Any = None, attrs: Mapping[str, Any] | None = None, only_initial: bool = False
    ) -> SafeString:
        """Render the field's widget.

        Args:
            widget: Another widget to render instead.
            attrs: HTML attributes.
            only_initial: Render the input that holds the initial value.
        """
        form = self.form
        widget = widget or self.field.widget
        if self.field.localize:
            widget.is_localized = True
        attrs = self.build_widget_attrs(attrs or {}, widget)
        auto_id = self.auto_id
        if auto_id and "id" not in widget.attrs:
            attrs.setdefault("id", self.html_initial_id if only_initial else auto_id)
        if only_initial and self.html_initial_name in form.data:
            # What was initial when the form was first shown stays so.
            value = form._widget_data_value(self.field.hidden_widget(), self.html_initial_name)
        else:
            value = self.value()
        markup: SafeString = widget.render(
            name=self.html_initial_name if only_initial else self.html_name,
            value=value,
            attrs=attrs,
            renderer=form.renderer,
        )
        return markup

    def as_text(self, attrs: Mapping[str, Any] | None = None, **kwargs: Any) -> SafeString:
        """Render the field as `<input type="text">`."""
        return self.as_widget(TextInput(), attrs, **kwargs)

    def as_textarea(self, attrs: Mapping[str, Any] | None = None, **kwargs: Any) -> SafeString:
        """Render the field as `<textarea>`."""
        return self.as_widget(Textarea(), attrs, **kwargs)

    def as_hidden(self, attrs: Mapping[str, Any] | None = None, **kwargs: Any) -> SafeString:
        """Render the field as `<input type="hidden">`."""
        return self.as_widget(self.field.hidden_widget(), attrs, **kwargs)

    @property
    def data(self) -> Any:
        """What was submitted for the field, `None` for nothing."""
        return self.form._widget_data_value(self.field.widget, self.html_name)

    def value(self) -> Any:
        """Return what the field shows: the submitted data of a bound form, else the initial."""
        data = self.initial
        if self.form.is_bound:
            data = self.field.bound_data(self.data, data)
        return self.field.prepare_value(data)

    def _has_changed(self) -> bool:
        return follow(self._changed_plan())

    async def _ahas_changed(self) -> bool:
        return await afollow(self._changed_plan())

    def _changed_plan(self) -> Generator[Step, Any, bool]:
        field: Any = self.field
        initial = self.initial
        if field.show_hidden_initial:
            submitted = self.form._widget_data_value(field.hidden_widget(), self.html_initial_name)
            try:
                initial = yield Step(
                    lambda: field.to_python(submitted), lambda: field._aread(submitted)
                )
            except ValidationError:
                return True
        changed: bool = field.has_changed(initial, self.data)
        return changed

    def label_tag(
        self,
        contents: Any = None,
        attrs: Mapping[str, Any] | None = None,
        label_suffix: Any = None,
        tag: str | None = None,
    ) -> SafeString:
        """Render the label, as an element if the field has an id.

        Args:
            contents: The text, by default the field's label; escaped unless marked as safe.
            attrs: HTML attributes.
            label_suffix: What follows the text, instead of the field's or the form's suffix; left
                out after a punctuation mark.
            tag: The name of the element, `"label"` by default.
        """
        contents = contents or self.label
        form, widget = self.form, self.field.widget
        if label_suffix is None:
            label_suffix = self.field.label_suffix
            if label_suffix is None:
                label_suffix = form.label_suffix
        # Translators: after these punctuation marks a label gets no suffix.
        if label_suffix and contents and contents[-1] not in gettext(":?.!"):
            contents = format_html("{}{}", contents, label_suffix)
        id_ = widget.attrs.get("id") or self.auto_id
        if id_:
            attrs = self._label_attrs(dict(attrs or {}), widget.id_for_label(id_), tag)
        context = {
            "field": self,
            "label": contents,
            "attrs": attrs,
            "use_tag": bool(id_),
            "tag": tag or "label",
        }
        markup: SafeString = form.render(form.template_name_label, context)
        return markup

    def _label_attrs(self, attrs: dict[str, Any], id_: str, tag: str | None) -> dict[str, Any]:
        if id_ and tag != "legend":
            attrs["for"] = id_
        if self.field.required and hasattr(self.form, "required_css_class"):
            given = f"{attrs['class']} " if "class" in attrs else ""
            attrs["class"] = given + self.form.required_css_class
        return attrs

    def legend_tag(
        self,
        contents: Any = None,
        attrs: Mapping[str, Any] | None = None,
        label_suffix: Any = None,
    ) -> SafeString:
        """Render the label as `<legend>`, if the field has an id; see `label_tag`."""
        return self.label_tag(contents, attrs, label_suffix, tag="legend")

    def css_classes(self, extra_classes: Any = None) -> str:
        """Return the CSS classes of the field's row, separated by spaces.

        Args:
            extra_classes: Further classes, as a text or a list.
        """
        form = self.form
        given = extra_classes.split() if hasattr(extra_classes, "split") else extra_classes
        classes: list[str] = list(given or ())
        if hasattr(form, "error_css_class") and self.errors:
            classes.append(form.error_css_class)
        if hasattr(form, "required_css_class") and self.field.required:
            classes.append(form.required_css_class)
        return " ".join(dict.fromkeys(classes))  # the same markup each time

    @property
    def is_hidden(self) -> bool:
        """Whether the user does not see the field."""
        hidden: bool = self.field.widget.is_hidden
        return hidden

    @property
    def auto_id(self) -> str:
        """The field's id made from the form's `auto_id`, empty for none."""
        auto_id = self.form.auto_id
        if not auto_id:
            return ""
        if "%s" in str(auto_id):
            made: str = auto_id % self.html_name
            return made
        name: str = self.html_name
        return name

    @property
    def id_for_label(self) -> str:
        """The id of the element that a label refers to, empty for none."""
        widget = self.field.widget
        found: str = widget.id_for_label(widget.attrs.get("id") or self.auto_id)
        return found

    @cached_property
    def initial(self) -> Any:
        """The initial value; worked out once."""
        return self.form.get_initial_for_field(self.field, self.name)

    def build_widget_attrs(self, attrs: Mapping[str, Any], widget: Any = None) -> dict[str, Any]:
        """Add the attributes that follow from the field and its errors.

        Args:
            attrs: Attributes that are given; an `aria-describedby` among them is kept.
            widget: The widget, the field's own one by default.
        """
        field: Any = self.field
        widget = widget or field.widget
        built = dict(attrs)
        if (
            field.required
            and self.form.use_required_attribute
            and widget.use_required_attribute(self.initial)
        ):
            parts_decide = not getattr(field, "require_all_fields", True)
            if parts_decide and isinstance(field.widget, MultiWidget):
                for part, subwidget in zip(field.fields, widget.widgets, strict=False):
                    subwidget.attrs["required"] = (
                        subwidget.use_required_attribute(self.initial) and part.required
                    )
            else:
                built["required"] = True
        if field.disabled:
            built["disabled"] = True
        if not widget.is_hidden and self.errors:
            built["aria-invalid"] = "true"
        if not built.get("aria-describedby") and not self.use_fieldset:
            described_by = self.aria_describedby
            if described_by:
                built["aria-describedby"] = described_by
        return built

    @property
    def aria_describedby(self) -> str | None:
        """The ids of the help text and the errors; `None` if the widget names its own."""
        if self.field.widget.attrs.get("aria-describedby"):
            return None
        auto_id = self.auto_id
        if not auto_id or self.is_hidden:
            return ""
        ids: list[str] = []
        if self.help_text:
            ids.append(f"{auto_id}_helptext")
        if self.errors:
            ids.append(f"{auto_id}_error")
        return " ".join(ids)

    @property
    def widget_type(self) -> str:
        """The name of the widget's class in lower case, without `widget` or `input` at its end."""
        return re.sub(r"widget$|input$", "", self.field.widget.__class__.__name__.lower())

    @property
    def use_fieldset(self) -> bool:
        """Whether the widget's parts belong into a `<fieldset>`."""
        grouped: bool = self.field.widget.use_fieldset
        return grouped


@html_safe
class BoundWidget:
    """A part of a bound field's widget, such as one radio button.

    Args:
        parent_widget: The widget.
        data: The template variables of the part.
        renderer: What renders it.
    """

    def __init__(self, parent_widget: Any, data: dict[str, Any], renderer: Any) -> None:
        self.parent_widget = parent_widget
        self.data = data
        self.renderer = renderer

    def __str__(self) -> str:
        return self.tag(wrap_label=True)

    def tag(self, wrap_label: bool = False) -> SafeString:
        """Render the part.

        Args:
            wrap_label: Put it into its label.
        """
        context = {"widget": {**self.data, "wrap_label": wrap_label}}
        markup: SafeString = self.parent_widget._render(self.template_name, context, self.renderer)
        return markup

    @property
    def template_name(self) -> str:
        """The template of the part."""
        name: str = self.data.get("template_name", self.parent_widget.template_name)
        return name

    @property
    def id_for_label(self) -> str | None:
        """The id of the part's element."""
        id_: str | None = self.data["attrs"].get("id")
        return id_

    @property
    def choice_label(self) -> Any:
        """The label of the choice."""
        return self.data["label"]
