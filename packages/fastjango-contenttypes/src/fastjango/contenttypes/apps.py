"""The application of content types."""

from __future__ import annotations

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["ContentTypesConfig"]


class ContentTypesConfig(AppConfig):
    """Content types and generic relations."""

    name = "fastjango.contenttypes"
    label = "contenttypes"
    verbose_name = _("Content Types")
    # Django names it by a plain attribute as well; the base computes its own from a setting.
    default_auto_field = "fastjango.orm.models.AutoField"  # pyright: ignore[reportAssignmentType]

    def ready(self) -> None:
        """Register the checks, and make content types after migrations."""
        from fastjango.core import checks
        from fastjango.orm.signals import post_migrate, pre_migrate

        from .checks import check_generic_foreign_keys, check_model_name_lengths
        from .management import create_contenttypes, inject_rename_contenttypes_operations

        pre_migrate.connect(inject_rename_contenttypes_operations, sender=self)
        post_migrate.connect(create_contenttypes)
        checks.register(check_generic_foreign_keys, checks.Tags.models)
        checks.register(check_model_name_lengths, checks.Tags.models)
