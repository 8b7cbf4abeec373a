"""符号取得要求ファイル: what waits for the operator's act, and what became of it; no person stands in the row."""

import uuid

from django.db import models
from django.db.models import Q


class YokyuFile(models.Model):
    """One request file; its content lies sealed in the object store until 住基ネット has it. 根拠: KJ-RET-17.

    `tsukuri` → `soshin_machi` → (the operator's act) `soshin_chu` → `soshin_zumi`; `haiki` when it was thrown away.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    kind = models.CharField("要求ファイルの種類", max_length=10)  # shinki, saihakko, saiyokyu
    state = models.CharField("状態", max_length=12, default="tsukuri")
    kensu = models.IntegerField("要求の件数", default=0)
    object_key = models.CharField("保管キー", max_length=80, default="")
    sha256 = models.CharField("暗号文のハッシュ値", max_length=64, default="")
    created_at = models.DateTimeField("作成時刻")
    released_at = models.DateTimeField("送信操作の時刻", null=True)
    sent_by = models.CharField("送信操作者", max_length=80, default="")
    ninsho_id = models.UUIDField("生体認証", null=True)
    sent_at = models.DateTimeField("送り始めた時刻", null=True)
    answered_at = models.DateTimeField("回答時刻", null=True)
    erased_at = models.DateTimeField("ファイルの消去時刻", null=True)
    attempts = models.IntegerField("試行回数", default=0)
    lease_until = models.DateTimeField(
        "担当期限", null=True
    )  # while somebody builds or sends it, or until the next try
    last_error = models.CharField("最後の異常", max_length=40, default="")

    class Meta:
        """Name, and the index of what is not at its end."""

        db_table = "fugo_yokyu_file"
        verbose_name = "符号取得要求ファイル"
        indexes = (
            models.Index(
                fields=("created_at",), name="fugo_file_unfinished", condition=~Q(state__in=("soshin_zumi", "haiki"))
            ),
            models.Index(
                fields=("object_key",), name="fugo_file_kept", condition=Q(erased_at__isnull=True) & ~Q(object_key="")
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("ninsho_id",), name="fugo_file_one_per_ninsho"),
            models.CheckConstraint(
                condition=~Q(state__in=("soshin_chu", "soshin_zumi")) | Q(ninsho_id__isnull=False),
                name="fugo_file_sent_by_somebody",
            ),
        )
