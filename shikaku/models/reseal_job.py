"""How far an insurer's rows have been brought under its newest key."""

from django.db import models


class ResealJob(models.Model):
    """One walk over the persons of a zone; the しおり moves in the transaction that seals their rows again."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    hokensha_code = models.CharField("保険者コード", max_length=8, primary_key=True)
    run = models.UUIDField("実行の番号")
    key_id = models.IntegerField("封をする鍵の番号")
    bookmark = models.BigIntegerField("しおり", default=0)
    resealed_count = models.BigIntegerField("封をし直した件数", default=0)
    started_at = models.DateTimeField("開始時刻")
    finished_at = models.DateTimeField("終了時刻", null=True)

    class Meta:
        """Name."""

        db_table = "shikaku_reseal_job"
        verbose_name = "封のし直し"
