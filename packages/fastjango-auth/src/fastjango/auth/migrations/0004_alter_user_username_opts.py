"""Login names get a text for a name that is taken; the table stays as it is."""

from fastjango.auth.validators import UnicodeUsernameValidator
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Describe the login name."""

    dependencies = [("auth", "0003_alter_user_email_max_length")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                help_text=("Required. 30 characters or fewer. Letters, digits and @/./+/-/_ only."),
                max_length=30,
                unique=True,
                validators=[UnicodeUsernameValidator()],
                verbose_name="username",
            ),
        ),
    ]
