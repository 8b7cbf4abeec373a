"""Telegrams that are tried again are found by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One partial index; a telegram that is received at once is never in it."""

    dependencies = [("shikaku", "0018_counted_late")]
    operations = [
        migrations.AddIndex(
            model_name="onshisoshin",
            index=models.Index(
                condition=models.Q(("attempts__gt", 0), ("sent_at__isnull", True)),
                fields=["available_at"],
                name="shikaku_soshin_again",
            ),
        ),
    ]
