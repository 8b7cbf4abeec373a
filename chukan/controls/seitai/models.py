"""Tables of 生体認証: public keys of authenticators, and each confirmation asked for and given. `zone` is the wall."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chukan.controls.shokuin.models import Account, ShokuinSession


class SeitaiAuthenticator(models.Model):
    """One authenticator (認証器) of one person: its public key, and the two administrators who were present."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, verbose_name="アカウント", related_name="+")
    slot = models.SmallIntegerField("認証器の順番")
    meisho = models.CharField("認証器の呼び名", max_length=40)
    credential_id = models.BinaryField("鍵の名前", max_length=1023)
    credential_hash = models.BinaryField("鍵の名前のハッシュ値", max_length=32, unique=True)
    public_key = models.BinaryField("公開鍵", max_length=2048)
    aaguid = models.UUIDField("認証器の機種")
    is_attested = models.BooleanField("機種の証明")
    transports = ArrayField(models.CharField(max_length=20), default=list, verbose_name="認証器のつなぎ方")
    sign_count = models.BigIntegerField("認証器の使用回数")
    registered_at = models.DateTimeField("登録時刻")
    registered_by_1 = models.CharField("登録に立ち会った者（1人目）", max_length=64)
    registered_by_2 = models.CharField("登録に立ち会った者（2人目）", max_length=64)
    last_used_at = models.DateTimeField("最後の使用", null=True)
    ended_at = models.DateTimeField("登録の終了時刻", null=True)
    ended_by = models.CharField("登録を終えた者", max_length=64, blank=True)

    class Meta:
        """Name and shape: at most two live ones per person."""

        db_table = "seitai_authenticator"
        verbose_name = "認証器"
        constraints = (
            models.CheckConstraint(condition=models.Q(slot__in=(1, 2)), name="seitai_authenticator_two"),
            models.UniqueConstraint(
                fields=("account", "slot"), condition=models.Q(ended_at__isnull=True), name="seitai_authenticator_slot"
            ),
            models.CheckConstraint(
                condition=~models.Q(registered_by_1=models.F("registered_by_2")), name="seitai_authenticator_witnesses"
            ),
        )


class SeitaiChallenge(models.Model):
    """One confirmation (生体認証): what it is for, what it is bound to, when it was given and used. 根拠: KJ-AUTH-05.

    The signed bytes stay, so that who confirmed what can be verified later without the person.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, verbose_name="アカウント", related_name="+")
    session = models.ForeignKey(
        ShokuinSession, on_delete=models.PROTECT, verbose_name="ログイン中の記録", related_name="+"
    )
    purpose = models.CharField("生体認証の目的", max_length=40)
    bound_hash = models.BinaryField("対象のハッシュ値", max_length=32)
    nonce = models.BinaryField("乱数", max_length=32)
    challenge = models.BinaryField("署名させる値", max_length=32, unique=True)
    witness_1 = models.CharField("立会者（1人目）", max_length=64, blank=True)
    witness_2 = models.CharField("立会者（2人目）", max_length=64, blank=True)
    created_at = models.DateTimeField("作成時刻")
    expires_at = models.DateTimeField("期限")
    answered_at = models.DateTimeField("応答時刻", null=True)
    verified_at = models.DateTimeField("認証時刻", null=True)
    used_at = models.DateTimeField("使用時刻", null=True)
    refusal = models.CharField("拒否の理由", max_length=40, blank=True)
    authenticator = models.ForeignKey(
        SeitaiAuthenticator, on_delete=models.PROTECT, null=True, verbose_name="認証器", related_name="+"
    )
    client_data = models.BinaryField("署名された画面の情報", null=True)
    authenticator_data = models.BinaryField("署名された認証器の情報", null=True)
    signature = models.BinaryField("署名", null=True)

    class Meta:
        """Name and shape."""

        db_table = "seitai_challenge"
        verbose_name = "生体認証"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True)
                | models.Q(answered_at__isnull=False, authenticator__isnull=False, refusal=""),
                name="seitai_challenge_verified_once_answered",
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(verified_at__isnull=False),
                name="seitai_challenge_used_once_verified",
            ),
        )
