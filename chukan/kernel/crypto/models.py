"""The key table: wrapped data keys. What unwraps them is in the keystore, never here."""

from django.db import models
from django.db.models.functions import Now


class CryptoKey(models.Model):
    """One data key, wrapped; a key is retired or destroyed, its row is never deleted."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    id = models.AutoField("鍵番号", primary_key=True)
    purpose = models.CharField("用途", max_length=40)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    kek_version = models.IntegerField("鍵暗号化鍵の版")
    wrapped = models.BinaryField("包まれた鍵")
    alg = models.SmallIntegerField("暗号方式")
    state = models.CharField("状態", max_length=12)
    created_at = models.DateTimeField("作成時刻", db_default=Now())
    retired_at = models.DateTimeField("封をやめた時刻", null=True)
    destroyed_at = models.DateTimeField("廃棄時刻", null=True)

    class Meta:
        """Name and constraints."""

        db_table = "crypto_key"
        verbose_name = "暗号鍵"
        constraints = (
            models.UniqueConstraint(
                fields=("purpose", "hokensha_code"),
                condition=models.Q(state="active"),
                nulls_distinct=False,
                name="crypto_key_one_active",
            ),
            models.UniqueConstraint(
                fields=("purpose", "hokensha_code"),
                condition=models.Q(state="pre"),
                nulls_distinct=False,
                name="crypto_key_one_pre",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("pre", "active", "decrypt_only", "destroyed")), name="crypto_key_state"
            ),
        )
