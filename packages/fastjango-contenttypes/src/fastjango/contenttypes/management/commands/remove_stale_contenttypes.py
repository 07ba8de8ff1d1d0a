"""`remove_stale_contenttypes`: forget content types whose models are gone."""

from __future__ import annotations

from typing import Any

from fastjango.contenttypes.models import ContentType
from fastjango.core import apps
from fastjango.core.management import BaseCommand
from fastjango.orm import DEFAULT_DB_ALIAS, connections
from fastjango.orm.deletion import Collector
from fastjango.orm.router import router

__all__ = ["Command"]


class Command(BaseCommand):
    """Deletes stale content types and what refers to them, after asking."""

    help = "Deletes stale content types in the database."

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do not ask for anything.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="Database to clean up.",
        )
        parser.add_argument(
            "--include-stale-apps",
            action="store_true",
            help="Also content types of apps that are not installed any more.",
        )

    def handle(self, **options: Any) -> None:
        """Delete the stale content types."""
        using = options["database"]
        if not router.allow_migrate_model(using, ContentType):
            return
        manager: Any = ContentType.objects
        manager.clear_cache()
        stale = [
            ct
            for ct in manager.using(using)
            if ct.model_class() is None
            and (options["include_stale_apps"] or ct.app_label in apps.app_configs)
        ]
        if not stale:
            return
        if options["interactive"] and not self._confirmed(stale, using):
            self.stdout.write("Stale content types remain.")
            return
        for ct in stale:
            if options["verbosity"] >= 2:
                self.stdout.write(f"Deleting stale content type '{ct.app_label} | {ct.model}'")
            ct.delete()

    def _confirmed(self, stale: list[Any], using: str) -> bool:
        info: list[str] = []
        for ct in stale:
            collector = Collector(using=using, origin=ct, force_collection=True)
            collector.collect([ct])
            for model, instances in collector.data.items():
                count = len(instances)
                if model is ContentType:
                    info.append(f"    - Content type for {ct.app_label}.{ct.model}")
                elif count:
                    info.append(f"    - {count} {model._meta.label} object(s)")
        listed = "\n".join(info)
        self.stdout.write(
            "Some content types in your database are stale and can be deleted.\nAny objects that "
            "depend on these content types will also be deleted.\nThe content types and dependent "
            f"objects that would be deleted are:\n\n{listed}\n\nThis list doesn't include any "
            "cascade deletions to data outside of the models of this database."
        )
        question = (
            "Are you sure you want to delete these content types?\n"
            "Type 'yes' to continue, or 'no' to cancel: "
        )
        return input(question) == "yes"
