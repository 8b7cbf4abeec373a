"""符号取得要求: one request for the code of one person, whoever insures; reached through functions only."""

from django.db import models
from django.db.models import Q

_OPEN = Q(fugo_uketsuke_nichiji__isnull=True)
# In no file: the next one takes it, unless it was left out of the last one for a reason.
_WAITING = Q(yokyu_file_id__isnull=True, fugo_uketsuke_nichiji__isnull=True)
_NO_REASON = Q(shori_kekka_shosai_code="")
_DUE = _WAITING & _NO_REASON


class ShutokuYokyu(models.Model):
    """One request and its five stamps. A trigger refuses a step back, a step left out and a change of a finished one.

    Indexes stand on stamps, not on the state: the step to 設定 then touches none of them. 根拠: KJ-FUGO-04.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = True

    shori_tsuban = models.UUIDField("処理通番", primary_key=True)
    himozuke_bango = models.UUIDField("紐付番号")
    fugo_shutoku_status = models.CharField("符号取得ステータス", max_length=1, default="1")
    fugo_status_koshin_nichiji = models.DateTimeField("符号取得ステータス更新日時")
    fugo_yokyu_uketsuke_nichiji = models.DateTimeField("符号取得要求受付日時")
    fugo_tenso_nichiji = models.DateTimeField("符号取得要求転送日時", null=True)
    fugo_soshin_nichiji = models.DateTimeField("符号取得要求送信日時", null=True)
    fugo_uketsuke_nichiji = models.DateTimeField("機関別符号受付日時", null=True)
    fugo_settei_nichiji = models.DateTimeField("機関別符号設定日時", null=True)
    fugo_saihakko_flag = models.BooleanField("符号再発行フラグ", default=False)
    saihakko_list_id = models.UUIDField("再発行対象者リスト", null=True)
    # Where the request comes from: the zone whose 個人番号 goes into the file.
    hokensha_code = models.CharField("保険者コード", max_length=8)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    uketsuke_bango = models.CharField("受付番号", max_length=19, default="")
    uketsuke_meisai_bango = models.CharField("受付明細番号", max_length=7, default="")
    yokyu_file_id = models.UUIDField("要求ファイル", null=True)  # the one it waits in or last went with
    last_sent_at = models.DateTimeField("最後に送り始めた時刻", null=True)
    asked_count = models.IntegerField("送った回数", default=0)
    shori_kekka_shosai_code = models.CharField("処理結果詳細コード", max_length=40, default="")
    shori_kekka_message = models.CharField("処理結果メッセージ", max_length=200, default="")

    class Meta:
        """Name, one open request per person, the order of the stamps, and the indexes of what waits."""

        db_table = "fugo_shutoku_yokyu"
        verbose_name = "符号取得要求"
        constraints = (
            models.UniqueConstraint(fields=("himozuke_bango",), name="fugo_yokyu_one_open", condition=_OPEN),
            models.CheckConstraint(
                condition=Q(
                    fugo_shutoku_status="1",
                    fugo_tenso_nichiji__isnull=True,
                    fugo_soshin_nichiji__isnull=True,
                    fugo_uketsuke_nichiji__isnull=True,
                    fugo_settei_nichiji__isnull=True,
                )
                | Q(
                    fugo_shutoku_status="2",
                    fugo_tenso_nichiji__isnull=False,
                    fugo_soshin_nichiji__isnull=True,
                    fugo_uketsuke_nichiji__isnull=True,
                    fugo_settei_nichiji__isnull=True,
                )
                | Q(
                    fugo_shutoku_status="3",
                    fugo_tenso_nichiji__isnull=False,
                    fugo_soshin_nichiji__isnull=False,
                    fugo_uketsuke_nichiji__isnull=True,
                    fugo_settei_nichiji__isnull=True,
                )
                | Q(
                    fugo_shutoku_status="4",
                    fugo_tenso_nichiji__isnull=False,
                    fugo_soshin_nichiji__isnull=False,
                    fugo_uketsuke_nichiji__isnull=False,
                    fugo_settei_nichiji__isnull=True,
                )
                | Q(
                    fugo_shutoku_status="5",
                    fugo_tenso_nichiji__isnull=False,
                    fugo_soshin_nichiji__isnull=False,
                    fugo_uketsuke_nichiji__isnull=False,
                    fugo_settei_nichiji__isnull=False,
                ),
                name="fugo_yokyu_stamps",
            ),
        )
        indexes = (
            models.Index(fields=("himozuke_bango", "shori_tsuban"), name="fugo_yokyu_person"),
            models.Index(
                fields=("yokyu_file_id", "hokensha_code", "shori_tsuban"), name="fugo_yokyu_in_file", condition=_OPEN
            ),
            models.Index(
                fields=("fugo_saihakko_flag", "fugo_yokyu_uketsuke_nichiji"), name="fugo_yokyu_due", condition=_DUE
            ),
            models.Index(
                fields=("fugo_yokyu_uketsuke_nichiji",), name="fugo_yokyu_left_out", condition=_WAITING & ~_NO_REASON
            ),
            models.Index(fields=("last_sent_at",), name="fugo_yokyu_unanswered", condition=_OPEN),
        )
