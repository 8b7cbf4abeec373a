"""Statistics of what is written by blocks are not taken in the middle of the first one."""

from django.db import migrations

from chukan.kernel.schema import CountedLate


class Migration(migrations.Migration):
    """Settings of tables only."""

    dependencies = [("uketsuke", "0004_of_files")]
    operations = [
        CountedLate(100_000, "uketsuke_meisai", "uketsuke_teiseimachi"),
    ]
