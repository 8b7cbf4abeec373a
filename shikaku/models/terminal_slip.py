"""What a clerk typed between two pages, and what came of it: sealed, theirs alone, gone soon."""

import uuid

from django.db import models


class TerminalSlip(models.Model):
    """Search criteria or a form between 入力 and 完了; the 個人番号 is sealed apart.

    Once spent it holds the answer instead, and nothing that was typed.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    actor_id = models.CharField("操作者", max_length=64)
    kind = models.CharField("種別", max_length=20)
    ct_content = models.BinaryField("封をした内容", null=True)
    ct_kojin_bango = models.BinaryField("封をした個人番号", null=True)
    ct_answer = models.BinaryField("封をした答え", null=True)
    created_at = models.DateTimeField("作成時刻")
    expires_at = models.DateTimeField("期限")

    class Meta:
        """Name, and that an answer stands in the place of what was typed."""

        db_table = "shikaku_terminal_slip"
        verbose_name = "入力途中の控え"
        indexes = (models.Index(fields=("expires_at",), name="shikaku_slip_expiry"),)
        constraints = (
            models.CheckConstraint(
                name="shikaku_slip_typed_or_answered",
                condition=models.Q(ct_content__isnull=False, ct_answer__isnull=True)
                | models.Q(ct_content__isnull=True, ct_kojin_bango__isnull=True, ct_answer__isnull=False),
            ),
        )
