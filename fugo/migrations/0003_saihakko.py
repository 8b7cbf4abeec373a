"""再発行対象者リスト says whom it means and who allowed it, and its persons are extracted; codes that are over go."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0003_saihakko.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0003_saihakko_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Columns of the list, two indexes, what holds the list to its order, and the functions over persons."""

    dependencies = [("fugo", "0002_desk")]
    operations = [
        migrations.AddField(
            "saihakkolist", "medium_id", models.CharField(default="", max_length=20, verbose_name="媒体ID")
        ),
        migrations.AddField("saihakkolist", "executed_at", models.DateTimeField(null=True, verbose_name="実行の時刻")),
        migrations.AddField(
            "saihakkolist", "executed_by", models.CharField(default="", max_length=80, verbose_name="実行者")
        ),
        migrations.AddField(
            "saihakkolist", "extracted_to", models.UUIDField(null=True, verbose_name="抽出の済んだ紐付番号")
        ),
        migrations.AddField(
            "saihakkolist", "issued_from", models.DateTimeField(null=True, verbose_name="対象の設定日時の始まり")
        ),
        migrations.AddField(
            "saihakkolist", "issued_until", models.DateTimeField(null=True, verbose_name="対象の設定日時の終わり")
        ),
        migrations.AddField(
            "saihakkolist",
            "of_hokensha",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                default=list,
                size=None,
                verbose_name="対象の保険者コード",
            ),
        ),
        migrations.AddField(
            "saihakkolist",
            "of_shori_tsuban",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), default=list, size=None, verbose_name="対象の処理通番"
            ),
        ),
        migrations.AddField(
            "saihakkolist", "write_until", models.DateTimeField(null=True, verbose_name="書き出しの期限")
        ),
        migrations.AddField(
            "saihakkolist", "written_at", models.DateTimeField(null=True, verbose_name="書き出しの時刻")
        ),
        migrations.AddIndex("saihakkolist", models.Index(fields=["-created_at"], name="fugo_saihakko_list_newest")),
        migrations.AddIndex(
            "saihakkotaisho", models.Index(fields=["himozuke_bango"], name="fugo_saihakko_taisho_person")
        ),
        migrations.AddConstraint(
            "saihakkolist",
            models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("toroku", "shonin_machi", "torikeshi")),
                    models.Q(
                        ("executed_at__isnull", False),
                        ("shonin_id__isnull", False),
                        ("state__in", ("shonin_zumi", "shiji", "kakunin_zumi")),
                        models.Q(("executed_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="fugo_saihakko_list_permitted",
            ),
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
