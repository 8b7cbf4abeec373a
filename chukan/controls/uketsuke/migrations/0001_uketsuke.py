"""Tables of 受付."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Teiseimachi",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "uketsuke_id", "meisai_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("uketsuke_id", models.UUIDField(verbose_name="受付")),
                ("meisai_no", models.IntegerField(verbose_name="明細の番号")),
                ("sender", models.CharField(max_length=40, verbose_name="送信者")),
                ("ct_line", models.BinaryField(verbose_name="封をした行")),
            ],
            options={
                "verbose_name": "訂正待ち",
                "db_table": "uketsuke_teiseimachi",
            },
        ),
        migrations.CreateModel(
            name="Uketsuke",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("uketsuke_bango", models.CharField(max_length=19, unique=True, verbose_name="受付番号")),
                ("sender", models.CharField(max_length=40, verbose_name="送信者")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("shubetsu", models.CharField(max_length=10, verbose_name="種別")),
                ("state", models.CharField(default="uketsuke", max_length=10, verbose_name="状態")),
                ("single", models.BooleanField(default=False, verbose_name="1件の登録")),
                ("channel", models.CharField(max_length=12, verbose_name="経路")),
                ("accepted_by", models.CharField(max_length=64, verbose_name="受け付けた相手")),
                ("accepted_by_name", models.CharField(max_length=100, verbose_name="受け付けた相手の名")),
                ("file_name", models.CharField(default="", max_length=200, verbose_name="送信されたファイルの名")),
                ("file_key", models.CharField(default="", max_length=64, verbose_name="保管キー")),
                ("file_size", models.BigIntegerField(default=0, verbose_name="大きさ")),
                ("digest", models.BinaryField(null=True, verbose_name="ダイジェスト")),
                ("resend_of", models.UUIDField(null=True, verbose_name="再送信元")),
                ("encoding", models.CharField(default="", max_length=10, verbose_name="文字コード")),
                ("header", models.JSONField(default=dict, verbose_name="見出し")),
                ("bookmark", models.IntegerField(default=0, verbose_name="しおり")),
                ("line_count", models.IntegerField(default=0, verbose_name="総件数")),
                ("ok_count", models.IntegerField(default=0, verbose_name="正常件数")),
                ("warned_count", models.IntegerField(default=0, verbose_name="警告件数")),
                ("refused_count", models.IntegerField(default=0, verbose_name="異常件数")),
                ("reason_code", models.CharField(default="", max_length=20, verbose_name="理由コード")),
                ("accepted_at", models.DateTimeField(verbose_name="受付時刻")),
                ("started_at", models.DateTimeField(null=True, verbose_name="開始時刻")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="終了時刻")),
                ("moved_at", models.DateTimeField(verbose_name="最後に動いた時刻")),
                ("lease_until", models.DateTimeField(null=True, verbose_name="担当期限")),
                ("attempts", models.IntegerField(default=0, verbose_name="試行回数")),
                ("refused_until", models.DateTimeField(null=True, verbose_name="訂正待ちの期限")),
            ],
            options={
                "verbose_name": "受付",
                "db_table": "uketsuke_uketsuke",
                "indexes": [
                    models.Index(fields=["sender", "-accepted_at"], name="uketsuke_sender_newest"),
                    models.Index(
                        condition=models.Q(("state__in", ("uketsuke", "kensa", "shori"))),
                        fields=["moved_at"],
                        name="uketsuke_running",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("digest__isnull", False),
                            ("resend_of__isnull", True),
                            models.Q(("state", "kyohi"), _negated=True),
                        ),
                        fields=("sender", "digest"),
                        name="uketsuke_same_file_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UketsukeMeisai",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "uketsuke_id", "meisai_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("uketsuke_id", models.UUIDField(verbose_name="受付")),
                ("meisai_no", models.IntegerField(verbose_name="明細の番号")),
                ("sender", models.CharField(max_length=40, verbose_name="送信者")),
                ("line_number", models.IntegerField(verbose_name="行番号")),
                ("shori_kekka_kubun", models.CharField(max_length=1, verbose_name="処理結果区分")),
                ("shori_kekka_meisai_code", models.TextField(default="", verbose_name="処理結果明細コード")),
                ("shori_kekka_shosai_code", models.TextField(default="", verbose_name="処理結果詳細コード")),
                ("hihokensha_edaban", models.BigIntegerField(null=True, verbose_name="被保険者枝番")),
                ("shikaku_tsuban", models.IntegerField(null=True, verbose_name="資格通番")),
            ],
            options={
                "verbose_name": "受付明細",
                "db_table": "uketsuke_meisai",
                "indexes": [
                    models.Index(
                        condition=models.Q(("shori_kekka_kubun", "1"), _negated=True),
                        fields=["uketsuke_id", "meisai_no"],
                        name="uketsuke_meisai_notable",
                    )
                ],
            },
        ),
    ]
