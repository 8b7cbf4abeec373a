"""個人番号の重なり that wait for an operator: which insurer's person, which other person, by which line."""

import uuid

from django.db import models


class BangoCase(models.Model):
    """One new number that led to another person, or one that a 訂正 parted, for as long as nobody corrected it.

    It holds no 個人番号 and no hash of one. Operators see neither person; the insurer sees no case at all.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    other_himozuke_bango = models.UUIDField("重なった人の紐付番号")
    channel = models.CharField("経路", max_length=12)
    # Empty for a registration of one person: what is refused there leaves no 受付.
    uketsuke_bango = models.CharField("受付番号", max_length=19, default="")
    meisai_no = models.IntegerField("明細の番号", null=True)
    first_seen_at = models.DateTimeField("最初に重なった時刻")
    last_seen_at = models.DateTimeField("最後に重なった時刻")
    seen_count = models.IntegerField("重なった回数", default=1)
    closed_at = models.DateTimeField("閉じた時刻", null=True)
    closed_reason = models.CharField("閉じた理由", max_length=10, default="")

    class Meta:
        """Name, one open case per two persons, and the order operators see them in."""

        db_table = "shikaku_bango_case"
        verbose_name = "個人番号の重なり"
        constraints = (
            models.UniqueConstraint(
                fields=("hokensha_code", "hihokensha_edaban", "other_himozuke_bango"),
                name="shikaku_bango_case_open_once",
                condition=models.Q(closed_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(
                fields=("first_seen_at",), name="shikaku_bango_case_open", condition=models.Q(closed_at__isnull=True)
            ),
        )
