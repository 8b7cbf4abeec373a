"""Tables of the operation log."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import chukan.controls.sosa_log.models


class Migration(migrations.Migration):
    """Create the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SosaLogCheckpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "size", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.CharField(max_length=20, verbose_name="系列")),
                ("size", models.BigIntegerField(verbose_name="件数")),
                ("root", models.BinaryField(verbose_name="根のハッシュ")),
                ("note", models.TextField(verbose_name="署名付きの記録")),
                ("sealed_at", models.DateTimeField(verbose_name="封印時刻")),
            ],
            options={
                "verbose_name": "操作ログの封印",
                "db_table": "sosa_log_checkpoint",
            },
        ),
        migrations.CreateModel(
            name="SosaLogLeaf",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "idx", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.CharField(max_length=20, verbose_name="系列")),
                ("idx", models.BigIntegerField(verbose_name="順番")),
                ("event_id", models.BigIntegerField(unique=True, verbose_name="操作ログ番号")),
                ("event_xid", chukan.controls.sosa_log.models.Xid8Field(verbose_name="取引番号")),
                ("leaf_hash", models.BinaryField(verbose_name="葉のハッシュ")),
            ],
            options={
                "verbose_name": "操作ログの葉",
                "db_table": "sosa_log_leaf",
            },
        ),
        migrations.CreateModel(
            name="SosaLogEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="番号")),
                (
                    "xid",
                    chukan.controls.sosa_log.models.Xid8Field(
                        db_default=models.Func(function="pg_current_xact_id", output_field=models.BigIntegerField()),
                        verbose_name="取引番号",
                    ),
                ),
                ("stream", models.CharField(max_length=20, verbose_name="系列")),
                ("at", models.DateTimeField(verbose_name="処理日時")),
                ("salt", models.BinaryField(verbose_name="塩")),
                ("body", models.BinaryField(verbose_name="封印する内容")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("channel", models.CharField(max_length=12, verbose_name="経路")),
                ("soshiki", models.CharField(max_length=100, verbose_name="所属")),
                ("actor_id", models.CharField(max_length=64, verbose_name="操作者ID")),
                ("actor_name", models.CharField(max_length=100, verbose_name="操作者")),
                ("terminal", models.CharField(max_length=100, verbose_name="端末")),
                ("jimu", models.CharField(max_length=40, verbose_name="事務")),
                ("target_file", models.CharField(max_length=60, verbose_name="対象ファイル")),
                ("kind", models.CharField(max_length=30, verbose_name="操作種別")),
                (
                    "targets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None, verbose_name="対象キー"
                    ),
                ),
                ("result", models.CharField(max_length=10, verbose_name="結果")),
                ("screen_id", models.CharField(max_length=10, verbose_name="画面ID")),
                ("request_id", models.CharField(max_length=64, verbose_name="要求番号")),
            ],
            options={
                "verbose_name": "操作ログ",
                "db_table": "sosa_log_event",
                "indexes": [
                    models.Index(fields=["xid", "id"], name="sosa_log_event_order"),
                    models.Index(fields=["hokensha_code", "id"], name="sosa_log_event_zone"),
                    models.Index(fields=["at"], name="sosa_log_event_at"),
                    models.Index(fields=["actor_id", "id"], name="sosa_log_event_actor"),
                    django.contrib.postgres.indexes.GinIndex(fields=["targets"], name="sosa_log_event_targets"),
                ],
            },
        ),
    ]
