"""What waits for its next try goes at once when an operator says so; what a sender has in hand is told apart from it."""

from django.db import migrations, models

from chukan.kernel.schema import RELAY

_RETRY = """
CREATE FUNCTION shikaku_retry_now(zone text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  UPDATE shikaku_onshi_soshin s SET available_at = at
  WHERE s.sent_at IS NULL AND s.attempts > 0 AND s.available_at > at AND s.hokensha_code = zone
    AND (s.lease_until IS NULL OR s.lease_until <= at);
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_retry_now(text, timestamptz) TO chukan_web;
"""


class Migration(migrations.Migration):
    """One column for the sender, one function for operators."""

    dependencies = [("shikaku", "0011_pmh_id")]
    operations = [
        migrations.AddField("onshisoshin", "lease_until", models.DateTimeField(null=True, verbose_name="担当期限")),
        migrations.RunSQL(
            f"GRANT UPDATE (lease_until) ON shikaku_onshi_soshin TO {RELAY};",
            f"REVOKE UPDATE (lease_until) ON shikaku_onshi_soshin FROM {RELAY};",
        ),
        migrations.RunSQL(_RETRY, "DROP FUNCTION shikaku_retry_now(text, timestamptz);"),
    ]
