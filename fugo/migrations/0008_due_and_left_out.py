"""What waits for a file is found by its kind, what was left out of one apart from it."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0008_due_and_left_out.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0008_due_and_left_out_reverse.sql").read_text(encoding="utf-8")
_WAITING = models.Q(("fugo_uketsuke_nichiji__isnull", True), ("yokyu_file_id__isnull", True))


class Migration(migrations.Migration):
    """Two indexes in place of one: writing waits while the table is read twice. One function of the desk."""

    dependencies = [("fugo", "0007_by_permission")]
    operations = [
        migrations.AddIndex(
            "shutokuyokyu",
            models.Index(
                condition=_WAITING & models.Q(("shori_kekka_shosai_code", "")),
                fields=["fugo_saihakko_flag", "fugo_yokyu_uketsuke_nichiji"],
                name="fugo_yokyu_due",
            ),
        ),
        migrations.AddIndex(
            "shutokuyokyu",
            models.Index(
                condition=_WAITING & ~models.Q(("shori_kekka_shosai_code", "")),
                fields=["fugo_yokyu_uketsuke_nichiji"],
                name="fugo_yokyu_left_out",
            ),
        ),
        migrations.RemoveIndex("shutokuyokyu", "fugo_yokyu_waiting"),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
