"""The relay notes attempts and delivery; what a message says, to whom and in which order stays as it was published."""

from django.db import migrations

from chukan.kernel.schema import RELAY

_CHANGED = "attempts, available_at, delivered_at"


class Migration(migrations.Migration):
    """Narrow the grant."""

    dependencies = [("outbox", "0001_outbox")]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE ON outbox_message FROM {RELAY}; GRANT UPDATE ({_CHANGED}) ON outbox_message TO {RELAY};",
            f"REVOKE UPDATE ({_CHANGED}) ON outbox_message FROM {RELAY}; GRANT UPDATE ON outbox_message TO {RELAY};",
        )
    ]
