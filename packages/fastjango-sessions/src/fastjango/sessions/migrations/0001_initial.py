"""The table of sessions, as Django's migration makes it."""

from __future__ import annotations

import fastjango.sessions.models
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Make `django_session`."""

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40,
                        serialize=False,
                        verbose_name="session key",
                        primary_key=True,
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(verbose_name="expire date", db_index=True)),
            ],
            options={
                "abstract": False,
                "db_table": "django_session",
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
            managers=[("objects", fastjango.sessions.models.SessionManager())],
        ),
    ]
