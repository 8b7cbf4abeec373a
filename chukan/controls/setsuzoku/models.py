"""Tables of connecting systems. Signatures and Content-Digest are not kept; answers are kept sealed."""

import uuid

from django.db import models


class Client(models.Model):
    """One registered system."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    client_id = models.CharField("接続システムID", max_length=40, primary_key=True)
    kind = models.CharField("種類", max_length=20)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    valid_from = models.DateField("有効開始日")
    valid_to = models.DateField("有効終了日", null=True)
    registered_by = models.CharField("登録者", max_length=64)
    registered_at = models.DateTimeField("登録時刻")

    class Meta:
        """Name and shape."""

        db_table = "setsuzoku_client"
        verbose_name = "接続システム"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind="hokensha", hokensha_code__isnull=False)
                | (~models.Q(kind="hokensha") & models.Q(hokensha_code__isnull=True)),
                name="setsuzoku_client_zone",
            ),
        )


class ClientHokensha(models.Model):
    """One insurer that a 国保情報集約システム carries."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    client = models.ForeignKey(Client, on_delete=models.PROTECT, verbose_name="接続システム", related_name="carries")
    hokensha_code = models.CharField("保険者コード", max_length=8)

    class Meta:
        """Name and shape."""

        db_table = "setsuzoku_client_hokensha"
        verbose_name = "取扱保険者"
        constraints = (
            models.UniqueConstraint(fields=("client", "hokensha_code"), name="setsuzoku_client_hokensha_once"),
        )


class ClientKey(models.Model):
    """One public key of a system with its days of use; two may overlap for rotation."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, verbose_name="接続システム", related_name="client_keys"
    )
    kid = models.CharField("鍵ID", max_length=100)
    jwk = models.JSONField("公開鍵")
    valid_from = models.DateField("有効開始日")
    valid_to = models.DateField("有効終了日", null=True)
    registered_at = models.DateTimeField("登録時刻")
    proven_at = models.DateTimeField("所持の確認時刻", null=True)

    class Meta:
        """Name and shape."""

        db_table = "setsuzoku_client_key"
        verbose_name = "接続システムの鍵"
        constraints = (models.UniqueConstraint(fields=("client", "kid"), name="setsuzoku_client_key_once"),)


class ClientItaku(models.Model):
    """The confirmed entrustment of one PMH 事務. 根拠: KJ-PMH-08."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    client = models.ForeignKey(Client, on_delete=models.PROTECT, verbose_name="接続システム", related_name="itaku")
    jimu_kubun = models.CharField("事務区分", max_length=2)
    kakuninsha = models.CharField("確認者", max_length=100)
    kakunin_ymd = models.DateField("確認年月日")
    minaoshi_ymd = models.DateField("見直し年月日")

    class Meta:
        """Name and shape."""

        db_table = "setsuzoku_client_itaku"
        verbose_name = "委託の確認"
        constraints = (models.UniqueConstraint(fields=("client", "jimu_kubun"), name="setsuzoku_client_itaku_once"),)


class Nonce(models.Model):
    """A nonce that was accepted; it is accepted once."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = False

    pk = models.CompositePrimaryKey("client_id", "nonce_sha256")
    client_id = models.CharField("接続システムID", max_length=40)
    nonce_sha256 = models.BinaryField("使い捨て番号のハッシュ値")
    expires_at = models.DateTimeField("署名の期限")

    class Meta:
        """Name and index."""

        db_table = "setsuzoku_nonce"
        verbose_name = "使い捨て番号"
        indexes = (models.Index(fields=("expires_at",), name="setsuzoku_nonce_expiry"),)


class RateWindow(models.Model):
    """When the next request of a client would be due if it kept to its rate (GCRA); unlogged."""

    class ChukanMeta:
        """Table kind."""

        kind = "hub"
        mutable = True

    client_id = models.CharField("接続システムID", max_length=40, primary_key=True)
    due_at = models.DateTimeField("次の予定時刻")

    class Meta:
        """Name."""

        db_table = "setsuzoku_rate_window"
        verbose_name = "流量"


class Idempotency(models.Model):
    """The first answer to an Idempotency-Key, sealed, for 7 days."""

    class ChukanMeta:
        """Table kind."""

        kind = "insurer"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True, default=uuid.uuid4)
    sender = models.CharField("送信者", max_length=40)
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    client_id = models.CharField("接続システムID", max_length=40)
    path = models.CharField("宛先", max_length=100)
    key = models.CharField("冪等キー", max_length=64)
    fingerprint = models.BinaryField("比較値")
    status = models.SmallIntegerField("状態コード")
    content_type = models.CharField("形式", max_length=60)
    ct_answer = models.BinaryField("封をした答え")
    answered_at = models.DateTimeField("回答時刻")
    expires_at = models.DateTimeField("保存期限")

    class Meta:
        """Name, index and the rule that a key is answered once."""

        db_table = "setsuzoku_idempotency"
        verbose_name = "冪等キーの答え"
        indexes = (models.Index(fields=("expires_at",), name="setsuzoku_idempotency_expiry"),)
        constraints = (
            models.UniqueConstraint(fields=("sender", "client_id", "path", "key"), name="setsuzoku_idempotency_once"),
        )
