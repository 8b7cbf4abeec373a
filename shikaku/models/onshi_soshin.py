"""Telegrams owed to オンライン資格確認: who and in which order; the content is built when it is sent."""

from django.db import models


class OnshiSoshin(models.Model):
    """One telegram owed, sent again until it is received, and the 処理結果 that came back. 根拠: KJ-EXT-04.

    A `pmh_id` is about a person across insurers and has no zone: no insurer sees that there is one (docs/adr/0019).
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    soshin_bango = models.UUIDField("送信番号", primary_key=True)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番", null=True)
    himozuke_bango = models.UUIDField("紐付番号")
    jun = models.BigIntegerField("電文の順")
    kind = models.CharField("電文の種別", max_length=10)
    as_of = models.DateTimeField("この時点の状態を送る")
    owed_at = models.DateTimeField("送ることになった時刻")
    available_at = models.DateTimeField("次に送る時刻")
    attempts = models.IntegerField("試行回数", default=0)
    lease_until = models.DateTimeField("担当期限", null=True)  # while a sender has it in hand
    sent_at = models.DateTimeField("受領された時刻", null=True)
    shori_kekka_kubun = models.CharField("処理結果区分", max_length=1, default="")
    shori_kekka_meisai_code = models.CharField("処理結果明細コード", max_length=40, default="")
    answered_at = models.DateTimeField("結果を受けた時刻", null=True)

    class Meta:
        """Name, order per person, and the index of what waits."""

        db_table = "shikaku_onshi_soshin"
        verbose_name = "オン資への送信"
        constraints = (
            models.UniqueConstraint(fields=("himozuke_bango", "jun"), name="shikaku_soshin_jun"),
            models.CheckConstraint(
                condition=models.Q(kind="pmh_id", hokensha_code__isnull=True, hihokensha_edaban__isnull=True)
                | (~models.Q(kind="pmh_id") & models.Q(hokensha_code__isnull=False, hihokensha_edaban__isnull=False)),
                name="shikaku_soshin_zone",
            ),
        )
        indexes = (
            models.Index(
                fields=("available_at",), name="shikaku_soshin_waiting", condition=models.Q(sent_at__isnull=True)
            ),
            # What is tried again is found without a walk through all that waits for its first time.
            models.Index(
                fields=("available_at",),
                name="shikaku_soshin_again",
                condition=models.Q(sent_at__isnull=True, attempts__gt=0),
            ),
            models.Index(fields=("hokensha_code", "hihokensha_edaban"), name="shikaku_soshin_kanyusha"),
            models.Index(
                fields=("hokensha_code", "owed_at"),
                name="shikaku_soshin_refused",
                condition=models.Q(shori_kekka_kubun="9"),
            ),
            models.Index(fields=("sent_at",), name="shikaku_soshin_pmh_id", condition=models.Q(kind="pmh_id")),
        )
