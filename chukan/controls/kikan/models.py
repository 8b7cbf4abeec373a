"""Tables of organisations and of dated reference data. No person is in them."""

from django.db import models


class Hokensha(models.Model):
    """One insurer (医療保険者等) that uses the hub: its code is the key of its zone."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    hokensha_code = models.CharField("保険者コード", max_length=8, primary_key=True)
    hokensha_meisho = models.CharField("保険者名称", max_length=100)
    hokensha_shubetsu = models.CharField("保険者種別", max_length=20)
    registered_at = models.DateTimeField("登録時刻")

    class Meta:
        """Name and shape."""

        db_table = "kikan_hokensha"
        verbose_name = "保険者"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(hokensha_code__regex=r"^[0-9]{8}$"), name="kikan_hokensha_code_shape"
            ),
        )


class HokenshaBango(models.Model):
    """One 保険者番号 printed on cards, and the insurer it belongs to."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    hokensha = models.ForeignKey(Hokensha, on_delete=models.PROTECT, verbose_name="保険者", related_name="bango")
    hokensha_bango = models.CharField("保険者番号", max_length=8, unique=True)

    class Meta:
        """Name."""

        db_table = "kikan_hokensha_bango"
        verbose_name = "保険者番号"


class KohiFutansha(models.Model):
    """One 公費負担者番号 of a 生活保護実施機関."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    hokensha = models.ForeignKey(Hokensha, on_delete=models.PROTECT, verbose_name="保険者", related_name="kohi")
    kohi_futansha_bango = models.CharField("公費負担者番号", max_length=8, unique=True)

    class Meta:
        """Name."""

        db_table = "kikan_kohi_futansha"
        verbose_name = "公費負担者"


class Kano(models.Model):
    """One row of the matrix 保険者種別 × 事務 × 方式 × 期間: allowed or not, and whether its start is only planned."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    hokensha_shubetsu = models.CharField("保険者種別", max_length=20)
    jimu = models.CharField("事務", max_length=40)
    hoshiki = models.CharField("方式", max_length=20)
    allowed = models.BooleanField("可否")
    purpose = models.CharField("用途", max_length=40, blank=True)
    valid_from = models.DateField("利用開始日", null=True)
    valid_to = models.DateField("利用終了日", null=True)
    planned = models.BooleanField("予定")
    source_id = models.CharField("出典", max_length=60)

    class Meta:
        """Name and shape."""

        db_table = "kikan_kano"
        verbose_name = "事務の可否"
        constraints = (
            models.UniqueConstraint(
                fields=("hokensha_shubetsu", "jimu", "hoshiki", "valid_from"),
                name="kikan_kano_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(allowed=False) | models.Q(valid_from__isnull=False), name="kikan_kano_has_start"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_from__lt=models.F("valid_to")),
                name="kikan_kano_period",
            ),
        )


class CodeTable(models.Model):
    """One code table; without rows it knows no values yet and any printable text of 1 to 20 characters passes."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    code_table = models.CharField("コード表", max_length=40, primary_key=True)
    label = models.CharField("名称", max_length=60)
    assumed = models.BooleanField("推定")
    source_id = models.CharField("出典", max_length=60)

    class Meta:
        """Name."""

        db_table = "kikan_code_table"
        verbose_name = "コード表"


class CodeValue(models.Model):
    """One value of a code table with the days on which it may be used."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = True

    table = models.ForeignKey(
        CodeTable, on_delete=models.PROTECT, verbose_name="コード表", related_name="code_values", db_column="code_table"
    )
    value = models.CharField("コード値", max_length=20)
    label = models.CharField("名称", max_length=60)
    valid_from = models.DateField("利用開始日")
    valid_to = models.DateField("利用終了日", null=True)

    class Meta:
        """Name and shape."""

        db_table = "kikan_code_value"
        verbose_name = "コード値"
        constraints = (models.UniqueConstraint(fields=("table", "value", "valid_from"), name="kikan_code_value_once"),)


class ReferenceLoad(models.Model):
    """One loading of the reference data; the newest number tells every process whether what it holds is current."""

    class ChukanMeta:
        """Table kind."""

        kind = "reference"
        mutable = False

    loaded_at = models.DateTimeField("取込時刻")
    digest = models.CharField("内容のハッシュ値", max_length=64)

    class Meta:
        """Name."""

        db_table = "kikan_reference_load"
        verbose_name = "基準データの取込"
