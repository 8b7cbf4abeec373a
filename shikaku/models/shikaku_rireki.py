"""資格履歴: versions of periods, appended and never changed."""

from django.db import models


class ShikakuRireki(models.Model):
    """One version of one period of one person inside one insurer.

    Valid time is half-open `[valid_from, valid_to)`; a version is known in `[toroku_nichiji, superseded_at)`.
    `superseded_at` goes once from NULL to a time; a trigger refuses every other change. 根拠: KJ-SHI-09.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    rireki_tsuban = models.IntegerField("履歴通番")
    shikaku_tsuban = models.IntegerField("資格通番", null=True)
    himozuke_bango = models.UUIDField("紐付番号")
    valid_from = models.DateField("有効期間の始まり", null=True)
    valid_to = models.DateField("有効期間の終わり", null=True)
    toroku_nichiji = models.DateTimeField("登録日時")
    superseded_at = models.DateTimeField("置き換えられた時刻", null=True)
    shori_shubetsu_code = models.CharField("処理種別コード", max_length=2)
    withdrawn = models.BooleanField("取消済み", default=False)
    t_kigo_bango = models.BigIntegerField("記号・番号・枝番の照合値", null=True)
    uketsuke_id = models.UUIDField("受付")
    meisai_no = models.IntegerField("明細の番号")
    ct_joho = models.BinaryField("封をした情報")

    class Meta:
        """Name, keys and the indexes of what is known now."""

        db_table = "shikaku_rireki"
        verbose_name = "資格履歴"
        constraints = (
            models.UniqueConstraint(
                fields=("hokensha_code", "hihokensha_edaban", "rireki_tsuban"), name="shikaku_rireki_version"
            ),
        )
        indexes = (
            models.Index(
                fields=("t_kigo_bango",),
                name="shikaku_rireki_kigo_bango",
                condition=models.Q(superseded_at__isnull=True, withdrawn=False, t_kigo_bango__isnull=False),
            ),
        )
