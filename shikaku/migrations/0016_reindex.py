"""Keys of hashes and tokens can be replaced: the job, the key of a number across insurers, and who may write by two."""

import uuid
from pathlib import Path

from django.db import migrations, models

from chukan.kernel.schema import KANRI, WORKER, InsurerTable

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0016_reindex.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0016_reindex_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """A column without a default, which costs no row anything, one table with its walls, and functions of the owner."""

    dependencies = [("shikaku", "0015_pmh_delivery")]
    operations = [
        migrations.AddField(
            "kojinbangosakuin", "key_id", models.IntegerField(null=True, verbose_name="索引値を作った鍵の番号")
        ),
        migrations.CreateModel(
            name="ReindexJob",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("kind", models.CharField(max_length=12, verbose_name="索引の種類")),
                ("run", models.UUIDField(verbose_name="実行の番号")),
                ("key_id", models.IntegerField(verbose_name="索引値を作った鍵の番号")),
                ("bookmark", models.BigIntegerField(default=0, verbose_name="しおり")),
                ("changed_count", models.BigIntegerField(default=0, verbose_name="作り直した件数")),
                ("started_at", models.DateTimeField(verbose_name="開始時刻")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="終了時刻")),
            ],
            options={
                "verbose_name": "索引値の作り直し",
                "db_table": "shikaku_reindex_job",
                "constraints": [
                    models.UniqueConstraint(fields=("hokensha_code", "kind"), name="shikaku_reindex_job_once")
                ],
            },
        ),
        InsurerTable(
            "shikaku_reindex_job",
            {
                WORKER: "SELECT, INSERT, UPDATE (run, key_id, bookmark, changed_count, started_at, finished_at)",
                KANRI: "SELECT (hokensha_code, kind, key_id, finished_at)",
            },
            across={KANRI: "SELECT"},
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
