"""How far the hashes or tokens of an insurer have been made again under the newest key of their kind."""

import uuid

from django.db import models


class ReindexJob(models.Model):
    """One walk over the persons of a zone; the しおり moves in the transaction that makes their hashes again."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    hokensha_code = models.CharField("保険者コード", max_length=8)
    kind = models.CharField("索引の種類", max_length=12)
    run = models.UUIDField("実行の番号")
    key_id = models.IntegerField("索引値を作った鍵の番号")
    bookmark = models.BigIntegerField("しおり", default=0)
    changed_count = models.BigIntegerField("作り直した件数", default=0)
    started_at = models.DateTimeField("開始時刻")
    finished_at = models.DateTimeField("終了時刻", null=True)

    class Meta:
        """Name and key."""

        db_table = "shikaku_reindex_job"
        verbose_name = "索引値の作り直し"
        constraints = (models.UniqueConstraint(fields=("hokensha_code", "kind"), name="shikaku_reindex_job_once"),)
