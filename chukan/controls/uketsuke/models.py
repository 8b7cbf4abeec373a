"""Tables of 受付: the receipt, one result per line, the refused lines sealed until they are mended, why it is held."""

import uuid

from django.db import models

from chukan.controls.uketsuke.domain import UKETSUKE


class Uketsuke(models.Model):
    """One file, or one single registration, from one sender; the queue of record of the bulk work."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    uketsuke_bango = models.CharField("受付番号", max_length=19, unique=True)
    sender = models.CharField("送信者", max_length=40)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    shubetsu = models.CharField("種別", max_length=10)
    state = models.CharField("状態", max_length=10, default=UKETSUKE)
    single = models.BooleanField("1件の登録", default=False)
    channel = models.CharField("経路", max_length=12)
    accepted_by = models.CharField("受け付けた相手", max_length=64)
    accepted_by_name = models.CharField("受け付けた相手の名", max_length=100)
    file_name = models.CharField("送信されたファイルの名", max_length=200, default="")
    file_key = models.CharField("保管キー", max_length=64, default="")
    file_size = models.BigIntegerField("大きさ", default=0)
    digest = models.BinaryField("ダイジェスト", null=True)
    resend_of = models.UUIDField("再送信元", null=True)
    encoding = models.CharField("文字コード", max_length=10, default="")
    header = models.JSONField("見出し", default=dict)
    bookmark = models.IntegerField("しおり", default=0)
    line_count = models.IntegerField("総件数", default=0)
    ok_count = models.IntegerField("正常件数", default=0)
    warned_count = models.IntegerField("警告件数", default=0)
    refused_count = models.IntegerField("異常件数", default=0)
    reason_code = models.CharField("理由コード", max_length=20, default="")
    accepted_at = models.DateTimeField("受付時刻")
    started_at = models.DateTimeField("開始時刻", null=True)
    finished_at = models.DateTimeField("終了時刻", null=True)
    moved_at = models.DateTimeField("最後に動いた時刻")
    lease_until = models.DateTimeField("担当期限", null=True)
    attempts = models.IntegerField("試行回数", default=0)
    refused_until = models.DateTimeField("訂正待ちの期限", null=True)
    rung_at = models.DateTimeField("担当を呼んだ時刻", null=True)
    file_erased_at = models.DateTimeField("ファイルの消去時刻", null=True)

    class Meta:
        """Name, indexes and the rule that a file comes once."""

        db_table = "uketsuke_uketsuke"
        verbose_name = "受付"
        indexes = (
            models.Index(fields=("sender", "-accepted_at"), name="uketsuke_sender_newest"),
            models.Index(
                fields=("moved_at",),
                name="uketsuke_running",
                condition=models.Q(state__in=("uketsuke", "kensa", "shori")),
            ),
            models.Index(fields=("file_key",), name="uketsuke_file_kept", condition=~models.Q(file_key="")),
            models.Index(
                fields=("sender", "digest"), name="uketsuke_same_file", condition=models.Q(digest__isnull=False)
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("sender", "digest"),
                name="uketsuke_same_file_once",
                condition=models.Q(resend_of__isnull=True, digest__isnull=False) & ~models.Q(state="kyohi"),
            ),
        )


class UketsukeMeisai(models.Model):
    """The result of one line: 1 正常, 2 正常（警告あり）, 9 異常, with every code."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = False

    pk = models.CompositePrimaryKey("uketsuke_id", "meisai_no")
    uketsuke_id = models.UUIDField("受付")
    meisai_no = models.IntegerField("明細の番号")
    sender = models.CharField("送信者", max_length=40)
    line_number = models.IntegerField("行番号")
    shori_kekka_kubun = models.CharField("処理結果区分", max_length=1)
    shori_kekka_meisai_code = models.TextField("処理結果明細コード", default="")
    shori_kekka_shosai_code = models.TextField("処理結果詳細コード", default="")
    hihokensha_edaban = models.BigIntegerField("被保険者枝番", null=True)
    shikaku_tsuban = models.IntegerField("資格通番", null=True)

    class Meta:
        """Name and the index of what needs mending."""

        db_table = "uketsuke_meisai"
        verbose_name = "受付明細"
        indexes = (
            models.Index(
                fields=("uketsuke_id", "meisai_no"),
                name="uketsuke_meisai_notable",
                condition=~models.Q(shori_kekka_kubun="1"),
            ),
        )


class Teiseimachi(models.Model):
    """One refused line, sealed under the key of its file alone, until it is mended, thrown away or expired."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    pk = models.CompositePrimaryKey("uketsuke_id", "meisai_no")
    uketsuke_id = models.UUIDField("受付")
    meisai_no = models.IntegerField("明細の番号")
    sender = models.CharField("送信者", max_length=40)
    ct_line = models.BinaryField("封をした行")

    class Meta:
        """Name."""

        db_table = "uketsuke_teiseimachi"
        verbose_name = "訂正待ち"


class Horyu(models.Model):
    """Why a file is held for one insurer, as counts, and what that insurer decided."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    pk = models.CompositePrimaryKey("uketsuke_id", "hokensha_code")
    uketsuke_id = models.UUIDField("受付")
    hokensha_code = models.CharField("保険者コード", max_length=8)
    sender = models.CharField("送信者", max_length=40)
    valid_count = models.IntegerField("有効な加入者の数")
    joining_count = models.IntegerField("ファイルで取得する件数")
    limit_percent = models.IntegerField("保留の基準")
    reasons = models.JSONField("保留の理由")
    held_at = models.DateTimeField("保留時刻")
    decision = models.CharField("保留への決定", max_length=10, default="")
    decided_at = models.DateTimeField("決定時刻", null=True)
    decided_by = models.CharField("決定者", max_length=64, default="")
    decided_by_name = models.CharField("決定者の名", max_length=100, default="")

    class Meta:
        """Name."""

        db_table = "uketsuke_horyu"
        verbose_name = "保留"
