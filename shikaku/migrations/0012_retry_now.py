"""What waits for its next try goes at once when an operator says so."""

from django.db import migrations

# What a sender has in hand may be taken once more: the same bytes under the same 送信番号, which the receiver drops.
_RETRY = """
CREATE FUNCTION shikaku_retry_now(zone text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  UPDATE shikaku_onshi_soshin s SET available_at = at
  WHERE s.sent_at IS NULL AND s.attempts > 0 AND s.available_at > at AND s.hokensha_code = zone;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_retry_now(text, timestamptz) TO chukan_web;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("shikaku", "0011_pmh_id")]
    operations = [migrations.RunSQL(_RETRY, "DROP FUNCTION shikaku_retry_now(text, timestamptz);")]
