"""Making single objects, or finding them first."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import with_atomic
from fastjango.orm.exceptions import IntegrityError
from fastjango.orm.names import resolve_callables
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.queryset.core import marked
from fastjango.orm.query.queryset.reading import Reading
from fastjango.orm.quicksave import aquick_save, quick_save, saves_plainly
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastjango.orm.engine.statement import Steps

__all__ = ["Creating"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


class Creating(Reading[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that makes objects one by one."""

    def _new(self, kwargs: Mapping[str, Any]) -> Any:
        """Return an unsaved object."""
        reverse = self.model._meta._reverse_one_to_one_field_names
        if reverse and not reverse.isdisjoint(kwargs):
            names = ", ".join(reverse.intersection(kwargs))
            raise ValueError(f"The following fields do not exist in this model: {names}")
        self._for_write = True
        return self.model(**kwargs)

    def _create_steps(self, **kwargs: Any) -> Steps[Any]:
        obj = self._new(kwargs)
        yield from self._save_new_steps(obj)
        return obj

    def _save_new_steps(self, obj: Any) -> Steps[None]:
        from fastjango.orm.base import call_save

        yield from call_save(obj, force_insert=True, using=self.db)
        obj._state.fetch_mode = self._fetch_mode

    @marked(alters_data=True)
    def create(self, **kwargs: Any) -> _Model:
        """Save a new object and return it."""
        self._for_write = True
        if is_loop_running():
            return run(self._create_steps(**kwargs), self.db, name="create", twin="acreate")  # type: ignore[no-any-return]  # operands are dynamic
        obj, alias = self._new(kwargs), self.db
        if saves_plainly(self.model) and quick_save(obj, True, False, alias, None):
            obj._state.fetch_mode = self._fetch_mode
        else:
            run(self._save_new_steps(obj), alias, name="create", twin="acreate")
        return obj  # type: ignore[no-any-return]  # operands are dynamic

    @marked(alters_data=True)
    async def acreate(self, **kwargs: Any) -> _Model:
        """Save a new object and return it."""
        self._for_write = True
        obj, alias = self._new(kwargs), self.db
        if saves_plainly(self.model) and await aquick_save(obj, True, False, alias, None):
            obj._state.fetch_mode = self._fetch_mode
        else:
            await arun(self._save_new_steps(obj), alias)
        return obj  # type: ignore[no-any-return]  # operands are dynamic

    def _extract_model_params(
        self, defaults: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, Any]:
        params = {name: value for name, value in kwargs.items() if LOOKUP_SEP not in name}
        params.update(defaults or {})
        meta = self.model._meta
        invalid: list[str] = []
        for name in params:
            try:
                meta.get_field(name)
            except FieldDoesNotExist:
                settable = name in meta._property_names and getattr(self.model, name).fset
                if not settable:
                    invalid.append(name)
        if invalid:
            names = "', '".join(sorted(invalid))
            raise FieldError(f"Invalid field name(s) for model {meta.object_name}: '{names}'.")
        return params

    def _get_or_create_steps(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Steps[tuple[Any, bool]]:
        self._for_write = True
        try:
            return (yield from self._get_steps(**kwargs)), False
        except self.model.DoesNotExist:
            params = self._extract_model_params(defaults, **kwargs)
        try:
            obj = yield from with_atomic(self._create_called_steps(params), using=self.db)
        except IntegrityError:
            # Somebody else may have created it in between.
            try:
                return (yield from self._get_steps(**kwargs)), False
            except self.model.DoesNotExist:
                pass
            raise
        return obj, True

    def _create_called_steps(self, params: dict[str, Any]) -> Steps[Any]:
        return (yield from self._create_steps(**dict(resolve_callables(params))))

    @marked(alters_data=True)
    def get_or_create(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[_Model, bool]:
        """Return the object that fulfils the lookups, or create it.

        Args:
            defaults: Further values of a new object; callables are called.
            **kwargs: The lookups.

        Returns:
            The object, and whether it was created.
        """
        self._for_write = True
        steps = self._get_or_create_steps(defaults, **kwargs)
        return run(steps, self.db, name="get_or_create", twin="aget_or_create")

    @marked(alters_data=True)
    async def aget_or_create(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[_Model, bool]:
        """Return the object that fulfils the lookups, or create it; see `get_or_create`."""
        self._for_write = True
        return await arun(self._get_or_create_steps(defaults, **kwargs), self.db)

    def _update_or_create_steps(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Steps[tuple[Any, bool]]:
        update_defaults = defaults or {}
        new = update_defaults if create_defaults is None else create_defaults
        self._for_write = True
        steps = self._update_found_steps(update_defaults, new, kwargs)
        return (yield from with_atomic(steps, using=self.db))

    def _update_found_steps(
        self,
        defaults: Mapping[str, Any],
        create_defaults: Mapping[str, Any],
        kwargs: dict[str, Any],
    ) -> Steps[tuple[Any, bool]]:
        from fastjango.orm.base import call_save

        locked = self.select_for_update()
        obj, created = yield from locked._get_or_create_steps(create_defaults, **kwargs)
        if created:
            return obj, created
        for name, value in resolve_callables(defaults):
            setattr(obj, name, value)
        meta = self.model._meta
        names = set(defaults)
        if not meta._non_pk_concrete_field_names.issuperset(names):
            yield from call_save(obj, using=self.db)
            return obj, False
        # Fields that set themselves on saving, such as auto_now, belong to the update.
        plain = field_classes.Field.pre_save
        for field in meta.local_concrete_fields:
            if field not in meta.pk_fields and field.__class__.pre_save is not plain:
                names.update((field.name, field.attname))
        yield from call_save(obj, using=self.db, update_fields=names)
        return obj, False

    @marked(alters_data=True)
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Model, bool]:
        """Update the object that fulfils the lookups, or create it, in one transaction.

        Args:
            defaults: Values to set; callables are called.
            create_defaults: Values of a new object, if they differ.
            **kwargs: The lookups.

        Returns:
            The object, and whether it was created.
        """
        self._for_write = True
        steps = self._update_or_create_steps(defaults, create_defaults, **kwargs)
        return run(steps, self.db, name="update_or_create", twin="aupdate_or_create")

    @marked(alters_data=True)
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Model, bool]:
        """Update the object that fulfils the lookups, or create it; see `update_or_create`."""
        self._for_write = True
        steps = self._update_or_create_steps(defaults, create_defaults, **kwargs)
        return await arun(steps, self.db)
