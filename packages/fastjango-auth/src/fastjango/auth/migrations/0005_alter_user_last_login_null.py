"""Users who never logged in have no time of a login."""

from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Let `last_login` be empty."""

    dependencies = [("auth", "0004_alter_user_username_opts")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="last_login",
            field=models.DateTimeField(null=True, verbose_name="last login", blank=True),
        ),
    ]
