"""Codes that came by the number of somebody else go, and their persons are asked for anew."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0011_ask_anew.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0011_ask_anew_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Three functions of registration, and one that leaves more alone than before."""

    dependencies = [("fugo", "0010_former_code")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
