"""Statistics of what is written by blocks are not taken in the middle of the first one."""

from django.db import migrations

from chukan.kernel.schema import CountedLate


class Migration(migrations.Migration):
    """Settings of tables only."""

    dependencies = [("pmh", "0001_pmh")]
    operations = [
        CountedLate(100_000, "pmh_hakko_rireki"),
    ]
