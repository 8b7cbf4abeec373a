"""New persons of a block get their 紐付番号 and the order of their first telegram in one statement."""

from pathlib import Path

from django.db import migrations

_SQL = (Path(__file__).parent / "sql" / "0005_take_himozuke.sql").read_text(encoding="utf-8")
_REVERSE = (Path(__file__).parent / "sql" / "0005_take_himozuke_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """A function, and a cheaper check of overlaps."""

    dependencies = [("shikaku", "0004_bango_case_and_resend")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
