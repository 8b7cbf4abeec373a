"""Who may see and change what belongs to connecting systems."""

from django.db import migrations

from chukan.kernel.schema import KANRI, OPERATOR, WEB, WORKER, HubTable, InsurerTable

# The flow of requests need not survive a crash of the database; everything else must.
_UNLOGGED = "ALTER TABLE setsuzoku_rate_window SET UNLOGGED;"
_LOGGED = "ALTER TABLE setsuzoku_rate_window SET LOGGED;"

# The worker removes what has expired, of every sender, and sees nothing else.
_EXPIRED = """
CREATE POLICY expired_seen ON setsuzoku_idempotency FOR SELECT TO chukan_worker USING (expires_at < now());
CREATE POLICY expired_removed ON setsuzoku_idempotency FOR DELETE TO chukan_worker USING (expires_at < now());
GRANT SELECT (id, expires_at), DELETE ON setsuzoku_idempotency TO chukan_worker;
"""
_KEPT = """
DROP POLICY expired_seen ON setsuzoku_idempotency;
DROP POLICY expired_removed ON setsuzoku_idempotency;
REVOKE ALL ON setsuzoku_idempotency FROM chukan_worker;
"""


class Migration(migrations.Migration):
    """Grants and policies."""

    dependencies = [("setsuzoku", "0001_setsuzoku")]
    operations = [
        HubTable("setsuzoku_client", {WEB: "SELECT", OPERATOR: "SELECT", KANRI: "SELECT, INSERT, UPDATE (valid_to)"}),
        HubTable(
            "setsuzoku_client_hokensha",
            {WEB: "SELECT", WORKER: "SELECT", OPERATOR: "SELECT", KANRI: "SELECT, INSERT"},
        ),
        HubTable(
            "setsuzoku_client_key",
            {
                WEB: "SELECT, UPDATE (proven_at)",
                OPERATOR: "SELECT",
                KANRI: "SELECT, INSERT, UPDATE (valid_to)",
            },
        ),
        HubTable("setsuzoku_client_itaku", {WEB: "SELECT", OPERATOR: "SELECT", KANRI: "SELECT, INSERT"}),
        HubTable("setsuzoku_nonce", {WEB: "SELECT, INSERT", WORKER: "SELECT, DELETE"}),
        HubTable("setsuzoku_rate_window", {WEB: "SELECT, INSERT, UPDATE"}),
        migrations.RunSQL(_UNLOGGED, _LOGGED),
        InsurerTable("setsuzoku_idempotency", {WEB: "SELECT, INSERT"}, column="sender", setting="chukan.sender"),
        migrations.RunSQL(_EXPIRED, _KEPT),
    ]
