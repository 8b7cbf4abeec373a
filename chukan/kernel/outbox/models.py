"""The outbox table."""

from django.db import models


class OutboxMessage(models.Model):
    """One event waiting for its listeners, or heard by them; ids, codes and times only."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    topic = models.CharField("話題", max_length=100)
    key = models.CharField("順序の単位", max_length=100)
    payload = models.JSONField("内容")
    task = models.CharField("受け手", max_length=200)
    attempts = models.IntegerField("試行回数", default=0)
    created_at = models.DateTimeField("作成時刻")
    available_at = models.DateTimeField("次に送る時刻")
    delivered_at = models.DateTimeField("送信時刻", null=True)

    class Meta:
        """Name and indexes."""

        db_table = "outbox_message"
        verbose_name = "送信待ちの事実"
        indexes = (
            models.Index(
                fields=("key", "id"), name="outbox_message_waiting", condition=models.Q(delivered_at__isnull=True)
            ),
        )
