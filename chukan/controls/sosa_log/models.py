"""Tables of the operation log: events as they were written, their leaves in order, signed checkpoints."""

from typing import TYPE_CHECKING, cast

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _NumberField = models.Field[int, int]
else:
    _NumberField = models.Field  # takes no parameters while running


class Xid8Field(_NumberField):
    """The number of the transaction that wrote the row: rows become final in this order."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return PostgreSQL's type."""
        return "xid8"

    def from_db_value(self, value: object, *_args: object) -> int | None:
        """Return the number."""
        return None if value is None else int(cast("str | int", value))


class SosaLogEvent(models.Model):
    """One operation, written in the transaction of the operation itself; `body` is what is sealed."""

    class ChukanMeta:
        """Table kind."""

        kind = "append_only"
        mutable = False

    id = models.BigAutoField("番号", primary_key=True)
    xid = Xid8Field(
        "取引番号", db_default=models.Func(function="pg_current_xact_id", output_field=models.BigIntegerField())
    )
    stream = models.CharField("系列", max_length=20)
    at = models.DateTimeField("処理日時")
    salt = models.BinaryField("塩")
    body = models.BinaryField("封印する内容")
    hokensha_code = models.CharField("保険者コード", max_length=8, null=True)
    channel = models.CharField("経路", max_length=12)
    soshiki = models.CharField("所属", max_length=100)
    actor_id = models.CharField("操作者ID", max_length=64)
    actor_name = models.CharField("操作者", max_length=100)
    terminal = models.CharField("端末", max_length=100)
    jimu = models.CharField("事務", max_length=40)
    target_file = models.CharField("対象ファイル", max_length=60)
    kind = models.CharField("操作種別", max_length=30)
    targets = ArrayField(models.TextField(), verbose_name="対象キー")
    result = models.CharField("結果", max_length=10)
    screen_id = models.CharField("画面ID", max_length=10)
    request_id = models.CharField("要求番号", max_length=64)

    class Meta:
        """Name and indexes."""

        db_table = "sosa_log_event"
        verbose_name = "操作ログ"
        indexes = (
            models.Index(fields=("xid", "id"), name="sosa_log_event_order"),
            models.Index(fields=("hokensha_code", "id"), name="sosa_log_event_zone"),
            models.Index(fields=("at",), name="sosa_log_event_at"),
            models.Index(fields=("actor_id", "id"), name="sosa_log_event_actor"),
            GinIndex(fields=("targets",), name="sosa_log_event_targets"),
        )


class SosaLogLeaf(models.Model):
    """One event in its place in the Merkle log of a stream."""

    class ChukanMeta:
        """Table kind."""

        kind = "append_only"
        mutable = False

    pk = models.CompositePrimaryKey("stream", "idx")
    stream = models.CharField("系列", max_length=20)
    idx = models.BigIntegerField("順番")
    event_id = models.BigIntegerField("操作ログ番号", unique=True)
    event_xid = Xid8Field("取引番号")
    leaf_hash = models.BinaryField("葉のハッシュ")

    class Meta:
        """Name."""

        db_table = "sosa_log_leaf"
        verbose_name = "操作ログの葉"


class SosaLogCheckpoint(models.Model):
    """One signed statement: this many events, this root."""

    class ChukanMeta:
        """Table kind."""

        kind = "append_only"
        mutable = False

    pk = models.CompositePrimaryKey("stream", "size")
    stream = models.CharField("系列", max_length=20)
    size = models.BigIntegerField("件数")
    root = models.BinaryField("根のハッシュ")
    note = models.TextField("署名付きの記録")
    sealed_at = models.DateTimeField("封印時刻")

    class Meta:
        """Name."""

        db_table = "sosa_log_checkpoint"
        verbose_name = "操作ログの封印"
