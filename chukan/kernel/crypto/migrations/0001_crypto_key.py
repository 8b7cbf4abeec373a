"""The key table."""

from django.db import migrations, models
from django.db.models.functions import Now

from chukan.kernel.schema import KANRI, RELAY, WEB, WORKER, HubTable


class Migration(migrations.Migration):
    """Create the key table; nobody deletes from it, and only the management role changes a wrapped key."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="CryptoKey",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False, verbose_name="鍵番号")),
                ("purpose", models.CharField(max_length=40, verbose_name="用途")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("kek_version", models.IntegerField(verbose_name="鍵暗号化鍵の版")),
                ("wrapped", models.BinaryField(verbose_name="包まれた鍵")),
                ("alg", models.SmallIntegerField(verbose_name="暗号方式")),
                ("state", models.CharField(max_length=12, verbose_name="状態")),
                ("created_at", models.DateTimeField(db_default=Now(), verbose_name="作成時刻")),
                ("retired_at", models.DateTimeField(null=True, verbose_name="封をやめた時刻")),
                ("destroyed_at", models.DateTimeField(null=True, verbose_name="廃棄時刻")),
            ],
            options={
                "verbose_name": "暗号鍵",
                "db_table": "crypto_key",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("purpose", "hokensha_code"),
                        name="crypto_key_one_active",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("pre", "active", "decrypt_only", "destroyed"))),
                        name="crypto_key_state",
                    ),
                ],
            },
        ),
        HubTable(
            "crypto_key",
            {
                WEB: "SELECT, INSERT",
                WORKER: "SELECT",
                RELAY: "SELECT",
                KANRI: "SELECT, INSERT, UPDATE (wrapped, kek_version, state, retired_at, destroyed_at)",
            },
        ),
    ]
