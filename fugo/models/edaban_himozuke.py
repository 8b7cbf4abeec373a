"""枝番紐付: which 被保険者枝番 of an insurer hangs on which person; 枝番紐付件数 is its count per person."""

import uuid

from django.db import models


class EdabanHimozuke(models.Model):
    """One member of one insurer who asked for a code, whoever's registration made the request. 根拠: KJ-FUGO-05."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    hihokensha_edaban = models.BigIntegerField("被保険者枝番")
    himozuke_bango = models.UUIDField("紐付番号")
    toroku_nichiji = models.DateTimeField("登録日時")
    uketsuke_bango = models.CharField("受付番号", max_length=19, default="")
    uketsuke_meisai_bango = models.CharField("受付明細番号", max_length=7, default="")

    class Meta:
        """Name, one row per member, found from the person and in the order pages go."""

        db_table = "fugo_edaban_himozuke"
        verbose_name = "枝番紐付"
        constraints = (
            models.UniqueConstraint(fields=("hokensha_code", "hihokensha_edaban"), name="fugo_himozuke_edaban"),
        )
        indexes = (
            models.Index(fields=("himozuke_bango", "hokensha_code"), name="fugo_himozuke_person"),
            models.Index(fields=("hokensha_code", "id"), name="fugo_himozuke_page"),
        )
