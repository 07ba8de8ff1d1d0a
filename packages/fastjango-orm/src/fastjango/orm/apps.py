"""The application of the database layer."""

from __future__ import annotations

from fastjango.core import AppConfig

__all__ = ["OrmConfig"]


class OrmConfig(AppConfig):
    """Models, queries, connections and migrations."""

    name = "fastjango.orm"
    label = "orm"
    verbose_name = "Object-relational mapping"
    settings_class = "fastjango.orm.conf.OrmSettings"

    def ready(self) -> None:
        """Answer the hooks of the kernel's commands, if this process runs commands."""
        import sys

        if "fastjango.core.management" in sys.modules:
            from fastjango.orm.management import answers

            answers.register()
