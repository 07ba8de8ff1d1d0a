"""`ContentType`: a row for each model."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastjango.core import apps
from fastjango.core.aio import is_loop_running
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models
from fastjango.orm.engine.runner import arun, run

__all__ = ["ContentType", "ContentTypeManager"]


class ContentTypeManager(models.Manager["ContentType"]):
    """Finds content types, keeping those found in memory."""

    use_in_migrations = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By alias: content types by id and by label and name. Shared by copies of the manager.
        self._cache: dict[str, dict[Any, Any]] = {}

    def _add_to_cache(self, using: str, ct: Any) -> None:
        known = self._cache.setdefault(using, {})
        known[ct.app_label, ct.model] = ct
        known[ct.id] = ct

    def cached(self, key: Any) -> Any:
        """The content type kept under an id or a pair of label and name, `None` if none is."""
        return self._cache.get(self.db, {}).get(key)

    @staticmethod
    def _get_opts(model: Any, for_concrete_model: bool) -> Any:
        return (model._meta.concrete_model if for_concrete_model else model)._meta

    def _model_steps(self, model: Any, for_concrete_model: bool) -> Any:
        opts = self._get_opts(model, for_concrete_model)
        found = self.cached((opts.app_label, opts.model_name))
        if found is None:
            rows: Any = self.get_queryset()
            names = {"app_label": opts.app_label, "model": opts.model_name}
            try:
                # Not get_or_create at once: reading may go to another database.
                found = yield from rows._get_steps(**names)
            except self.model.DoesNotExist:
                found, _created = yield from rows._get_or_create_steps(None, **names)
            self._add_to_cache(self.db, found)
        return found

    def get_for_model(self, model: Any, for_concrete_model: bool = True) -> Any:
        """The content type of a model (or instance), made if there is none.

        Args:
            for_concrete_model: Of a proxy, that of the model behind it.
        """
        steps = self._model_steps(model, for_concrete_model)
        opts = self._get_opts(model, for_concrete_model)
        found = self.cached((opts.app_label, opts.model_name))
        if found is not None:
            return found
        return run(steps, self.db, name="get_for_model", twin="aget_for_model")

    async def aget_for_model(self, model: Any, for_concrete_model: bool = True) -> Any:
        """Asynchronous twin of `get_for_model`."""
        return await arun(self._model_steps(model, for_concrete_model), self.db)

    def condition(self, model: Any, for_concrete_model: bool = True) -> tuple[str, Any]:
        """Lookup and value by which a foreign key here selects the type of a model (or instance).

        The value is the type's id; on an event loop that does not know it yet, where nothing may
        wait, the query that finds it.
        """
        opts = self._get_opts(model, for_concrete_model)
        if self.cached((opts.app_label, opts.model_name)) is None and is_loop_running():
            rows = self.get_queryset().filter(app_label=opts.app_label, model=opts.model_name)
            return "in", rows.values("pk")
        return "exact", self.get_for_model(model, for_concrete_model).pk

    def _models_steps(self, wanted: tuple[Any, ...], for_concrete_models: bool) -> Any:
        results: dict[Any, Any] = {}
        missing: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
        for model in wanted:
            opts = self._get_opts(model, for_concrete_models)
            found = self.cached((opts.app_label, opts.model_name))
            if found is None:
                missing[opts.app_label, opts.model_name].append(model)
            else:
                results[model] = found
        if missing:
            by_label: defaultdict[str, set[str]] = defaultdict(set)
            for label, name in missing:
                by_label[label].add(name)
            condition = models.Q.create(
                [models.Q(app_label=label, model__in=names) for label, names in by_label.items()],
                connector=models.Q.OR,
            )
            rows: Any = self.get_queryset().filter(condition)
            for found in (yield from rows._fetch_steps()):
                for model in missing.pop((found.app_label, found.model), []):
                    results[model] = found
                self._add_to_cache(self.db, found)
        for (label, name), same in missing.items():
            every: Any = self.get_queryset()
            found, _created = yield from every._get_or_create_steps(
                None, app_label=label, model=name
            )
            self._add_to_cache(self.db, found)
            results.update(dict.fromkeys(same, found))
        return results

    def get_for_models(self, *models: Any, for_concrete_models: bool = True) -> dict[Any, Any]:
        """Content types of several models, by model; missing ones are made."""
        steps = self._models_steps(models, for_concrete_models)
        return run(steps, self.db, name="get_for_models", twin="aget_for_models")

    async def aget_for_models(
        self, *models: Any, for_concrete_models: bool = True
    ) -> dict[Any, Any]:
        """Asynchronous twin of `get_for_models`."""
        return await arun(self._models_steps(models, for_concrete_models), self.db)

    def _key_steps(self, key: Any, **condition: Any) -> Any:
        found = self.cached(key)
        if found is None:
            rows: Any = self.get_queryset()
            found = yield from rows._get_steps(**condition)
            self._add_to_cache(self.db, found)
        return found

    def get_for_id(self, id: Any) -> Any:
        """The content type with this id.

        Raises:
            ContentType.DoesNotExist: There is none.
        """
        found = self.cached(id)
        if found is not None:
            return found
        steps = self._key_steps(id, pk=id)
        return run(steps, self.db, name="get_for_id", twin="aget_for_id")

    async def aget_for_id(self, id: Any) -> Any:
        """Asynchronous twin of `get_for_id`."""
        return await arun(self._key_steps(id, pk=id), self.db)

    def get_by_natural_key(self, app_label: str, model: str) -> Any:
        """The content type of this label and model name.

        Raises:
            ContentType.DoesNotExist: There is none.
        """
        found = self.cached((app_label, model))
        if found is not None:
            return found
        steps = self._key_steps((app_label, model), app_label=app_label, model=model)
        return run(steps, self.db, name="get_by_natural_key", twin="aget_by_natural_key")

    async def aget_by_natural_key(self, app_label: str, model: str) -> Any:
        """Asynchronous twin of `get_by_natural_key`."""
        steps = self._key_steps((app_label, model), app_label=app_label, model=model)
        return await arun(steps, self.db)

    def clear_cache(self) -> None:
        """Forget the content types kept in memory."""
        self._cache.clear()


class ContentType(models.Model):
    """What kind of thing a row is: the app and name of its model."""

    id = models.AutoField(verbose_name="ID", primary_key=True, auto_created=True)
    app_label = models.CharField(max_length=100)
    model = models.CharField(_("python model class name"), max_length=100)
    objects = ContentTypeManager()

    class Meta:
        app_label = "contenttypes"
        verbose_name = _("content type")
        verbose_name_plural = _("content types")
        db_table = "django_content_type"
        unique_together = [["app_label", "model"]]

    def __str__(self) -> str:
        return self.app_labeled_name

    @property
    def name(self) -> str:
        """Human-readable name of the model, its stored name if it is gone."""
        model = self.model_class()
        return str(model._meta.verbose_name) if model else self.model

    @property
    def app_labeled_name(self) -> str:
        """Names of app and model."""
        model = self.model_class()
        if not model:
            return f"{self.app_label} | {self.model}"
        return f"{model._meta.app_config.verbose_name} | {model._meta.verbose_name}"

    def model_class(self) -> Any:
        """The model, `None` if it is gone."""
        try:
            return apps.get_model(self.app_label, self.model)
        except LookupError:
            return None

    def get_object_for_this_type(self, using: str | None = None, **kwargs: Any) -> Any:
        """The object of this type that the conditions select.

        Raises:
            ObjectDoesNotExist: There is none.
        """
        return self.model_class()._base_manager.using(using).get(**kwargs)

    async def aget_object_for_this_type(self, using: str | None = None, **kwargs: Any) -> Any:
        """Asynchronous twin of `get_object_for_this_type`."""
        return await self.model_class()._base_manager.using(using).aget(**kwargs)

    def get_all_objects_for_this_type(self, **kwargs: Any) -> Any:
        """A queryset of the objects of this type that the conditions select."""
        return self.model_class()._base_manager.filter(**kwargs)

    def natural_key(self) -> tuple[str, str]:
        """Label and name, which fixtures use instead of the id."""
        return self.app_label, self.model
