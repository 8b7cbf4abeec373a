"""Statistics of what is written by blocks are not taken in the middle of the first one."""

from django.db import migrations

from chukan.kernel.schema import CountedLate


class Migration(migrations.Migration):
    """Settings of tables only."""

    dependencies = [("fugo", "0005_ninsho")]
    operations = [
        CountedLate(
            100_000,
            "fugo_shutoku_yokyu",
            "fugo_edaban_himozuke",
            "fugo_kikanbetsu_fugo",
            "fugo_saihakko_taisho",
        ),
    ]
