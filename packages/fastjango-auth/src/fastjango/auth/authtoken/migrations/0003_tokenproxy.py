"""The second name of tokens."""

from fastjango.orm import migrations


class Migration(migrations.Migration):
    """Add the proxy."""

    dependencies = [("authtoken", "0002_auto_20160226_1747")]

    operations = [
        migrations.CreateModel(
            name="TokenProxy",
            fields=[],
            options={
                "verbose_name": "token",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("authtoken.token",),
        ),
    ]
