"""Organisations, the matrix and the code tables; everybody reads, the 管理 role writes."""

import django.db.models.deletion
from django.db import migrations, models

from chukan.kernel.schema import ReferenceTable

_TABLES = (
    "kikan_hokensha",
    "kikan_hokensha_bango",
    "kikan_kohi_futansha",
    "kikan_kano",
    "kikan_code_table",
    "kikan_code_value",
    "kikan_reference_load",
)


class Migration(migrations.Migration):
    """Create the tables and grant them."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CodeTable",
            fields=[
                (
                    "code_table",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="コード表"),
                ),
                ("label", models.CharField(max_length=60, verbose_name="名称")),
                ("assumed", models.BooleanField(verbose_name="推定")),
                ("source_id", models.CharField(max_length=60, verbose_name="出典")),
            ],
            options={
                "verbose_name": "コード表",
                "db_table": "kikan_code_table",
            },
        ),
        migrations.CreateModel(
            name="ReferenceLoad",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("loaded_at", models.DateTimeField(verbose_name="取込時刻")),
                ("digest", models.CharField(max_length=64, verbose_name="内容のハッシュ値")),
            ],
            options={
                "verbose_name": "基準データの取込",
                "db_table": "kikan_reference_load",
            },
        ),
        migrations.CreateModel(
            name="Hokensha",
            fields=[
                (
                    "hokensha_code",
                    models.CharField(max_length=8, primary_key=True, serialize=False, verbose_name="保険者コード"),
                ),
                ("hokensha_meisho", models.CharField(max_length=100, verbose_name="保険者名称")),
                ("hokensha_shubetsu", models.CharField(max_length=20, verbose_name="保険者種別")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
            ],
            options={
                "verbose_name": "保険者",
                "db_table": "kikan_hokensha",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("hokensha_code__regex", "^[0-9]{8}$")), name="kikan_hokensha_code_shape"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HokenshaBango",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hokensha_bango", models.CharField(max_length=8, unique=True, verbose_name="保険者番号")),
                (
                    "hokensha",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bango",
                        to="kikan.hokensha",
                        verbose_name="保険者",
                    ),
                ),
            ],
            options={
                "verbose_name": "保険者番号",
                "db_table": "kikan_hokensha_bango",
            },
        ),
        migrations.CreateModel(
            name="Kano",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hokensha_shubetsu", models.CharField(max_length=20, verbose_name="保険者種別")),
                ("jimu", models.CharField(max_length=40, verbose_name="事務")),
                ("hoshiki", models.CharField(max_length=20, verbose_name="方式")),
                ("allowed", models.BooleanField(verbose_name="可否")),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="用途")),
                ("valid_from", models.DateField(null=True, verbose_name="利用開始日")),
                ("valid_to", models.DateField(null=True, verbose_name="利用終了日")),
                ("planned", models.BooleanField(verbose_name="予定")),
                ("source_id", models.CharField(max_length=60, verbose_name="出典")),
            ],
            options={
                "verbose_name": "事務の可否",
                "db_table": "kikan_kano",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hokensha_shubetsu", "jimu", "hoshiki", "valid_from"),
                        name="kikan_kano_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("allowed", False), ("valid_from__isnull", False), _connector="OR"),
                        name="kikan_kano_has_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_from__lt", models.F("valid_to")), _connector="OR"
                        ),
                        name="kikan_kano_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KohiFutansha",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kohi_futansha_bango", models.CharField(max_length=8, unique=True, verbose_name="公費負担者番号")),
                (
                    "hokensha",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kohi",
                        to="kikan.hokensha",
                        verbose_name="保険者",
                    ),
                ),
            ],
            options={
                "verbose_name": "公費負担者",
                "db_table": "kikan_kohi_futansha",
            },
        ),
        migrations.CreateModel(
            name="CodeValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=20, verbose_name="コード値")),
                ("label", models.CharField(max_length=60, verbose_name="名称")),
                ("valid_from", models.DateField(verbose_name="利用開始日")),
                ("valid_to", models.DateField(null=True, verbose_name="利用終了日")),
                (
                    "table",
                    models.ForeignKey(
                        db_column="code_table",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="code_values",
                        to="kikan.codetable",
                        verbose_name="コード表",
                    ),
                ),
            ],
            options={
                "verbose_name": "コード値",
                "db_table": "kikan_code_value",
                "constraints": [
                    models.UniqueConstraint(fields=("table", "value", "valid_from"), name="kikan_code_value_once")
                ],
            },
        ),
        *(ReferenceTable(table) for table in _TABLES),
    ]
