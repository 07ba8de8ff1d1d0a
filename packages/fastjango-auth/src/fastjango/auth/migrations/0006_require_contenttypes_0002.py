"""Content types have to be in their present form before permissions are made."""

from fastjango.orm import migrations


class Migration(migrations.Migration):
    """Wait for the migration of content types."""

    dependencies = [
        ("auth", "0005_alter_user_last_login_null"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = []
