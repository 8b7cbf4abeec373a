"""Tables of connecting systems."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                (
                    "client_id",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="接続システムID"),
                ),
                ("due_at", models.DateTimeField(verbose_name="次の予定時刻")),
            ],
            options={
                "verbose_name": "流量",
                "db_table": "setsuzoku_rate_window",
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                (
                    "client_id",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="接続システムID"),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="種類")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("valid_from", models.DateField(verbose_name="有効開始日")),
                ("valid_to", models.DateField(null=True, verbose_name="有効終了日")),
                ("registered_by", models.CharField(max_length=64, verbose_name="登録者")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
            ],
            options={
                "verbose_name": "接続システム",
                "db_table": "setsuzoku_client",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hokensha_code__isnull", False), ("kind", "hokensha")),
                            models.Q(models.Q(("kind", "hokensha"), _negated=True), ("hokensha_code__isnull", True)),
                            _connector="OR",
                        ),
                        name="setsuzoku_client_zone",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("sender", models.CharField(max_length=40, verbose_name="送信者")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("client_id", models.CharField(max_length=40, verbose_name="接続システムID")),
                ("path", models.CharField(max_length=100, verbose_name="宛先")),
                ("key", models.CharField(max_length=64, verbose_name="冪等キー")),
                ("fingerprint", models.BinaryField(verbose_name="比較値")),
                ("status", models.SmallIntegerField(verbose_name="状態コード")),
                ("content_type", models.CharField(max_length=60, verbose_name="形式")),
                ("ct_answer", models.BinaryField(verbose_name="封をした答え")),
                ("answered_at", models.DateTimeField(verbose_name="回答時刻")),
                ("expires_at", models.DateTimeField(verbose_name="保存期限")),
            ],
            options={
                "verbose_name": "冪等キーの答え",
                "db_table": "setsuzoku_idempotency",
                "indexes": [models.Index(fields=["expires_at"], name="setsuzoku_idempotency_expiry")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sender", "client_id", "path", "key"), name="setsuzoku_idempotency_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Nonce",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "client_id", "nonce_sha256", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("client_id", models.CharField(max_length=40, verbose_name="接続システムID")),
                ("nonce_sha256", models.BinaryField(verbose_name="使い捨て番号のハッシュ値")),
                ("expires_at", models.DateTimeField(verbose_name="署名の期限")),
            ],
            options={
                "verbose_name": "使い捨て番号",
                "db_table": "setsuzoku_nonce",
                "indexes": [models.Index(fields=["expires_at"], name="setsuzoku_nonce_expiry")],
            },
        ),
        migrations.CreateModel(
            name="ClientHokensha",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carries",
                        to="setsuzoku.client",
                        verbose_name="接続システム",
                    ),
                ),
            ],
            options={
                "verbose_name": "取扱保険者",
                "db_table": "setsuzoku_client_hokensha",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "hokensha_code"), name="setsuzoku_client_hokensha_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientItaku",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("jimu_kubun", models.CharField(max_length=2, verbose_name="事務区分")),
                ("kakuninsha", models.CharField(max_length=100, verbose_name="確認者")),
                ("kakunin_ymd", models.DateField(verbose_name="確認年月日")),
                ("minaoshi_ymd", models.DateField(verbose_name="見直し年月日")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="itaku",
                        to="setsuzoku.client",
                        verbose_name="接続システム",
                    ),
                ),
            ],
            options={
                "verbose_name": "委託の確認",
                "db_table": "setsuzoku_client_itaku",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "jimu_kubun"), name="setsuzoku_client_itaku_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kid", models.CharField(max_length=100, verbose_name="鍵ID")),
                ("jwk", models.JSONField(verbose_name="公開鍵")),
                ("valid_from", models.DateField(verbose_name="有効開始日")),
                ("valid_to", models.DateField(null=True, verbose_name="有効終了日")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
                ("proven_at", models.DateTimeField(null=True, verbose_name="所持の確認時刻")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="client_keys",
                        to="setsuzoku.client",
                        verbose_name="接続システム",
                    ),
                ),
            ],
            options={
                "verbose_name": "接続システムの鍵",
                "db_table": "setsuzoku_client_key",
                "constraints": [models.UniqueConstraint(fields=("client", "kid"), name="setsuzoku_client_key_once")],
            },
        ),
    ]
