"""A 訂正 takes along what became the person's by way of the wrong number, and people hear of whom it leaves behind."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0014_corrected_numbers.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0014_corrected_numbers_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """One column with its index, one policy for functions, the functions."""

    dependencies = [("shikaku", "0013_reseal_run")]
    operations = [
        migrations.AddField(
            "kojinbangosakuin", "over_bi_global", models.BinaryField(null=True, verbose_name="経由した番号の索引値")
        ),
        migrations.AddIndex(
            "kojinbangosakuin",
            models.Index(
                fields=["over_bi_global"], name="shikaku_sakuin_over", condition=Q(over_bi_global__isnull=False)
            ),
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
