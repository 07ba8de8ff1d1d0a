"""The tables of tokens and of accounts at providers."""

from fastjango.core import settings, timezone
from fastjango.orm import migrations, models


def _user() -> tuple[str, models.ForeignKey]:
    field = models.ForeignKey(
        on_delete=models.CASCADE,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name="user",
    )
    return "user", field


class Migration(migrations.Migration):
    """Make the tables."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                (
                    "digest",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="digest"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_index=True, default=timezone.now, verbose_name="created"
                    ),
                ),
                _user(),
            ],
            options={"verbose_name": "access token", "verbose_name_plural": "access tokens"},
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("oauth_name", models.CharField(max_length=100, verbose_name="provider")),
                ("access_token", models.TextField(verbose_name="access token")),
                (
                    "expires_at",
                    models.BigIntegerField(blank=True, null=True, verbose_name="expires"),
                ),
                (
                    "refresh_token",
                    models.TextField(blank=True, null=True, verbose_name="refresh token"),
                ),
                ("account_id", models.CharField(max_length=255, verbose_name="subject")),
                ("account_email", models.CharField(max_length=254, verbose_name="email address")),
                _user(),
            ],
            options={
                "verbose_name": "account at a provider",
                "verbose_name_plural": "accounts at providers",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("oauth_name", "account_id"),
                        name="auth_fastapi_users_provider_account",
                    )
                ],
            },
        ),
    ]
