"""What a clerk typed between two pages: sealed, theirs alone, gone soon."""

import uuid

from django.db import models


class TerminalSlip(models.Model):
    """Search criteria or a form between 入力 and 完了; the 個人番号 is sealed apart."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    actor_id = models.CharField("操作者", max_length=64)
    kind = models.CharField("種別", max_length=20)
    ct_content = models.BinaryField("封をした内容")
    ct_kojin_bango = models.BinaryField("封をした個人番号", null=True)
    created_at = models.DateTimeField("作成時刻")
    expires_at = models.DateTimeField("期限")

    class Meta:
        """Name."""

        db_table = "shikaku_terminal_slip"
        verbose_name = "入力途中の控え"
        indexes = (models.Index(fields=("expires_at",), name="shikaku_slip_expiry"),)
