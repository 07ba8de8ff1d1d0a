"""Names of permissions may be longer."""

from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Give names 255 characters."""

    dependencies = [("auth", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="permission",
            name="name",
            field=models.CharField(max_length=255, verbose_name="name"),
        ),
    ]
