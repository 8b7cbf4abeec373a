"""再発行対象者リスト: whose codes are asked for anew after 危殆化, why, and who allowed it. 根拠: KJ-FUGO-06."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class SaihakkoList(models.Model):
    """One list with its reason, whom it means and how far it has come; no person stands in the row.

    Whom it means never changes: a trigger refuses it, and another list is another permission.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    state = models.CharField("状態", max_length=12, default="toroku")
    reason_code = models.CharField("理由コード", max_length=20)
    reason_text = models.CharField("再発行の理由", max_length=500, default="")
    # Whom it means: all that is given holds, and the code was there when the list was made.
    of_hokensha = ArrayField(models.CharField(max_length=8), default=list, verbose_name="対象の保険者コード")
    issued_from = models.DateTimeField("対象の設定日時の始まり", null=True)
    issued_until = models.DateTimeField("対象の設定日時の終わり", null=True)  # not included
    of_shori_tsuban = ArrayField(models.UUIDField(), default=list, verbose_name="対象の処理通番")
    shonin_id = models.UUIDField("承認", null=True)
    taisho_count = models.IntegerField("対象者の数", default=0)
    requested_count = models.IntegerField("要求した数", default=0)
    left_out_count = models.IntegerField("要求しなかった数", default=0)
    created_at = models.DateTimeField("作成時刻")
    created_by = models.CharField("作成者", max_length=80)
    medium_id = models.CharField("媒体ID", max_length=20, default="")
    executed_at = models.DateTimeField("実行の時刻", null=True)  # the permission was used up
    executed_by = models.CharField("実行者", max_length=80, default="")
    extracted_to = models.UUIDField("抽出の済んだ紐付番号", null=True)
    write_until = models.DateTimeField("書き出しの期限", null=True)
    written_at = models.DateTimeField("書き出しの時刻", null=True)
    instructed_at = models.DateTimeField("取得指示の時刻", null=True)
    confirmed_at = models.DateTimeField("結果確認の時刻", null=True)
    confirmed_by = models.CharField("結果の確認者", max_length=80, default="")

    class Meta:
        """Name, the order of pages, and that nothing is extracted without a permission that somebody used."""

        db_table = "fugo_saihakko_list"
        verbose_name = "再発行対象者リスト"
        indexes = (models.Index(fields=("-created_at",), name="fugo_saihakko_list_newest"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=("toroku", "shonin_machi", "torikeshi"))
                | Q(
                    state__in=("shonin_zumi", "shiji", "kakunin_zumi"),
                    shonin_id__isnull=False,
                    executed_at__isnull=False,
                )
                & ~Q(executed_by=""),
                name="fugo_saihakko_list_permitted",
            ),
        )


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
        """Name, that a person stands in a list once, and the index of erasure."""

        db_table = "fugo_saihakko_taisho"
        verbose_name = "再発行対象者"
        constraints = (
            models.UniqueConstraint(fields=("saihakko_list_id", "himozuke_bango"), name="fugo_saihakko_taisho_once"),
        )
        indexes = (models.Index(fields=("himozuke_bango",), name="fugo_saihakko_taisho_person"),)
