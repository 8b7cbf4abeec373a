"""符号の受領の数: how many codes came and what became of them, by the hour; counts and nothing else."""

import uuid

from django.db import models


class JuryoKazu(models.Model):
    """How many arriving codes of one hour came to one end (`fugo.domain.answer_matching.Juryo`). 根拠: KJ-IN-13."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hour = models.DateTimeField("時間帯の始まり")
    juryo = models.CharField("受領の結果", max_length=16)
    count = models.BigIntegerField("受けた数", default=0)

    class Meta:
        """Name and key."""

        db_table = "fugo_juryo_kazu"
        verbose_name = "符号の受領の数"
        constraints = (models.UniqueConstraint(fields=("hour", "juryo"), name="fugo_juryo_kazu_hour"),)
