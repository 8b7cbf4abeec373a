"""Persons across insurers; no login role may touch these tables, functions are the only way in."""

from django.db import models


class Himozuke(models.Model):
    """One person: the 紐付番号, the counter of telegrams about this person, and the PMH-ID once there is one.

    `pmh_id_jun` is the place of the telegram that told it: what comes later in the order carries it. 根拠: KJ-PMH-05.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    himozuke_bango = models.UUIDField("紐付番号", primary_key=True)
    jun = models.BigIntegerField("電文の順", default=0)
    pmh_id = models.CharField("PMH-ID", max_length=40, null=True)
    pmh_id_jun = models.BigIntegerField("PMH-IDを知らせた電文の順", null=True)

    class Meta:
        """Name, and that a PMH-ID has its place in the order."""

        db_table = "shikaku_himozuke"
        verbose_name = "紐付"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(pmh_id__isnull=True, pmh_id_jun__isnull=True)
                | models.Q(pmh_id__isnull=False, pmh_id_jun__isnull=False),
                name="shikaku_himozuke_pmh_id",
            ),
        )


class KojinBangoSakuin(models.Model):
    """Keyed hash of a 個人番号, old or new, and whose it is. 根拠: KJ-ENC-06, KJ-SHI-04, KJ-SHI-05.

    `over_bi_global` is the number in whose place or beside which an insurer said that this one is the person's: where
    that one turns out to be another's, this one goes along.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    bi_global = models.BinaryField("全体の索引値", primary_key=True)
    himozuke_bango = models.UUIDField("紐付番号")
    over_bi_global = models.BinaryField("経由した番号の索引値", null=True)

    class Meta:
        """Name, and the numbers that go along with one."""

        db_table = "shikaku_kojin_bango_sakuin"
        verbose_name = "個人番号の索引"
        indexes = (
            models.Index(
                fields=("over_bi_global",),
                name="shikaku_sakuin_over",
                condition=models.Q(over_bi_global__isnull=False),
            ),
        )
