"""A person's own former code is told from another's, noted on its request, and not asked for again."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0010_former_code.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0010_former_code_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """A function of the door of 情報提供NWS, one that tells more than before, and two of the desk."""

    dependencies = [("fugo", "0009_each_sees_the_other")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
