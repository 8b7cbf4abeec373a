"""A registration and an answer of the same person at once: whoever comes second sees the first one's."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0009_each_sees_the_other.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0009_each_sees_the_other_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Two functions."""

    dependencies = [("fugo", "0008_due_and_left_out")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
