"""A confirmed entrustment is renewed in its place: the system keeps its id and its keys."""

from django.db import migrations

from chukan.kernel.schema import KANRI

_COLUMNS = "kakuninsha, kakunin_ymd, minaoshi_ymd"


class Migration(migrations.Migration):
    """One grant."""

    dependencies = [("setsuzoku", "0002_access")]
    operations = [
        migrations.RunSQL(
            f"GRANT UPDATE ({_COLUMNS}) ON setsuzoku_client_itaku TO {KANRI};",
            f"REVOKE UPDATE ({_COLUMNS}) ON setsuzoku_client_itaku FROM {KANRI};",
        ),
    ]
