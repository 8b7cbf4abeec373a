"""発行履歴: which person was given which PMH-ID; no login role may touch the table, functions are the only way in."""

from django.db import models


class HakkoRireki(models.Model):
    """One issue. Only 紐付番号 and PMH-ID, and the time the keeping is counted from. 根拠: KJ-PMH-03, KJ-PMH-04."""

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = False

    himozuke_bango = models.UUIDField("紐付番号", primary_key=True)
    pmh_id = models.CharField("PMH-ID", max_length=40)
    issued_at = models.DateTimeField("発行時刻")

    class Meta:
        """Name, and that nobody shares a PMH-ID."""

        db_table = "pmh_hakko_rireki"
        verbose_name = "PMH-ID発行履歴"
        constraints = (models.UniqueConstraint(fields=("pmh_id",), name="pmh_hakko_rireki_pmh_id"),)
