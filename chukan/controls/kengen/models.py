"""Dated rights, which are given and end, never changed; and what is typed of them between two pages."""

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


class StaffSlip(models.Model):
    """A registration or change of one member of staff between 入力 and 完了: sealed, its writer's alone, gone soon.

    Once spent it holds the answer instead, with the password for the first sign-in, and nothing that was typed.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    zone = models.CharField("区画", max_length=20)
    actor_id = models.CharField("操作者", max_length=64)
    ct_content = models.BinaryField("封をした内容", null=True)
    ct_answer = models.BinaryField("封をした答え", null=True)
    created_at = models.DateTimeField("作成時刻")
    expires_at = models.DateTimeField("期限")

    class Meta:
        """Name, and that an answer stands in the place of what was typed."""

        db_table = "kengen_staff_slip"
        verbose_name = "職員登録の控え"
        indexes = (models.Index(fields=("expires_at",), name="kengen_slip_expiry"),)
        constraints = (
            models.CheckConstraint(
                name="kengen_slip_typed_or_answered",
                condition=models.Q(ct_content__isnull=False, ct_answer__isnull=True)
                | models.Q(ct_content__isnull=True, ct_answer__isnull=False),
            ),
        )
