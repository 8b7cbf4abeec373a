"""再発行対象者リスト: whose codes are asked for anew after 危殆化, why, and who allowed it. 根拠: KJ-FUGO-06."""

import uuid

from django.db import models


class SaihakkoList(models.Model):
    """One list with its reason and how far it has come; no person stands in the row."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    state = models.CharField("状態", max_length=12, default="toroku")
    reason_code = models.CharField("理由コード", max_length=20)
    reason_text = models.CharField("再発行の理由", max_length=500, default="")
    shonin_id = models.UUIDField("承認", null=True)
    taisho_count = models.IntegerField("対象者の数", default=0)
    requested_count = models.IntegerField("要求した数", default=0)
    left_out_count = models.IntegerField("要求しなかった数", default=0)
    created_at = models.DateTimeField("作成時刻")
    created_by = models.CharField("作成者", max_length=80)
    instructed_at = models.DateTimeField("取得指示の時刻", null=True)
    confirmed_at = models.DateTimeField("結果確認の時刻", null=True)
    confirmed_by = models.CharField("結果の確認者", max_length=80, default="")

    class Meta:
        """Name."""

        db_table = "fugo_saihakko_list"
        verbose_name = "再発行対象者リスト"


class SaihakkoTaisho(models.Model):
    """One person of one list, and the request that was made for them; none when they could not be asked for."""

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    saihakko_list_id = models.UUIDField("再発行対象者リスト")
    himozuke_bango = models.UUIDField("紐付番号")
    shori_tsuban = models.UUIDField("処理通番", null=True)
    shori_kekka_shosai_code = models.CharField("処理結果詳細コード", max_length=40, default="")

    class Meta:
        """Name, and that a person stands in a list once."""

        db_table = "fugo_saihakko_taisho"
        verbose_name = "再発行対象者"
        constraints = (
            models.UniqueConstraint(fields=("saihakko_list_id", "himozuke_bango"), name="fugo_saihakko_taisho_once"),
        )
