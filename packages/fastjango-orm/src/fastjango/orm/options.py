"""`Options`: everything known about a model, as `Model._meta`."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import bisect
import copy
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from fastjango.core import apps as default_registry
from fastjango.core import settings
from fastjango.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.core.imports import import_string
from fastjango.core.translation import override
from fastjango.values.text import camel_case_to_spaces, format_lazy

from .field_listing import EMPTY_RELATION_TREE, IMMUTABLE_WARNING, FieldListing, fixed
from .fields.auto import AutoField
from .fields.numbers import OrderWrt
from .names import fitting_name

__all__ = [
    "DEFAULT_NAMES",
    "EMPTY_RELATION_TREE",
    "IMMUTABLE_WARNING",
    "Options",
    "normalize_together",
]

#: Primary keys of models declared before there are settings.
_AUTO_FIELD = "fastjango.orm.models.BigAutoField"

#: Options that `class Meta` may hold.
DEFAULT_NAMES = (
    "verbose_name",
    "verbose_name_plural",
    "db_table",
    "db_table_comment",
    "ordering",
    "unique_together",
    "permissions",
    "get_latest_by",
    "order_with_respect_to",
    "app_label",
    "db_tablespace",
    "abstract",
    "managed",
    "proxy",
    "swappable",
    "auto_created",
    "apps",
    "default_permissions",
    "select_on_save",
    "default_related_name",
    "required_db_features",
    "required_db_vendor",
    "base_manager_name",
    "default_manager_name",
    "indexes",
    "constraints",
)


#: Options that the SQL of queries depends on.
_IN_QUERIES = frozenset({"db_table", "ordering", "select_on_save"})


def normalize_together(option_together: Any) -> Any:
    """Turn one group of names, or several, into a tuple of tuples.

    What is neither is returned as it is, for the system checks to complain about.
    """
    if not option_together:
        return ()
    if not isinstance(option_together, (tuple, list)):
        return option_together
    groups: Any = cast("Any", option_together)
    if not isinstance(groups[0], (tuple, list)):
        groups = (groups,)
    try:
        return tuple(tuple(group) for group in groups)
    except TypeError:
        return cast("Any", option_together)


class Options(FieldListing):
    """The metadata of a model class.

    The fields are in `FieldListing`, the parents in `Ancestry`.

    Args:
        meta: The model's `Meta` class.
        app_label: Label of the app, unless `Meta` names one.
    """

    #: Called when an option that queries depend on has changed.
    on_change: ClassVar[list[Callable[[], object]]] = []

    default_apps: Any = default_registry

    def __init__(self, meta: Any, app_label: str | None = None) -> None:
        super().__init__()
        self.local_managers: list[Any] = []
        self.base_manager_name: str | None = None
        self.default_manager_name: str | None = None
        self.model_name: Any = None
        self.verbose_name: Any = None
        self.verbose_name_plural: Any = None
        self.db_table: str = ""
        self.db_table_comment: str = ""
        self.ordering: Any = []
        self._ordering_clash = False
        self.indexes: Any = []
        self.constraints: Any = []
        self.unique_together: Any = []
        self.select_on_save = False
        self.default_permissions: Any = ("add", "change", "delete", "view")
        self.permissions: Any = []
        self.object_name: Any = None
        self.app_label: Any = app_label
        self.get_latest_by: Any = None
        self.order_with_respect_to: Any = None
        # A model with an app_label can be declared before there are settings.
        self.db_tablespace: str = settings.DEFAULT_TABLESPACE if settings.configured else ""
        self.required_db_features: Any = []
        self.required_db_vendor: str | None = None
        self.meta: Any = meta
        self.pk: Any = None
        self.auto_field: Any = None
        self.abstract = False
        self.managed = True
        self.proxy = False
        # The model that this proxy stands for; may be a proxy itself.
        self.proxy_for_model: Any = None
        # The model at the end of the chain of proxies.
        self.concrete_model: Any = None
        self.swappable: str | None = None
        self.parents: dict[Any, Any] = {}
        self.auto_created: Any = False
        # Filters of `limit_choices_to` of other models' relations to this one.
        self.related_fkey_lookups: list[Any] = []
        self.apps: Any = self.default_apps
        self.default_related_name: str | None = None
        self.original_attrs: dict[str, Any] = {}
        self.model: Any = None

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in _IN_QUERIES:
            for callback in self.on_change:
                callback()

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    def __str__(self) -> str:
        return self.label_lower

    @property
    def label(self) -> str:
        """`app.Model`."""
        return f"{self.app_label}.{self.object_name}"

    @property
    def label_lower(self) -> str:
        """`app.model`."""
        return f"{self.app_label}.{self.model_name}"

    @property
    def app_config(self) -> Any:
        """Configuration of the model's app, `None` if it is not installed."""
        return self.apps.app_configs.get(self.app_label)

    # Building

    def contribute_to_class(self, cls: Any, name: str) -> None:
        """Become `_meta` of the class and read its `Meta`.

        Raises:
            TypeError: `Meta` holds an unknown option.
        """
        cls._meta = self
        self.model = cls
        self.object_name = cls.__name__
        self.model_name = self.object_name.lower()
        self.verbose_name = camel_case_to_spaces(self.object_name)
        if self.meta:
            self._read_meta(self.meta)
        if self.verbose_name_plural is None:
            self.verbose_name_plural = format_lazy("{}s", self.verbose_name)
        del self.meta
        if not self.db_table:
            self.db_table = fitting_name(f"{self.app_label}_{self.model_name}")
        if self.swappable:
            from fastjango.signals import setting_changed

            setting_changed.connect(self.setting_changed)

    def _read_meta(self, meta: Any) -> None:
        declared: dict[str, Any] = dict(vars(meta))
        given = {name: value for name, value in declared.items() if not name.startswith("_")}
        for name in DEFAULT_NAMES:
            if name in given:
                value = given.pop(name)
            elif hasattr(meta, name):
                value = getattr(meta, name)
            else:
                continue
            setattr(self, name, value)
            self.original_attrs[name] = value
        self.unique_together = normalize_together(self.unique_together)
        if not self.abstract:
            self.constraints = self._format_names(self.constraints)
            self.indexes = self._format_names(self.indexes)
        self._ordering_clash = bool(self.ordering and self.order_with_respect_to)
        if given:
            raise TypeError(f"'class Meta' got invalid attribute(s): {','.join(given)}")

    def _format_names(self, objs: Iterable[Any]) -> list[Any]:
        """Copies of indexes or constraints with app and model in their names."""
        names = {"app_label": self.app_label.lower(), "class": self.model_name}
        copies: list[Any] = []
        for obj in objs:
            new = obj.clone()
            new.name %= names
            copies.append(new)
        return copies

    def _get_default_pk_class(self) -> Any:
        config = self.app_config
        if config is not None:
            path = config.default_auto_field
        else:
            path = settings.DEFAULT_AUTO_FIELD if settings.configured else _AUTO_FIELD
        if config and config._is_default_auto_field_overridden:
            source = f"{type(config).__module__}.{type(config).__qualname__}.default_auto_field"
        else:
            source = "DEFAULT_AUTO_FIELD"
        if not path:
            raise ImproperlyConfigured(f"{source} must not be empty.")
        try:
            pk_class = import_string(_own_path(path))
        except ImportError as error:
            raise ImproperlyConfigured(
                f"{source} refers to the module '{path}' that could not be imported."
            ) from error
        if not issubclass(pk_class, AutoField):
            raise ValueError(f"Primary key '{path}' referred by {source} must subclass AutoField.")
        return pk_class

    def _prepare(self, model: Any) -> None:
        """Settle ordering and primary key, once the class has all its fields."""
        if self.order_with_respect_to:
            wanted = self.order_with_respect_to
            field = next(
                (f for f in self._get_fields(reverse=False) if wanted in (f.name, f.attname)), None
            )
            if field is None:
                raise FieldDoesNotExist(f"{self.object_name} has no field named '{wanted}'")
            self.order_with_respect_to = field
            self.ordering = ("_order",)
            if not any(isinstance(field, OrderWrt) for field in model._meta.local_fields):
                order: Any = OrderWrt
                model.add_to_class("_order", order())
        else:
            self.order_with_respect_to = None
        if self.pk is not None:
            return
        if self.parents:
            link = next(iter(self.parents.values()))
            # A field of that name made here stands for the link.
            link = next((f for f in self.local_fields if f.name == link.name), link)
            link.primary_key = True
            self.setup_pk(link)
        else:
            pk_class = self._get_default_pk_class()
            auto = pk_class(verbose_name="ID", primary_key=True, auto_created=True)
            model.add_to_class("id", auto)

    def add_manager(self, manager: Any) -> None:
        """Add a manager declared on the class."""
        self.local_managers.append(manager)
        self._expire_cache()

    def add_field(self, field: Any, private: bool = False) -> None:
        """Add a field, in order of creation.

        Args:
            private: Belongs to this class alone.
        """
        if private:
            self.private_fields.append(field)
        elif field.is_relation and field.many_to_many:
            bisect.insort(self.local_many_to_many, field)
        else:
            bisect.insort(self.local_fields, field)
            self.setup_pk(field)
        model = getattr(field.remote_field, "model", None) if field.is_relation else None
        if model:
            # The other side gets a reverse relation.
            if not isinstance(model, str):
                model._meta._expire_cache(forward=False)
            self._expire_cache()
        else:
            self._expire_cache(reverse=False)

    def setup_pk(self, field: Any) -> None:
        """Take the field for the primary key, if it is one and there is none yet."""
        if not self.pk and field.primary_key:
            self.pk = field
            field.serialize = False

    def setup_proxy(self, target: Any) -> None:
        """Share key and table with `target`."""
        self.pk = target._meta.pk
        self.proxy_for_model = target
        self.db_table = target._meta.db_table

    def can_migrate(self, connection: Any) -> bool:
        """Whether migrations make the table on a connection (or alias)."""
        if self.proxy or self.swapped or not self.managed:
            return False
        if isinstance(connection, str):
            from fastjango.orm import connections

            connection = connections[connection]
        if self.required_db_vendor:
            return self.required_db_vendor == connection.vendor
        return all(
            getattr(connection.features, feature, False) for feature in self.required_db_features
        )

    # Names

    @cached_property
    def verbose_name_raw(self) -> str:
        """Human-readable name, untranslated."""
        if isinstance(self.verbose_name, str):
            return self.verbose_name
        with override(None):
            return str(self.verbose_name)

    @cached_property
    def swapped(self) -> str | None:
        """`app.Model` that stands in for this model, `None` if none does."""
        if not self.swappable:
            return None
        target = getattr(settings, self.swappable, None)
        if not target:
            return None
        label, dot, name = target.partition(".")
        if not dot or "." in name:
            # Malformed; the checks complain.
            return target
        return target if f"{label}.{name.lower()}" != self.label_lower else None

    def setting_changed(self, *, setting: str, **kwargs: Any) -> None:
        """Forget what `swapped` was when its setting changes."""
        if setting == self.swappable:
            self.__dict__.pop("swapped", None)

    # Managers

    @cached_property
    def managers(self) -> Any:
        """Managers of the class and its bases, nearest first, then in order of creation."""
        found: list[tuple[int, int, Any]] = []
        seen: set[str] = set()
        bases = [base for base in self.model.mro() if hasattr(base, "_meta")]
        for depth, base in enumerate(bases):
            for manager in base._meta.local_managers:
                if manager.name in seen:
                    continue
                manager = copy.copy(manager)
                manager.model = self.model
                seen.add(manager.name)
                found.append((depth, manager.creation_counter, manager))
        found.sort(key=lambda entry: entry[:2])
        return fixed("managers", (entry[2] for entry in found))

    @cached_property
    def managers_map(self) -> dict[str, Any]:
        """Managers by name."""
        return {manager.name: manager for manager in self.managers}

    def _named_manager(self, name: str) -> Any:
        try:
            return self.managers_map[name]
        except KeyError:
            raise ValueError(f"{self.object_name} has no manager named {name!r}") from None

    def _first_parent(self) -> Any:
        return next((base for base in self.model.mro()[1:] if hasattr(base, "_meta")), None)

    @cached_property
    def base_manager(self) -> Any:
        """Manager that follows relations; plain unless `base_manager_name` names one."""
        name = self.base_manager_name
        if not name:
            parent = self._first_parent()
            if parent is not None and parent._base_manager.name != "_base_manager":
                name = parent._base_manager.name
        if name:
            return self._named_manager(name)
        from .manager import Manager

        manager: Any = Manager()
        manager.name = "_base_manager"
        manager.model = self.model
        manager.auto_created = True
        return manager

    @cached_property
    def default_manager(self) -> Any:
        """The first manager, unless `default_manager_name` names another."""
        name = self.default_manager_name
        if not name and not self.local_managers:
            parent = self._first_parent()
            name = parent._meta.default_manager_name if parent is not None else None
        if name:
            return self._named_manager(name)
        return self.managers[0] if self.managers else None


def _own_path(path: str) -> str:
    """Where a field really is that a setting names under `models`, by Django's path too."""
    for prefix in ("django.db.models.", "fastjango.orm.models."):
        if path.startswith(prefix):
            return "fastjango.orm.fields." + path.removeprefix(prefix)
    return path
