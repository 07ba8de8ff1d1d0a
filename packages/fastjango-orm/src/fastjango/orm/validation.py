"""The part of `Model` that validates an instance."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from typing import Any, ClassVar

from fastjango.core.exceptions import NON_FIELD_ERRORS, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.values.text import capfirst, get_text_list

from .fields.composite import CompositePrimaryKey

__all__ = ["ModelValidation"]


class ModelValidation:
    """`full_clean` and its parts."""

    _meta: ClassVar[Any]
    _state: Any

    def clean(self) -> None:
        """Hook: validate the instance as a whole; an error belongs to no field."""

    async def aclean(self) -> None:
        """Asynchronous twin of `clean`.

        A model that overrides `clean` alone has that called in a worker thread, as it may query.
        """
        from .saving import in_thread

        if type(self).clean is not ModelValidation.clean:
            await in_thread(self.clean)

    def full_clean(
        self,
        exclude: Iterable[str] | None = None,
        validate_unique: bool = True,
        validate_constraints: bool = True,
    ) -> None:
        """Validate fields, `clean`, uniqueness and constraints.

        Args:
            exclude: Names of fields to leave out.

        Raises:
            ValidationError: All errors found, by field.

        Side effects: queries, for foreign keys, uniqueness and constraints.
        """
        follow(self._full_plan(exclude, validate_unique, validate_constraints))

    async def afull_clean(
        self,
        exclude: Iterable[str] | None = None,
        validate_unique: bool = True,
        validate_constraints: bool = True,
    ) -> None:
        """Asynchronous twin of `full_clean`, by the asynchronous twins of its parts.

        A part that a model overrides without its twin is called in a worker thread.
        """
        await afollow(self._full_plan(exclude, validate_unique, validate_constraints))

    def _full_plan(
        self, exclude: Iterable[str] | None, validate_unique: bool, validate_constraints: bool
    ) -> Generator[Step, Any, None]:
        skip = set(exclude or ())
        errors: dict[str, Any] = {}
        steps: list[tuple[str, dict[str, Any]]] = [
            ("clean_fields", {"exclude": skip}),
            ("clean", {}),
        ]
        if validate_unique:
            steps.append(("validate_unique", {"exclude": skip}))
        if validate_constraints:
            steps.append(("validate_constraints", {"exclude": skip}))
        for name, options in steps:
            if name.startswith("validate"):
                # What failed already is not looked up as well.
                skip.update(field for field in errors if field != NON_FIELD_ERRORS)
            try:
                yield self._part(name, **options)
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _part(self, name: str, **options: Any) -> Step:
        """One part of the validation, as a step in both ways."""
        cls = type(self)
        owners = [base for base in cls.__mro__ if {name, f"a{name}"} & vars(base).keys()]
        if name != "clean" and f"a{name}" not in vars(owners[0]):
            from .saving import in_thread

            method = getattr(self, name)
            return Step(lambda: method(**options), lambda: in_thread(method, **options))
        return twin(self, name, **options)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Convert and validate every field.

        Raises:
            ValidationError: All errors found, by field.
        """
        follow(self._fields_plan(exclude))

    async def aclean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Asynchronous twin of `clean_fields`; validators that wait belong to forms."""
        await afollow(self._fields_plan(exclude))

    def _fields_plan(self, exclude: Collection[str] | None) -> Generator[Step, Any, None]:
        from .query.expressions import DatabaseDefault

        errors: dict[str, Any] = {}
        for field in self._meta.fields:
            if field.name in (exclude or ()) or field.generated:
                continue
            value = getattr(self, field.attname)
            if field.blank and value in field.empty_values:
                continue
            if isinstance(value, DatabaseDefault):
                continue
            try:
                setattr(self, field.attname, (yield twin(field, "clean", value, self)))
            except ValidationError as error:
                errors[field.name] = error.error_list
        if errors:
            raise ValidationError(errors)

    # Uniqueness

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Look for rows with the same values where they must be unique.

        Raises:
            ValidationError: All errors found, by field.

        Side effects: one query for each unique field or group.
        """
        follow(self._unique_plan(exclude))

    async def avalidate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Asynchronous twin of `validate_unique`."""
        await afollow(self._unique_plan(exclude))

    def _unique_plan(self, exclude: Collection[str] | None) -> Generator[Step, Any, None]:
        unique_checks, date_checks = self._get_unique_checks(exclude=exclude)
        errors = yield from self._unique_checks_plan(unique_checks)
        found = yield from self._date_checks_plan(date_checks)
        for name, messages in found.items():
            errors.setdefault(name, []).extend(messages)
        if errors:
            raise ValidationError(errors)

    def _get_unique_checks(
        self, exclude: Collection[str] | None = None, include_meta_constraints: bool = False
    ) -> tuple[list[Any], list[Any]]:
        """What to look up: groups of names, and names with the date within which they count.

        Args:
            exclude: Names of fields; groups with one of them are left out.
            include_meta_constraints: Also `UniqueConstraint`s over plain fields.
        """
        skip = frozenset(exclude or ())
        classes = [self.__class__, *self._meta.all_parents]
        groups: list[tuple[Any, tuple[str, ...]]] = []
        for model in classes:
            groups.extend((model, tuple(names)) for names in model._meta.unique_together)
        if include_meta_constraints:
            for model in classes:
                groups.extend((model, c.fields) for c in model._meta.total_unique_constraints)
        unique = [(model, names) for model, names in groups if skip.isdisjoint(names)]
        dates: list[tuple[Any, str, str, str]] = []
        for model in classes:
            for field in model._meta.local_fields:
                if field.name in skip:
                    continue
                if isinstance(field, CompositePrimaryKey):
                    names = tuple(part.name for part in field.fields)
                    if skip.isdisjoint(names):
                        unique.append((model, names))
                    continue
                if field.unique:
                    unique.append((model, (field.name,)))
                for kind in ("date", "year", "month"):
                    within = getattr(field, f"unique_for_{kind}")
                    if within and within not in skip:
                        dates.append((model, kind, field.name, within))
        return unique, dates

    def _perform_unique_checks(self, unique_checks: Iterable[Any]) -> dict[str, list[Any]]:
        return follow(self._unique_checks_plan(unique_checks))

    def _unique_checks_plan(
        self, unique_checks: Iterable[Any]
    ) -> Generator[Step, Any, dict[str, list[Any]]]:
        me: Any = self
        errors: dict[str, list[Any]] = {}
        for model, names in unique_checks:
            condition: dict[str, Any] = {}
            for name in names:
                field = self._meta.get_field(name)
                value = getattr(self, field.attname)
                # Null is not equal to null; a key of a row that exists is its own.
                if value is None:
                    continue
                if field in model._meta.pk_fields and not self._state.adding:
                    continue
                condition[str(name)] = value
            if len(names) != len(condition):
                continue
            rows = model._default_manager.filter(**condition)
            if not self._state.adding and me._is_pk_set(model._meta):
                # A row of inheritance has a key for each table; that of `model` counts.
                rows = rows.exclude(pk=me._get_pk_val(model._meta))
            if (yield twin(rows, "exists")):
                key = names[0] if len(names) == 1 else NON_FIELD_ERRORS
                errors.setdefault(key, []).append(self.unique_error_message(model, names))
        return errors

    def _perform_date_checks(self, date_checks: Iterable[Any]) -> dict[str, list[Any]]:
        return follow(self._date_checks_plan(date_checks))

    def _date_checks_plan(
        self, date_checks: Iterable[Any]
    ) -> Generator[Step, Any, dict[str, list[Any]]]:
        me: Any = self
        errors: dict[str, list[Any]] = {}
        for model, kind, name, within in date_checks:
            moment = getattr(self, within)
            if moment is None:
                continue
            parts = ("day", "month", "year") if kind == "date" else (kind,)
            condition = {f"{within}__{part}": getattr(moment, part) for part in parts}
            condition[name] = getattr(self, name)
            rows = model._default_manager.filter(**condition)
            if not self._state.adding and me._is_pk_set():
                rows = rows.exclude(pk=me.pk)
            if (yield twin(rows, "exists")):
                message = self.date_error_message(kind, name, within)
                errors.setdefault(name, []).append(message)
        return errors

    def date_error_message(
        self, lookup_type: str, field_name: str, unique_for: str
    ) -> ValidationError:
        """The error of a value that another row has within the same day, month or year."""
        opts = self._meta
        field = opts.get_field(field_name)
        return ValidationError(
            message=field.error_messages["unique_for_date"],
            code="unique_for_date",
            params={
                "model": self,
                "model_name": capfirst(opts.verbose_name),
                "lookup_type": lookup_type,
                "field": field_name,
                "field_label": capfirst(field.verbose_name),
                "date_field": unique_for,
                "date_field_label": capfirst(opts.get_field(unique_for).verbose_name),
            },
        )

    def unique_error_message(self, model_class: Any, unique_check: Any) -> ValidationError:
        """The error of values that another row has."""
        opts = model_class._meta
        params: dict[str, Any] = {
            "model": self,
            "model_class": model_class,
            "model_name": capfirst(opts.verbose_name),
            "unique_check": unique_check,
        }
        if len(unique_check) == 1:
            field = opts.get_field(unique_check[0])
            params["field_label"] = capfirst(field.verbose_name)
            return ValidationError(
                message=field.error_messages["unique"], code="unique", params=params
            )
        labels = [capfirst(opts.get_field(name).verbose_name) for name in unique_check]
        params["field_labels"] = get_text_list(labels, _("and"))
        return ValidationError(
            message=_("%(model_name)s with this %(field_labels)s already exists."),
            code="unique_together",
            params=params,
        )

    # Constraints

    def get_constraints(self) -> list[tuple[Any, list[Any]]]:
        """Constraints of the model and of the models it inherits from."""
        found = [(self.__class__, self._meta.constraints)]
        parents = self._meta.all_parents
        return found + [(p, p._meta.constraints) for p in parents if p._meta.constraints]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Ask the database whether the instance would satisfy the constraints.

        Raises:
            ValidationError: All errors found.

        Side effects: one query for most constraints.
        """
        follow(self._constraints_plan(exclude))

    async def avalidate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Asynchronous twin of `validate_constraints`."""
        await afollow(self._constraints_plan(exclude))

    def _constraints_plan(self, exclude: Collection[str] | None) -> Generator[Step, Any, None]:
        from fastjango.orm import router

        using = router.db_for_write(self.__class__, instance=self)
        errors: dict[str, Any] = {}
        for model, constraints in self.get_constraints():
            for constraint in constraints:
                try:
                    yield twin(constraint, "validate", model, self, exclude=exclude, using=using)
                except ValidationError as error:
                    code = getattr(error, "code", None)
                    fields: tuple[str, ...] = getattr(constraint, "fields", ())
                    if code == "unique" and len(fields) == 1:
                        errors.setdefault(fields[0], []).append(error)
                    else:
                        errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _get_field_expression_map(
        self, meta: Any, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Values of the instance as expressions, by which constraints are checked."""
        from .query.expressions import ExpressionWrapper, F, Value

        me: Any = self
        skip = exclude or ()
        opts = meta or self._meta
        values: dict[str, Any] = {}
        generated: list[Any] = []
        for field in opts.local_fields:
            if field.name in skip:
                continue
            if field.generated:
                names = (ref[0] for ref in me._get_expr_references(field.expression))
                if not any(name in skip for name in names):
                    generated.append(field)
                continue
            if field.is_relation and not field.concrete and hasattr(field, "from_fields"):
                parts = tuple(getattr(self, name) for name in field.from_fields)
                value: Any = parts[0] if len(parts) == 1 else parts
            elif field.concrete:
                value = getattr(self, field.attname)
            else:
                continue
            if not value or not hasattr(value, "resolve_expression"):
                value = Value(value, field)
            values[field.name] = value
            values[field.attname] = value
        if "pk" not in skip:
            values["pk"] = Value(me.pk, opts.pk)
        if generated:
            replacements: Any = {F(name): value for name, value in values.items()}
            for field in generated:
                values[field.name] = ExpressionWrapper(
                    field.expression.replace_expressions(replacements), field.output_field
                )
        return values
