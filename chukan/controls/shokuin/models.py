"""Tables of staff. `zone` is the wall: the 保険者コード of an insurer, or the name of the operator (組織).

The web role sees the rows of one zone only; before the zone is known it asks the two functions of the migration.
"""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Shokuin(models.Model):
    """One member of staff (職員) of an insurer or of an operator."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    soshiki = models.CharField("組織", max_length=20)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    shokuin_id = models.CharField("職員ID", max_length=32)
    shimei = models.CharField("氏名", max_length=100)
    kubun = models.CharField("職員区分", max_length=20)
    registered_at = models.DateTimeField("登録時刻")
    registered_by = models.CharField("登録者", max_length=64)

    class Meta:
        """Name and shape."""

        db_table = "shokuin_shokuin"
        verbose_name = "職員"
        constraints = (
            models.UniqueConstraint(fields=("zone", "shokuin_id"), name="shokuin_shokuin_id_once"),
            models.UniqueConstraint(
                fields=("shokuin_id",),
                condition=models.Q(hokensha_code__isnull=True),
                name="shokuin_operator_id_once",
            ),
            models.CheckConstraint(
                condition=models.Q(soshiki="hokensha", zone=models.F("hokensha_code"))
                | models.Q(
                    soshiki__in=("shiharai_kikin", "kokuho_chuokai", "unyo_hoshu"),
                    zone=models.F("soshiki"),
                    hokensha_code__isnull=True,
                ),
                name="shokuin_zone_of_soshiki",
            ),
            models.CheckConstraint(condition=models.Q(kubun__in=("ippan", "system_kanri")), name="shokuin_kubun_known"),
        )


class AccountManager(BaseUserManager["Account"]):
    """Accounts are made by actions; Django's own helpers are not offered."""


class Account(AbstractBaseUser):
    """The one personal account (ID) of one member of staff, with dated validity. 根拠: KJ-AUTH-01."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    password = models.CharField("パスワードのハッシュ値", max_length=128)
    last_login = models.DateTimeField("最後のログイン", null=True)
    shokuin = models.OneToOneField(Shokuin, on_delete=models.PROTECT, verbose_name="職員", related_name="account")
    valid_from = models.DateField("有効開始日")
    valid_to = models.DateField("無効日")
    confirmed_on = models.DateField("有効期間の確認日")
    password_changed_at = models.DateTimeField("パスワード変更時刻")
    must_change = models.BooleanField("パスワード変更要")
    former_passwords = ArrayField(models.CharField(max_length=200), default=list, verbose_name="過去のパスワード")

    objects = AccountManager()
    USERNAME_FIELD = "id"
    REQUIRED_FIELDS = []

    class Meta:
        """Name and shape: an account that was ended on its first day was valid on none."""

        db_table = "shokuin_account"
        verbose_name = "アカウント"
        constraints = (
            models.CheckConstraint(condition=models.Q(valid_from__lte=models.F("valid_to")), name="account_period"),
            models.CheckConstraint(
                condition=models.Q(valid_from__lte=models.F("confirmed_on")), name="account_confirmed_after_start"
            ),
        )


class ShokuinSession(models.Model):
    """One sign-in: a random key of which only the hash is held, times of the server, and why it ended."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = True

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.CharField("区画", max_length=20)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, verbose_name="アカウント", related_name="sessions")
    key_hash = models.BinaryField("鍵のハッシュ値", max_length=32, unique=True)
    terminal = models.CharField("端末", max_length=64, blank=True)
    started_at = models.DateTimeField("開始時刻")
    active_at = models.DateTimeField("最後の操作")
    locked_at = models.DateTimeField("ロック時刻", null=True)
    step_up_at = models.DateTimeField("再認証時刻", null=True)
    ended_at = models.DateTimeField("終了時刻", null=True)
    ended_reason = models.CharField("終了理由", max_length=20, blank=True)
    previous_login_at = models.DateTimeField("前回のログイン", null=True)
    seitai_at = models.DateTimeField("生体認証時刻", null=True)

    class Meta:
        """Name and shape: one live session per account (KJ-AUTH-02)."""

        db_table = "shokuin_session"
        verbose_name = "ログイン中の記録"
        constraints = (
            models.UniqueConstraint(
                fields=("account",), condition=models.Q(ended_at__isnull=True), name="shokuin_session_one_live"
            ),
        )


class LoginAttempt(models.Model):
    """Tries in a row against one account, or against a typed name nobody has (kept as a hash)."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    key = models.CharField("対象", max_length=80, primary_key=True)
    tries = models.IntegerField("試行回数")
    last_try_at = models.DateTimeField("最後の試行")
    paused_until = models.DateTimeField("停止の終わり", null=True)

    class Meta:
        """Name."""

        db_table = "shokuin_login_attempt"
        verbose_name = "ログインの試行"
