"""Content types lose the column `name`, which the models tell."""

from __future__ import annotations

from typing import Any

from fastjango.orm import migrations, models


def add_legacy_name(apps: Any, schema_editor: Any) -> None:
    """Fill the column when the migration is undone."""
    model = apps.get_model("contenttypes", "ContentType")
    for one in model.objects.using(schema_editor.connection.alias).all():
        try:
            one.name = apps.get_model(one.app_label, one.model)._meta.object_name
        except LookupError:
            one.name = one.model
        one.save()


class Migration(migrations.Migration):
    """Drop the column `name`."""

    dependencies = [("contenttypes", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="contenttype",
            options={
                "verbose_name": "content type",
                "verbose_name_plural": "content types",
            },
        ),
        migrations.AlterField(
            model_name="contenttype",
            name="name",
            field=models.CharField(max_length=100, null=True),
        ),
        migrations.RunPython(
            migrations.RunPython.noop, add_legacy_name, hints={"model_name": "contenttype"}
        ),
        migrations.RemoveField(model_name="contenttype", name="name"),
    ]
