"""The PMH-ID of somebody who is no member is not told again; the retry of an insurer's telegrams frees what holds them."""

from pathlib import Path

from django.db import migrations

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0015_pmh_delivery.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0015_pmh_delivery_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """One function for the owner's functions, three that use it or know telegrams without a zone."""

    dependencies = [("shikaku", "0014_corrected_numbers")]
    operations = [migrations.RunSQL(_SQL, _REVERSE)]
