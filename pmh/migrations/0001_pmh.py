"""Tables of PMH-ID, who may touch them, and the functions over 発行履歴."""

import uuid
from pathlib import Path

from django.db import migrations, models

from chukan.kernel.schema import OPERATOR, REFUSE_ZONE, WEB, WORKER, HubTable, PersonTable

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0001_pmh.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0001_pmh_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """発行履歴, the requests as operators see them, their walls, four functions."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="HakkoRireki",
            fields=[
                ("himozuke_bango", models.UUIDField(primary_key=True, serialize=False, verbose_name="紐付番号")),
                ("pmh_id", models.CharField(max_length=40, verbose_name="PMH-ID")),
                ("issued_at", models.DateTimeField(verbose_name="発行時刻")),
            ],
            options={
                "verbose_name": "PMH-ID発行履歴",
                "db_table": "pmh_hakko_rireki",
                "constraints": [models.UniqueConstraint(fields=("pmh_id",), name="pmh_hakko_rireki_pmh_id")],
            },
        ),
        migrations.CreateModel(
            name="Irai",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("answered_at", models.DateTimeField(verbose_name="回答時刻")),
                ("client_id", models.CharField(max_length=40, verbose_name="接続システムID")),
                ("jimu_kubun", models.CharField(max_length=2, verbose_name="事務区分")),
                ("hoho", models.CharField(max_length=8, verbose_name="依頼の方法")),
                ("result_code", models.CharField(max_length=40, verbose_name="結果コード")),
                ("issued_count", models.IntegerField(default=0, verbose_name="新規の件数")),
                ("repeated_count", models.IntegerField(default=0, verbose_name="再返却の件数")),
                ("unknown_count", models.IntegerField(default=0, verbose_name="該当なしの件数")),
            ],
            options={
                "verbose_name": "PMH-ID払出しの依頼",
                "db_table": "pmh_irai",
                "indexes": [models.Index(fields=["answered_at"], name="pmh_irai_answered")],
            },
        ),
        PersonTable("pmh_hakko_rireki"),
        HubTable("pmh_irai", {WEB: "INSERT", WORKER: "SELECT (answered_at), DELETE", OPERATOR: "SELECT"}),
        migrations.RunSQL(REFUSE_ZONE, migrations.RunSQL.noop),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
