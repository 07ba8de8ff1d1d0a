"""The markup of the built-in templates of forms and errors; see `_builders`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ._builders import WIDGETS, Builder, attributes, show

__all__ = ["BUILDERS"]

_LIST_TEMPLATE = "django/forms/errors/list/default.html"


def _errors_of(errors: Any) -> str:
    """Return the markup of a list of errors; that of an empty one is known."""
    if not errors and getattr(errors, "template_name", None) == _LIST_TEMPLATE:
        return ""
    return show(errors)


def _row_class(field: Any) -> str:
    classes = field.css_classes()
    return f' class="{show(classes)}"' if classes else ""


def _help(field: Any, tag: str) -> str:
    if not field.help_text:
        return ""
    id_ = f' id="{show(field.auto_id)}_helptext"' if field.auto_id else ""
    # The help text of a field is markup, as in Django.
    return f'<{tag} class="helptext"{id_}>{field.help_text}</{tag}>'


def _label_of(field: Any) -> str:
    return show(field.label_tag()) if field.label else ""


def _joined(parts: Iterable[Any]) -> str:
    return "".join([show(part) for part in parts])


def _label(renderer: Any, context: Any) -> str:
    label = show(context["label"])
    if not context["use_tag"]:
        return label
    tag = show(context["tag"])
    return f"<{tag}{attributes(context['attrs'] or {})}>{label}</{tag}>"


def _field(renderer: Any, context: Any) -> str:
    field = context["field"]
    if field.use_fieldset:
        described = field.aria_describedby
        aria = f' aria-describedby="{show(described)}"' if described else ""
        legend = show(field.legend_tag()) if field.label else ""
        head, tail = f"<fieldset{aria}>\n{legend}", "\n</fieldset>"
    else:
        head, tail = _label_of(field), ""
    return f"{head}\n{_help(field, 'div')}\n{_errors_of(field.errors)}\n{show(field)}{tail}"


Row = Callable[[Any, Any, str], str]
"""Gives the row of a field: the bound field, its errors, and markup to end with."""


def _div_row(field: Any, errors: Any, hidden: str) -> str:
    return f"<div{_row_class(field)}>\n{show(field.as_field_group())}\n{hidden}</div>"


def _p_row(field: Any, errors: Any, hidden: str) -> str:
    return (
        f"{_errors_of(errors)}\n<p{_row_class(field)}>\n{_label_of(field)}\n{show(field)}\n"
        f"{_help(field, 'span')}\n{hidden}</p>"
    )


def _ul_row(field: Any, errors: Any, hidden: str) -> str:
    return (
        f"<li{_row_class(field)}>\n{_errors_of(errors)}\n{_label_of(field)}\n{show(field)}\n"
        f"{_help(field, 'span')}\n{hidden}</li>"
    )


def _table_row(field: Any, errors: Any, hidden: str) -> str:
    text = _help(field, "span")
    help_text = f"<br>{text}" if text else ""
    return (
        f"<tr{_row_class(field)}>\n<th>{_label_of(field)}</th>\n<td>\n{_errors_of(errors)}\n"
        f"{show(field)}\n{help_text}\n{hidden}</td>\n</tr>"
    )


Top = Callable[[Any, str | None], list[str]]
"""Gives what stands before the rows: the errors, with the hidden fields if there are no rows."""


def _rows(row: Row, context: Any, top: Top) -> str:
    """Return the rows of a form; the hidden fields stand in the last one."""
    fields, errors = context["fields"], context["errors"]
    hidden = _joined(context["hidden_fields"])
    lines = top(errors, None if fields else hidden) if errors else []
    last = len(fields) - 1
    for index, (field, field_errors) in enumerate(fields):
        lines.append(row(field, field_errors, hidden if index == last else ""))
    if not fields and not errors:
        lines.append(hidden)
    return "\n".join(lines)


def _wrapped(tag: str) -> Top:
    """The errors, then the hidden fields in an element of their own."""

    def top(errors: Any, hidden: str | None) -> list[str]:
        shown = [show(errors)]
        return shown if hidden is None else [*shown, f"<{tag}>{hidden}</{tag}>"]

    return top


def _ul_top(errors: Any, hidden: str | None) -> list[str]:
    return [f"<li>\n{show(errors)}\n{hidden or ''}</li>"]


def _table_top(errors: Any, hidden: str | None) -> list[str]:
    return [f'<tr>\n<td colspan="2">\n{show(errors)}\n{hidden or ""}</td>\n</tr>']


def _layout(row: Row, top: Top) -> Builder:
    return lambda renderer, context: _rows(row, context, top)


def _formset(method: str) -> Builder:
    def build(renderer: Any, context: Any) -> str:
        formset = context["formset"]
        forms = _joined(getattr(form, method)() for form in formset)
        return show(formset.management_form) + forms

    return build


def _error_list(renderer: Any, context: Any) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    field_id = getattr(errors, "field_id", None)
    id_ = f' id="{show(field_id)}_error"' if field_id else ""
    items = "".join([f"<li>{show(error)}</li>" for error in errors])
    return f'<ul class="{show(context["error_class"])}"{id_}>{items}</ul>'


def _error_dict(renderer: Any, context: Any) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    items = "".join([f"<li>{show(name)}{show(found)}</li>" for name, found in errors])
    return f'<ul class="{show(context["error_class"])}">{items}</ul>'


def _list_text(renderer: Any, context: Any) -> str:
    return "\n".join([f"* {show(error)}" for error in context["errors"]])


def _dict_text(renderer: Any, context: Any) -> str:
    lines: list[str] = []
    for name, found in context["errors"]:
        lines.append(f"* {show(name)}")
        lines += [f"  * {show(error)}" for error in found]
    return "\n".join(lines)


BUILDERS: dict[str, Builder] = {
    **WIDGETS,
    "django/forms/div.html": _layout(_div_row, _wrapped("div")),
    "django/forms/p.html": _layout(_p_row, _wrapped("p")),
    "django/forms/ul.html": _layout(_ul_row, _ul_top),
    "django/forms/table.html": _layout(_table_row, _table_top),
    "django/forms/field.html": _field,
    "django/forms/label.html": _label,
    "django/forms/errors/list/default.html": _error_list,
    "django/forms/errors/list/ul.html": _error_list,
    "django/forms/errors/list/text.txt": _list_text,
    "django/forms/errors/dict/default.html": _error_dict,
    "django/forms/errors/dict/ul.html": _error_dict,
    "django/forms/errors/dict/text.txt": _dict_text,
    **{
        f"django/forms/formsets/{layout}.html": _formset(f"as_{layout}")
        for layout in ("div", "p", "table", "ul")
    },
}
"""The functions by the name of the template they stand for."""
