"""委託区画: one row per person inside one insurer, and the counter of its 被保険者枝番."""

import uuid

from django.db import models


class EdabanSaiban(models.Model):
    """The last 被保険者枝番 given inside one insurer. 根拠: KJ-SHI-01."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    hokensha_code = models.CharField("保険者コード", max_length=8, primary_key=True)
    last = models.BigIntegerField("最後の番号", default=0)

    class Meta:
        """Name."""

        db_table = "shikaku_edaban_saiban"
        verbose_name = "被保険者枝番の採番"


class ItakuKukakuKanyusha(models.Model):
    """One person in one insurer's zone: the sealed 個人番号, keyed tokens for search, and counters.

    Everything an insurer says about the person stands in the versions of `ShikakuRireki`.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    himozuke_bango = models.UUIDField("紐付番号")
    bi_bango = models.BinaryField("区画内の索引値", null=True)
    ct_kojin_bango = models.BinaryField("封をした個人番号", null=True)
    kanyusha_kubun_code = models.CharField("加入者区分コード", max_length=2)
    fugo_shutoku_yokyu_kubun = models.CharField("符号取得要求区分", max_length=1, default="1")
    t_kana2 = models.BigIntegerField("カナ2文字の照合値", null=True)
    t_kana4 = models.BigIntegerField("カナ4文字の照合値", null=True)
    t_kana_full = models.BigIntegerField("カナ全体の照合値", null=True)
    t_seinengappi = models.BigIntegerField("生年月日の照合値", null=True)
    last_shikaku_tsuban = models.IntegerField("最後の資格通番", default=0)
    last_rireki_tsuban = models.IntegerField("最後の履歴通番", default=0)
    last_recorded_at = models.DateTimeField("最後に記録した時刻")

    class Meta:
        """Name, keys and search indexes in the order of 被保険者枝番."""

        db_table = "shikaku_itaku_kukaku_kanyusha"
        verbose_name = "委託区画の加入者"
        constraints = (
            models.UniqueConstraint(fields=("hokensha_code", "hihokensha_edaban"), name="shikaku_kanyusha_edaban"),
            models.UniqueConstraint(fields=("hokensha_code", "bi_bango"), name="shikaku_kanyusha_bango"),
            # One 被保険者枝番 per person and insurer, found from the person.
            models.UniqueConstraint(fields=("himozuke_bango", "hokensha_code"), name="shikaku_kanyusha_himozuke"),
        )
        indexes = (
            models.Index(fields=("t_kana2", "hihokensha_edaban"), name="shikaku_kanyusha_kana2"),
            models.Index(fields=("t_kana4", "hihokensha_edaban"), name="shikaku_kanyusha_kana4"),
            models.Index(fields=("t_kana_full",), name="shikaku_kanyusha_kana_full"),
            models.Index(fields=("t_seinengappi",), name="shikaku_kanyusha_seinengappi"),
        )


class KyuKojinBango(models.Model):
    """A former 個人番号 of a person inside one insurer; it still leads to the person. 根拠: KJ-SHI-05."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    bi_bango = models.BinaryField("区画内の索引値")
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    ct_kojin_bango = models.BinaryField("封をした個人番号")
    kojin_bango_koshin_kubun = models.CharField("個人番号更新区分", max_length=1)
    kojin_bango_koshin_nichiji = models.DateTimeField("個人番号更新日時")
    resolves = models.BooleanField("この人に届く", default=True)

    class Meta:
        """Name and key."""

        db_table = "shikaku_kyu_kojin_bango"
        verbose_name = "前の個人番号"
        constraints = (
            models.UniqueConstraint(
                fields=("hokensha_code", "bi_bango"),
                name="shikaku_kyu_bango_once",
                condition=models.Q(resolves=True),
            ),
        )
        indexes = (models.Index(fields=("hokensha_code", "hihokensha_edaban"), name="shikaku_kyu_bango_kanyusha"),)
