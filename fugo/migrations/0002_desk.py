"""Functions of the desk: what operators of 支払基金 may know of requests."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0002_desk.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0002_desk_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Three functions of the operators' role; no table changes."""

    dependencies = [("fugo", "0001_fugo")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
