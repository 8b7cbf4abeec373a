"""Why a file is held, as counts, and what each insurer decided; the inspection is the worker's, the decision is not."""

from django.db import migrations, models

from chukan.kernel.schema import WEB, WORKER, InsurerTable

_DECIDED = "decision, decided_at, decided_by, decided_by_name"


class Migration(migrations.Migration):
    """A table of its own beside the 受付, with the same walls."""

    dependencies = [("uketsuke", "0005_counted_late")]
    operations = [
        migrations.CreateModel(
            name="Horyu",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "uketsuke_id", "hokensha_code", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("uketsuke_id", models.UUIDField(verbose_name="受付")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("sender", models.CharField(max_length=40, verbose_name="送信者")),
                ("valid_count", models.IntegerField(verbose_name="有効な加入者の数")),
                ("joining_count", models.IntegerField(verbose_name="ファイルで取得する件数")),
                ("limit_percent", models.IntegerField(verbose_name="保留の基準")),
                ("reasons", models.JSONField(verbose_name="保留の理由")),
                ("held_at", models.DateTimeField(verbose_name="保留時刻")),
                ("decision", models.CharField(default="", max_length=10, verbose_name="保留への決定")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="決定時刻")),
                ("decided_by", models.CharField(default="", max_length=64, verbose_name="決定者")),
                ("decided_by_name", models.CharField(default="", max_length=100, verbose_name="決定者の名")),
            ],
            options={"verbose_name": "保留", "db_table": "uketsuke_horyu"},
        ),
        InsurerTable(
            "uketsuke_horyu",
            {WEB: f"SELECT, UPDATE ({_DECIDED})", WORKER: "SELECT, INSERT"},
            column="sender",
            setting="chukan.sender",
        ),
    ]
