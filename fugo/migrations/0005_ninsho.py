"""A request file goes by a confirmation of exactly this file, by the one who sends it."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0005_ninsho.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0005_ninsho_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """One confirmation per file, a reference to it, and the guard."""

    dependencies = [("fugo", "0004_whole_message"), ("seitai", "0003_same_session")]
    operations = [
        migrations.AddConstraint(
            "yokyufile", models.UniqueConstraint(fields=("ninsho_id",), name="fugo_file_one_per_ninsho")
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
