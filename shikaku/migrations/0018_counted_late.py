"""Statistics of what is written by blocks are not taken in the middle of the first one."""

from django.db import migrations

from chukan.kernel.schema import CountedLate


class Migration(migrations.Migration):
    """Settings of tables only."""

    dependencies = [("shikaku", "0017_soshitsu_per_hokensha")]
    operations = [
        CountedLate(
            100_000,
            "shikaku_rireki",
            "shikaku_itaku_kukaku_kanyusha",
            "shikaku_kyu_kojin_bango",
            "shikaku_onshi_soshin",
            "shikaku_himozuke",
            "shikaku_kojin_bango_sakuin",
        ),
    ]
