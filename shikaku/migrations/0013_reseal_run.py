"""A job that seals rows again knows its run, so that one of two that were started stops."""

from uuid import UUID

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; a job that stands is taken over by whoever goes on with it."""

    dependencies = [("shikaku", "0012_retry_now")]
    operations = [
        migrations.AddField(
            "resealjob", "run", models.UUIDField(default=UUID(int=0), verbose_name="実行の番号"), preserve_default=False
        ),
        migrations.RunSQL(
            "GRANT UPDATE (run) ON shikaku_reseal_job TO chukan_worker",
            "REVOKE UPDATE (run) ON shikaku_reseal_job FROM chukan_worker",
        ),
    ]
