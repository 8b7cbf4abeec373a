"""払出しの依頼: what operators see of the requests; counts and codes, nothing about a person."""

import uuid

from django.db import models


class Irai(models.Model):
    """One request that was answered or refused, with how many numbers came to what. 根拠: KJ-MENU-09."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    answered_at = models.DateTimeField("回答時刻")
    client_id = models.CharField("接続システムID", max_length=40)
    jimu_kubun = models.CharField("事務区分", max_length=2)
    hoho = models.CharField("依頼の方法", max_length=8)
    result_code = models.CharField("結果コード", max_length=40)
    issued_count = models.IntegerField("新規の件数", default=0)
    repeated_count = models.IntegerField("再返却の件数", default=0)
    unknown_count = models.IntegerField("該当なしの件数", default=0)

    class Meta:
        """Name, and the index of the newest."""

        db_table = "pmh_irai"
        verbose_name = "PMH-ID払出しの依頼"
        indexes = (models.Index(fields=("answered_at",), name="pmh_irai_answered"),)
