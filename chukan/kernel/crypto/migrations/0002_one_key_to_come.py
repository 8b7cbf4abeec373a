"""Of one use there is at most one key to come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One unique index over the keys that nothing is sealed with yet; no such key exists when it is made."""

    dependencies = [("crypto", "0001_crypto_key")]
    operations = [
        migrations.AddConstraint(
            "cryptokey",
            models.UniqueConstraint(
                condition=models.Q(("state", "pre")),
                fields=("purpose", "hokensha_code"),
                name="crypto_key_one_pre",
                nulls_distinct=False,
            ),
        ),
    ]
