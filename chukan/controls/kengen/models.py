"""Dated rights. A right is never changed: it is given, and it ends."""

import uuid

from django.db import models

from chukan.controls.shokuin.models import Shokuin


class KengenFuyo(models.Model):
    """One 業務権限 given to one member of staff: a 事務 and 照会 or 更新, from a day until a day. 根拠: KJ-AUTH-13."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    shokuin = models.ForeignKey(Shokuin, on_delete=models.PROTECT, verbose_name="職員", related_name="kengen")
    jimu = models.CharField("事務", max_length=40)
    action = models.CharField("操作", max_length=10)
    valid_from = models.DateField("有効開始日")
    valid_to = models.DateField("無効日")
    granted_at = models.DateTimeField("付与時刻")
    granted_by = models.CharField("付与者", max_length=64)
    approved_by = models.CharField("承認者", max_length=64, null=True)
    ended_at = models.DateTimeField("取消時刻", null=True)
    ended_by = models.CharField("取消者", max_length=64, null=True)

    class Meta:
        """Name and shape."""

        db_table = "kengen_fuyo"
        verbose_name = "権限の付与"
        constraints = (
            models.UniqueConstraint(
                fields=("shokuin", "jimu", "action"),
                condition=models.Q(ended_at__isnull=True),
                name="kengen_fuyo_once",
            ),
            models.CheckConstraint(condition=models.Q(action__in=("shokai", "koshin")), name="kengen_fuyo_action"),
            models.CheckConstraint(condition=models.Q(valid_from__lt=models.F("valid_to")), name="kengen_fuyo_period"),
        )


class KojinBangoToriatsukai(models.Model):
    """The 個人番号取扱権限 of one member of staff for one 事務: a row of its own, never implied by another right.

    根拠: KJ-AUTH-14.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    shokuin = models.ForeignKey(Shokuin, on_delete=models.PROTECT, verbose_name="職員", related_name="toriatsukai")
    jimu = models.CharField("事務", max_length=40)
    valid_from = models.DateField("有効開始日")
    valid_to = models.DateField("無効日")
    granted_at = models.DateTimeField("付与時刻")
    granted_by = models.CharField("付与者", max_length=64)
    approved_by = models.CharField("承認者", max_length=64, null=True)
    ended_at = models.DateTimeField("取消時刻", null=True)
    ended_by = models.CharField("取消者", max_length=64, null=True)

    class Meta:
        """Name and shape."""

        db_table = "kengen_kojin_bango_toriatsukai"
        verbose_name = "個人番号取扱権限"
        constraints = (
            models.UniqueConstraint(
                fields=("shokuin", "jimu"), condition=models.Q(ended_at__isnull=True), name="kengen_toriatsukai_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")), name="kengen_toriatsukai_period"
            ),
        )
