"""When anything was last recorded in a zone is found without reading the zone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    dependencies = [("shikaku", "0018_counted_late")]
    operations = [
        migrations.AddIndex(
            "shikakurireki", models.Index(fields=["hokensha_code", "toroku_nichiji"], name="shikaku_rireki_newest")
        ),
    ]
