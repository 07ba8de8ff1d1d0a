"""The markup of the built-in widget templates, put together by functions.

A function stands for each template below `templates/django/forms/` and gives the same markup; a
test compares the two. Rendering by templates costs several times as much, because a form of
twenty fields takes a hundred of them. `renderers` decides when the functions may be used: never
while a project overrides one of the templates.

Each function takes the renderer, which renders the parts that have a template of their own, and
the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from fastjango.values.encoding import without_surrogates

__all__ = ["WIDGETS", "Builder", "attributes", "show"]

Builder = Callable[[Any, Any], str]


def show(value: Any) -> str:
    """Return a value as a template shows it: escaped unless it is safe."""
    if hasattr(value, "__html__"):
        markup: str = value.__html__()
        return markup
    text = escape(str(value))
    return text if text.isascii() else without_surrogates(text)


@lru_cache(maxsize=1024)  # names of attributes, which programs write
def _name(name: str) -> str:
    return " " + show(name)


def attributes(attrs: Mapping[str, Any]) -> str:
    """Return attributes as the text of a tag; `True` gives the bare name, `False` leaves it out."""
    parts: list[str] = []
    for name, value in attrs.items():
        if value is True:
            parts.append(_name(name))
        elif value is not False:
            parts.append(f'{_name(name)}="{show(value)}"')
    return "".join(parts)


def _input_of(widget: Mapping[str, Any], with_value: bool = True) -> str:
    value = widget.get("value", "") if with_value else None
    shown = "" if value is None else f' value="{show(value)}"'
    return (
        f'<input type="{show(widget.get("type", ""))}" name="{show(widget.get("name", ""))}"'
        f"{shown}{attributes(widget.get('attrs') or {})}>"
    )


def _input(renderer: Any, context: Any) -> str:
    return _input_of(context["widget"])


def _textarea(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    value = widget.get("value")
    text = show(value) if value else ""
    name = show(widget.get("name", ""))
    return f'<textarea name="{name}"{attributes(widget.get("attrs") or {})}>\n{text}</textarea>'


def _part(renderer: Any, context: Any, widget: Mapping[str, Any]) -> str:
    """Return the markup of a part of a widget, by its own template."""
    markup: str = renderer.render(widget.get("template_name"), {**context, "widget": widget})
    return markup


def _multiwidget(renderer: Any, context: Any) -> str:
    parts = context["widget"].get("subwidgets") or ()
    return "".join([_part(renderer, context, part) for part in parts])


def _select_option(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    return (
        f'<option value="{show(widget.get("value", ""))}"'
        f"{attributes(widget.get('attrs') or {})}>{show(widget.get('label', ''))}</option>"
    )


def _options(renderer: Any, context: Any, options: Iterable[Any]) -> Iterable[str]:
    for option in options:
        # The commonest part by far: its function is called without a way round.
        if option.get("template_name") == "django/forms/widgets/select_option.html":
            yield _select_option(renderer, {"widget": option})
        else:
            yield _part(renderer, context, option)


def _select(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    lines = [
        f'<select name="{show(widget.get("name", ""))}"{attributes(widget.get("attrs") or {})}>'
    ]
    for group, options, _index in widget.get("optgroups") or ():
        if group:
            lines.append(f'  <optgroup label="{show(group)}">')
        lines += [f"  {markup}" for markup in _options(renderer, context, options)]
        if group:
            lines.append("  </optgroup>")
    lines.append("</select>")
    return "\n".join(lines)


def _multiple_input(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    attrs: Mapping[str, Any] = widget.get("attrs") or {}
    own = "".join(f' {name}="{show(attrs[name])}"' for name in ("id", "class") if attrs.get(name))
    lines = [f"<div{own}>"]
    for group, options, _index in widget.get("optgroups") or ():
        if group:
            lines.append(f"  <div><label>{show(group)}</label>")
        lines += [f"  <div>{_part(renderer, context, option)}</div>" for option in options]
        if group:
            lines.append("  </div>")
    lines.append("</div>")
    return "\n".join(lines)


def _input_option(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    markup = _input_of(widget)
    if not widget.get("wrap_label"):
        return markup
    attrs: Mapping[str, Any] = widget.get("attrs") or {}
    id_ = attrs.get("id")
    for_ = f' for="{show(id_)}"' if id_ else ""
    return f"<label{for_}>{markup} {show(widget.get('label', ''))}</label>"


def _clearable_file_input(renderer: Any, context: Any) -> str:
    widget = context["widget"]
    markup = _input_of(widget, with_value=False)
    if not widget.get("is_initial"):
        return markup
    value = widget["value"]
    parts = [
        f'{show(widget.get("initial_text", ""))}: <a href="{show(value.url)}">{show(value)}</a>'
    ]
    if not widget.get("required"):
        attrs: Mapping[str, Any] = widget.get("attrs") or {}
        flags = "".join(f" {name}" for name in ("disabled", "checked") if attrs.get(name))
        id_ = show(widget.get("checkbox_id", ""))
        name = show(widget.get("checkbox_name", ""))
        label = show(widget.get("clear_checkbox_label", ""))
        parts.append(f'\n<input type="checkbox" name="{name}" id="{id_}"{flags}>')
        parts.append(f'\n<label for="{id_}">{label}</label>')
    parts.append(f"<br>\n{show(widget.get('input_text', ''))}:\n{markup}")
    return "".join(parts)


_NAMED: dict[Builder, tuple[str, ...]] = {
    _input: (
        "checkbox", "color", "date", "datetime", "email", "file", "hidden", "input", "number",
        "password", "search", "tel", "text", "time", "url",
    ),
    _multiwidget: (
        "multiple_hidden", "multiwidget", "select_date", "splitdatetime", "splithiddendatetime",
    ),
    _multiple_input: ("checkbox_select", "multiple_input", "radio"),
    _input_option: ("checkbox_option", "input_option", "radio_option"),
    _textarea: ("textarea",),
    _select: ("select",),
    _select_option: ("select_option",),
    _clearable_file_input: ("clearable_file_input",),
}  # fmt: skip

WIDGETS: dict[str, Builder] = {
    f"django/forms/widgets/{name}.html": builder
    for builder, names in _NAMED.items()
    for name in names
}
"""The functions by the name of the template they stand for."""
