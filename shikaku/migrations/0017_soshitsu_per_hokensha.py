"""機関別符号 is kept by the insurers a person had: the last loss is told apart by insurer."""

from pathlib import Path

from django.db import migrations

_SQL = (Path(__file__).parent / "sql" / "0017_soshitsu_per_hokensha.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("shikaku", "0016_reindex")]
    operations = [migrations.RunSQL(_SQL, "DROP FUNCTION shikaku_soshitsu_per_hokensha(uuid[], boolean)")]
