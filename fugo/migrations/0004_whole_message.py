"""A message of codes is stored in two calls without its persons travelling."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0004_whole_message.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0004_whole_message_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """The functions of 符号受付 and 設定."""

    dependencies = [("fugo", "0003_saihakko")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
