"""Persons across insurers; no login role may touch these tables, functions are the only way in."""

from django.db import models


class Himozuke(models.Model):
    """One person: the 紐付番号 and the counter of telegrams about this person."""

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    himozuke_bango = models.UUIDField("紐付番号", primary_key=True)
    jun = models.BigIntegerField("電文の順", default=0)

    class Meta:
        """Name."""

        db_table = "shikaku_himozuke"
        verbose_name = "紐付"


class KojinBangoSakuin(models.Model):
    """Keyed hash of a 個人番号, old or new, and whose it is. 根拠: KJ-ENC-06, KJ-SHI-04, KJ-SHI-05."""

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    bi_global = models.BinaryField("全体の索引値", primary_key=True)
    himozuke_bango = models.UUIDField("紐付番号")

    class Meta:
        """Name."""

        db_table = "shikaku_kojin_bango_sakuin"
        verbose_name = "個人番号の索引"
