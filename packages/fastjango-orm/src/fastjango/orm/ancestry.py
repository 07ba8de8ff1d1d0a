"""The models that a model inherits from, and the ways between their tables."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Models and fields are known at run time only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fastjango.core.functional import cached_property

from .paths import PathInfo

__all__ = ["Ancestry"]


class Ancestry:
    """The part of `Options` that knows multi-table inheritance.

    Attributes:
        parents: The field that links to each parent, `None` where a proxy shares its table.
    """

    model: Any
    concrete_model: Any
    parents: dict[Any, Any]

    @cached_property
    def all_parents(self) -> tuple[Any, ...]:
        """Every model whose table this one extends, nearest first."""
        result = dict.fromkeys(self.parents)
        for parent in self.parents:
            result.update(dict.fromkeys(parent._meta.all_parents))
        return tuple(result)

    def get_parent_list(self) -> list[Any]:
        """`all_parents` as a list."""
        return list(self.all_parents)

    def get_base_chain(self, model: Any) -> list[Any]:
        """Parents that lead to `model`, nearest first; empty if it is no ancestor."""
        if model in self.parents:
            return [model]
        for parent in self.parents:
            chain = parent._meta.get_base_chain(model)
            if chain:
                return [parent, *chain]
        return []

    def get_ancestor_link(self, ancestor: Any) -> Any:
        """Field here that leads (perhaps through others) to `ancestor`, `None` if none does."""
        if ancestor in self.parents:
            return self.parents[ancestor]
        for parent in self.parents:
            link = parent._meta.get_ancestor_link(ancestor)
            if link:
                # A proxy has no link of its own.
                return self.parents[parent] or link
        return None

    def get_path_to_parent(self, parent: Any) -> list[PathInfo]:
        """Hops from this model to an ancestor; empty if it is none."""
        if self.model is parent:
            return []
        path: list[PathInfo] = []
        opts: Any = self
        for model in self.get_base_chain(parent):
            if model is self.concrete_model:
                opts = model._meta
                continue
            link = opts.parents[model]
            opts = model._meta
            path.append(
                PathInfo(
                    from_opts=link.model._meta,
                    to_opts=opts,
                    target_fields=(link.remote_field.get_related_field(),),
                    join_field=link,
                    m2m=False,
                    direct=True,
                    filtered_relation=None,
                )
            )
        return path

    def get_path_from_parent(self, parent: Any) -> list[PathInfo]:
        """Hops from an ancestor to this model; empty if it is none."""
        if self.model is parent:
            return []
        model = self.concrete_model
        chain = [*reversed(model._meta.get_base_chain(parent)), model]
        path: list[PathInfo] = []
        for ancestor, child in pairwise(chain):
            path.extend(child._meta.get_ancestor_link(ancestor).reverse_path_infos)
        return path
