"""The operation log can be added to and never changed; an insurer sees its own, operators see no personal item."""

from django.db import migrations

from chukan.kernel.schema import KANRI, OPERATOR, SEALER, WEB, WORKER, AppendOnly, HubTable

# Derived search columns; never the sealed body nor its salt.
_SEEN = (
    "id, stream, at, hokensha_code, channel, soshiki, actor_id, actor_name, terminal, jimu, target_file, kind, "
    "targets, result, screen_id, request_id"
)
_WRITERS = f"{WEB}, {WORKER}, {KANRI}"

# A writer adds events of its own zone or of none. It reads its own zone's, and what it has just written itself
# (so that INSERT … RETURNING works for events that belong to no insurer).
_POLICIES = f"""
ALTER TABLE sosa_log_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE sosa_log_event FORCE ROW LEVEL SECURITY;
CREATE POLICY added ON sosa_log_event FOR INSERT TO {_WRITERS} WITH CHECK (
  hokensha_code IS NULL OR hokensha_code = (SELECT NULLIF(current_setting('chukan.hokensha_code', true), '')));
CREATE POLICY zone ON sosa_log_event FOR SELECT TO {WEB}, {WORKER} USING (
  hokensha_code = (SELECT NULLIF(current_setting('chukan.hokensha_code', true), ''))
  OR xid = pg_current_xact_id_if_assigned());
CREATE POLICY across ON sosa_log_event FOR SELECT TO {SEALER}, {KANRI}, {OPERATOR} USING (true);
"""
_NO_POLICIES = """
DROP POLICY across ON sosa_log_event;
DROP POLICY zone ON sosa_log_event;
DROP POLICY added ON sosa_log_event;
ALTER TABLE sosa_log_event DISABLE ROW LEVEL SECURITY;
"""
_SHAPE = """
ALTER TABLE sosa_log_event
  ADD CONSTRAINT sosa_log_event_salt CHECK (octet_length(salt) = 16),
  ADD CONSTRAINT sosa_log_event_given CHECK (
    soshiki <> '' AND actor_id <> '' AND terminal <> '' AND jimu <> '' AND target_file <> '' AND kind <> '');
"""
_NO_SHAPE = "ALTER TABLE sosa_log_event DROP CONSTRAINT sosa_log_event_salt, DROP CONSTRAINT sosa_log_event_given;"


class Migration(migrations.Migration):
    """Grants, policies, triggers. 根拠: KJ-LOG-07, KJ-LOG-10, KJ-LOG-16."""

    dependencies = [("sosa_log", "0001_sosa_log")]
    operations = [
        migrations.RunSQL(_SHAPE, _NO_SHAPE),
        migrations.RunSQL(_POLICIES, _NO_POLICIES),
        HubTable(
            "sosa_log_event",
            {
                WEB: "SELECT, INSERT",
                WORKER: "SELECT, INSERT",
                KANRI: "SELECT, INSERT",
                SEALER: "SELECT",
                OPERATOR: f"SELECT ({_SEEN})",
            },
        ),
        HubTable(
            "sosa_log_leaf",
            {SEALER: "SELECT, INSERT", KANRI: "SELECT", OPERATOR: "SELECT (stream, idx, event_id)"},
        ),
        HubTable("sosa_log_checkpoint", {SEALER: "SELECT, INSERT", KANRI: "SELECT", OPERATOR: "SELECT"}),
        AppendOnly("sosa_log_event"),
        AppendOnly("sosa_log_leaf"),
        AppendOnly("sosa_log_checkpoint"),
    ]
