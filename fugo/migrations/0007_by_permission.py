"""A list is extracted by a permission of exactly this list, medium and number of people, executed in that very act."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0007_by_permission.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0007_by_permission_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """The guard of the step to 承認済."""

    dependencies = [("fugo", "0006_counted_late"), ("shonin", "0001_shonin")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
