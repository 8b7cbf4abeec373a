"""The PMH-ID of a person and its telegrams: a telegram about a person belongs to no insurer's zone."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

from chukan.kernel.schema import REFUSE_ZONE

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0011_pmh_id.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0011_pmh_id_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Two columns, a telegram without a zone, the functions."""

    dependencies = [("shikaku", "0010_reseal")]
    operations = [
        migrations.AddField("himozuke", "pmh_id", models.CharField(max_length=40, null=True, verbose_name="PMH-ID")),
        migrations.AddField(
            "himozuke", "pmh_id_jun", models.BigIntegerField(null=True, verbose_name="PMH-IDを知らせた電文の順")
        ),
        migrations.AddConstraint(
            "himozuke",
            models.CheckConstraint(
                condition=Q(pmh_id__isnull=True, pmh_id_jun__isnull=True)
                | Q(pmh_id__isnull=False, pmh_id_jun__isnull=False),
                name="shikaku_himozuke_pmh_id",
            ),
        ),
        migrations.AlterField(
            "onshisoshin", "hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")
        ),
        migrations.AlterField(
            "onshisoshin", "hihokensha_edaban", models.BigIntegerField(null=True, verbose_name="被保険者枝番")
        ),
        migrations.AddConstraint(
            "onshisoshin",
            models.CheckConstraint(
                condition=Q(kind="pmh_id", hokensha_code__isnull=True, hihokensha_edaban__isnull=True)
                | (~Q(kind="pmh_id") & Q(hokensha_code__isnull=False, hihokensha_edaban__isnull=False)),
                name="shikaku_soshin_zone",
            ),
        ),
        migrations.AddIndex(
            "onshisoshin",
            models.Index(fields=["sent_at"], name="shikaku_soshin_pmh_id", condition=Q(kind="pmh_id")),
        ),
        migrations.RunSQL(REFUSE_ZONE, migrations.RunSQL.noop),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
