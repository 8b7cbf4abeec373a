"""Who may see and change 受付: the sender its own, operators counts and states, nobody else anything."""

from django.db import migrations

from chukan.kernel.schema import KANRI, OPERATOR, OWNER, WEB, WORKER, InsurerTable

_SENDER = {"column": "sender", "setting": "chukan.sender"}
_COUNTS = (
    "id, uketsuke_bango, sender, hokensha_code, shubetsu, state, single, channel, file_size, bookmark, line_count, "
    "ok_count, warned_count, refused_count, reason_code, accepted_at, started_at, finished_at, moved_at, lease_until, "
    "attempts, refused_until"
)
_MOVING = (
    "state, file_key, encoding, header, bookmark, line_count, ok_count, warned_count, refused_count, reason_code, "
    "started_at, finished_at, moved_at, lease_until, attempts, refused_until"
)

# Work that is due in any sender's zone: ids and zones only, so that a worker then enters that zone.
_DUE = """
CREATE FUNCTION uketsuke_due(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.state IN ('uketsuke', 'kensa', 'shori') AND (u.lease_until IS NULL OR u.lease_until < at)
    AND u.moved_at < at - interval '5 seconds' ORDER BY u.moved_at LIMIT 100
$$;
CREATE FUNCTION uketsuke_expired(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.refused_until < at ORDER BY u.refused_until LIMIT 100
$$;
GRANT EXECUTE ON FUNCTION uketsuke_due(timestamptz), uketsuke_expired(timestamptz) TO chukan_worker;
"""
_UNDUE = "DROP FUNCTION uketsuke_due(timestamptz); DROP FUNCTION uketsuke_expired(timestamptz);"


class Migration(migrations.Migration):
    """Policies and grants."""

    dependencies = [("uketsuke", "0001_uketsuke")]
    operations = [
        InsurerTable(
            "uketsuke_uketsuke",
            {
                WEB: f"SELECT, INSERT, UPDATE ({_MOVING})",
                WORKER: f"SELECT, INSERT, UPDATE ({_MOVING})",
                OPERATOR: f"SELECT ({_COUNTS})",
                KANRI: f"SELECT ({_COUNTS})",
            },
            across={OPERATOR: "SELECT", KANRI: "SELECT", OWNER: "SELECT"},
            **_SENDER,
        ),
        InsurerTable("uketsuke_meisai", {WEB: "SELECT, INSERT", WORKER: "SELECT, INSERT"}, **_SENDER),
        InsurerTable("uketsuke_teiseimachi", {WEB: "SELECT, DELETE", WORKER: "SELECT, INSERT, DELETE"}, **_SENDER),
        migrations.RunSQL(_DUE, _UNDUE),
    ]
