"""機関別符号: the issues of a person's code, sealed; reached through functions only, shown to nobody."""

from django.db import models
from django.db.models import Q


class KikanbetsuFugo(models.Model):
    """One issue. The value never changes; a later issue supersedes it. 根拠: KJ-FUGO-01, KJ-RET-16, KJ-ENC-02.

    `yoto` widens once, from 自己情報表示 alone to 情報連携, when an insurer of another kind is linked to the person.
    """

    class ChukanMeta:
        """Table kind."""

        kind = "person"
        mutable = False

    id = models.UUIDField("行ID", primary_key=True)
    himozuke_bango = models.UUIDField("紐付番号")
    ct_kikanbetsu_fugo = models.BinaryField("封をした機関別符号")
    bi_kikanbetsu_fugo = models.BinaryField("機関別符号の索引値")
    shori_tsuban = models.UUIDField("処理通番")
    hakko_no = models.IntegerField("発行の番号")  # 1, 2 … of the person
    yoto = models.CharField("符号の用途", max_length=1)
    fugo_saihakko_flag = models.BooleanField("符号再発行フラグ", default=False)
    fugo_uketsuke_nichiji = models.DateTimeField("機関別符号受付日時")
    fugo_settei_nichiji = models.DateTimeField("機関別符号設定日時")
    superseded_at = models.DateTimeField("置き換えられた時刻", null=True)

    class Meta:
        """Name, and that a code, a request and a person have one another."""

        db_table = "fugo_kikanbetsu_fugo"
        verbose_name = "機関別符号"
        constraints = (
            models.UniqueConstraint(fields=("bi_kikanbetsu_fugo",), name="fugo_fugo_once"),
            models.UniqueConstraint(fields=("shori_tsuban",), name="fugo_fugo_one_per_yokyu"),
            models.UniqueConstraint(fields=("himozuke_bango", "hakko_no"), name="fugo_fugo_hakko"),
            models.UniqueConstraint(
                fields=("himozuke_bango",), name="fugo_fugo_one_live", condition=Q(superseded_at__isnull=True)
            ),
        )
