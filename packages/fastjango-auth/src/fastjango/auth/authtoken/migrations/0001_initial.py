"""The table of tokens."""

from fastjango.core import settings
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Make the table."""

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Token",
            fields=[
                ("key", models.CharField(primary_key=True, serialize=False, max_length=40)),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.OneToOneField(
                        to=settings.AUTH_USER_MODEL,
                        related_name="auth_token",
                        on_delete=models.CASCADE,
                    ),
                ),
            ],
        ),
    ]
