"""What the change of a field means for a database."""

from __future__ import annotations

from typing import Any

__all__ = ["differs", "has_join_tables", "refuse_impossible"]


def differs(old: Any, new: Any) -> bool:
    """Whether two fields differ for a database: in more than what only Python knows."""
    if not (old.concrete or old.many_to_many):
        return False
    _, old_path, old_args, old_kwargs = old.deconstruct()
    _, new_path, new_args, new_kwargs = new.deconstruct()
    for kwargs, field in ((old_kwargs, old), (new_kwargs, new)):
        for name in field.non_db_attrs:
            kwargs.pop(name, None)
        target = kwargs.get("to")
        if isinstance(target, str):
            kwargs["to"] = target.lower()
    if not new.many_to_many and old.remote_field and new.remote_field:
        old_target, new_target = old.remote_field.model, new.remote_field.model
        if old_target._meta.db_table == new_target._meta.db_table:
            # A renamed model whose table kept its name.
            old_kwargs.pop("to", None)
            new_kwargs.pop("to", None)
    same_column = old.column == new.column
    if old.many_to_many and new.many_to_many:
        old_through, new_through = old.remote_field.through, new.remote_field.through
        if not old_through._meta.auto_created:
            return False
        # The join table is called after the field.
        same_column = old_through._meta.db_table == new_through._meta.db_table
    return not same_column or (old_path, old_args, old_kwargs) != (new_path, new_args, new_kwargs)


def has_join_tables(old: Any, new: Any) -> bool:
    """Whether both fields make their join tables themselves."""
    return all(
        field.many_to_many and field.remote_field.through._meta.auto_created for field in (old, new)
    )


def refuse_impossible(connection: Any, old: Any, new: Any) -> None:
    """Refuse to make a column of a field without one, or a generated column of a plain one.

    Raises:
        ValueError: It is one of these changes, or the reverse.
    """
    typeless = [
        field for field in (old, new) if field.db_parameters(connection=connection)["type"] is None
    ]
    if any(field.remote_field is None for field in typeless):
        raise ValueError(
            f"Cannot alter field {old} into {new} - they do not properly define db_type"
            " (are you using a badly-written custom field?)"
        )
    if typeless:
        raise ValueError(
            f"Cannot alter field {old} into {new} - they are not compatible types"
            " (you cannot alter to or from M2M fields, or add or remove through= on M2M fields)"
        )
    was, becomes = (getattr(field, "generated", False) for field in (old, new))
    if was != becomes or (
        becomes
        and (
            old.generated_sql(connection) != new.generated_sql(connection)
            or old.db_persist != new.db_persist
        )
    ):
        raise ValueError(
            "Modifying GeneratedFields is not supported - the field"
            f" {new} must be removed and re-added with the new definition."
        )
