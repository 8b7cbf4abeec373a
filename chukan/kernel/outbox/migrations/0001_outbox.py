"""The outbox."""

from django.db import migrations, models

from chukan.kernel.schema import KANRI, RELAY, WEB, WORKER, HubTable


class Migration(migrations.Migration):
    """Create the outbox; those who publish insert, the relay hands over, the worker purges."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=100, verbose_name="話題")),
                ("key", models.CharField(max_length=100, verbose_name="順序の単位")),
                ("payload", models.JSONField(verbose_name="内容")),
                ("task", models.CharField(max_length=200, verbose_name="受け手")),
                ("attempts", models.IntegerField(default=0, verbose_name="試行回数")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("available_at", models.DateTimeField(verbose_name="次に送る時刻")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="送信時刻")),
            ],
            options={
                "verbose_name": "送信待ちの事実",
                "db_table": "outbox_message",
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True)),
                        fields=["key", "id"],
                        name="outbox_message_waiting",
                    )
                ],
            },
        ),
        HubTable(
            "outbox_message",
            {
                WEB: "SELECT, INSERT",
                WORKER: "SELECT, INSERT, DELETE",
                RELAY: "SELECT, UPDATE",
                KANRI: "SELECT, INSERT",
            },
        ),
    ]
