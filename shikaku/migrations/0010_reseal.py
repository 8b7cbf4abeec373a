"""The job that brings an insurer's rows under its newest key, and the one change of a version that it needs."""

from pathlib import Path

from django.db import migrations, models

from chukan.kernel.schema import WORKER, InsurerTable

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0010_reseal.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0010_reseal_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """One table with its walls, the way to a person's former numbers, who may put a new envelope in place."""

    dependencies = [("shikaku", "0009_first_versions")]
    operations = [
        migrations.CreateModel(
            name="ResealJob",
            fields=[
                (
                    "hokensha_code",
                    models.CharField(max_length=8, primary_key=True, serialize=False, verbose_name="保険者コード"),
                ),
                ("key_id", models.IntegerField(verbose_name="封をする鍵の番号")),
                ("bookmark", models.BigIntegerField(default=0, verbose_name="しおり")),
                ("resealed_count", models.BigIntegerField(default=0, verbose_name="封をし直した件数")),
                ("started_at", models.DateTimeField(verbose_name="開始時刻")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="終了時刻")),
            ],
            options={"verbose_name": "封のし直し", "db_table": "shikaku_reseal_job"},
        ),
        migrations.AddIndex(
            "kyukojinbango",
            models.Index(fields=["hokensha_code", "hihokensha_edaban"], name="shikaku_kyu_bango_kanyusha"),
        ),
        InsurerTable(
            "shikaku_reseal_job",
            {WORKER: "SELECT, INSERT, UPDATE (key_id, bookmark, resealed_count, started_at, finished_at)"},
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
