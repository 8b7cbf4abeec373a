"""Tables of 承認. `zone` is the wall, as with staff; what was asked for and decided is never rewritten."""

import uuid

from django.db import models

from chukan.controls.shokuin.models import Shokuin


class Irai(models.Model):
    """One 依頼: what is asked for, by whom, why, until when, how many have to agree. 根拠: KJ-DUAL-07."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    kind = models.CharField("種類", max_length=40)
    payload = models.JSONField("内容")
    payload_hash = models.BinaryField("内容のハッシュ値", max_length=32)
    riyu = models.CharField("理由", max_length=400)
    hitsuyo_ninzu = models.SmallIntegerField("必要な承認の数")
    shinseisha = models.ForeignKey(Shokuin, on_delete=models.PROTECT, verbose_name="申請者", related_name="+")
    state = models.CharField("状態", max_length=20)
    created_at = models.DateTimeField("作成時刻")
    expires_at = models.DateTimeField("期限")
    used_at = models.DateTimeField("使用時刻", null=True)
    used_by = models.CharField("使用者", max_length=64, blank=True)
    finished_at = models.DateTimeField("終了時刻", null=True)

    class Meta:
        """Name and shape: how many have to agree is the kind's, whoever writes the row."""

        db_table = "shonin_irai"
        verbose_name = "承認の依頼"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind="fugo_saihakko", hitsuyo_ninzu=2)
                | models.Q(kind__in=("joho_teikyo_server_kengen", "baitai"), hitsuyo_ninzu=1),
                name="shonin_irai_hitsuyo_ninzu",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("irai", "hitorime", "shonin_zumi", "jikko_chu", "kanryo", "sashimodoshi", "torisage")
                ),
                name="shonin_irai_state",
            ),
            models.CheckConstraint(
                condition=models.Q(created_at__lt=models.F("expires_at")), name="shonin_irai_expires"
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True, used_by="") & ~models.Q(state__in=("jikko_chu", "kanryo"))
                | models.Q(
                    used_at__isnull=False, state__in=("jikko_chu", "kanryo"), used_at__lt=models.F("expires_at")
                ),
                name="shonin_irai_used_in_time",
            ),
        )
        indexes = (models.Index(fields=("zone", "-created_at"), name="shonin_irai_newest"),)


class Shonin(models.Model):
    """One person's decision about one 依頼, another person's than the applicant's. 根拠: KJ-DUAL-07, KJ-AUTH-20."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    irai = models.ForeignKey(Irai, on_delete=models.PROTECT, verbose_name="承認の依頼", related_name="shonin")
    shinseisha = models.ForeignKey(Shokuin, on_delete=models.PROTECT, verbose_name="申請者", related_name="+")
    payload_hash = models.BinaryField("内容のハッシュ値", max_length=32)
    shoninsha = models.ForeignKey(Shokuin, on_delete=models.PROTECT, verbose_name="判断した者", related_name="+")
    handan = models.CharField("判断", max_length=20)
    comment = models.CharField("判断の理由", max_length=400, blank=True)
    ninsho_id = models.UUIDField("生体認証の番号", null=True, unique=True)
    at = models.DateTimeField("処理日時")

    class Meta:
        """Name and shape; the composite keys of the migration hold applicant and payload to the 依頼's own."""

        db_table = "shonin_shonin"
        verbose_name = "承認"
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(shoninsha=models.F("shinseisha")), name="shonin_shonin_other_person"
            ),
            models.UniqueConstraint(fields=("irai", "shoninsha"), name="shonin_shonin_once"),
            models.CheckConstraint(
                condition=models.Q(handan="shonin", ninsho_id__isnull=False)
                | models.Q(handan="sashimodoshi", ninsho_id__isnull=True),
                name="shonin_shonin_handan",
            ),
        )


class Baitai(models.Model):
    """One medium that an extraction may be written to, by its 媒体ID. 根拠: KJ-DUAL-06."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    baitai_id = models.CharField("媒体ID", max_length=20)
    shurui = models.CharField("媒体の種類", max_length=10)
    irai = models.OneToOneField(Irai, on_delete=models.PROTECT, verbose_name="承認の依頼", related_name="+")
    registered_at = models.DateTimeField("登録時刻")

    class Meta:
        """Name and shape."""

        db_table = "shonin_baitai"
        verbose_name = "許可済みの媒体"
        constraints = (models.UniqueConstraint(fields=("zone", "baitai_id"), name="shonin_baitai_once"),)
