"""The table of linked accounts."""

from fastjango.core import settings
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Make the table."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="OAuthAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=50, verbose_name="provider")),
                ("subject", models.CharField(max_length=255, verbose_name="subject")),
                (
                    "email",
                    models.CharField(blank=True, max_length=254, verbose_name="email address"),
                ),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("used", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="oauth_accounts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "account at another site",
                "verbose_name_plural": "accounts at other sites",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "subject"), name="auth_oauth_provider_subject"
                    )
                ],
            },
        ),
    ]
