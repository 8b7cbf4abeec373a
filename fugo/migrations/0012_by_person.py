"""What a person has is looked for person by person, whatever the database expects of its tables."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0012_by_person.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0012_by_person_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Three functions of registration, as before but for how they look."""

    dependencies = [("fugo", "0011_ask_anew")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
