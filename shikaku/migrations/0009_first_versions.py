"""A person's first version can overlap nothing: only later ones are compared, and none may come before the first."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The function of one trigger."""

    dependencies = [("shikaku", "0008_one_edaban")]
    operations = [
        migrations.RunSQL(
            (_SQL / "0009_first_versions.sql").read_text(encoding="utf-8"),
            (_SQL / "0009_first_versions_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
