"""Confirmations whose time is over go: the hub's own process drops them, of every zone, by this function alone."""

from django.db import migrations

_DROP = """
-- One that was used goes with the operation it stands behind; one that was not, or was refused, stands for nothing.
-- What can still be answered or used is never touched, whatever days are given, and what something that is kept refers
-- to (an approval) stays as long as that.
CREATE FUNCTION seitai_drop_spent(unused_before timestamptz, used_before timestamptz, at timestamptz)
RETURNS TABLE (unused bigint, used bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE old uuid;
BEGIN
  PERFORM chukan_refuse_zone('seitai_drop_spent');
  DELETE FROM seitai_challenge c WHERE c.used_at IS NULL AND c.expires_at < unused_before
    AND c.expires_at <= at AND (c.verified_at IS NULL OR c.verified_at + interval '5 minutes' <= at);
  GET DIAGNOSTICS unused = ROW_COUNT;
  used := 0;
  FOR old IN SELECT c.id FROM seitai_challenge c WHERE c.used_at < used_before LOOP
    BEGIN
      DELETE FROM seitai_challenge c WHERE c.id = old;
      used := used + 1;
    EXCEPTION WHEN foreign_key_violation THEN
      NULL;
    END;
  END LOOP;
  RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION seitai_drop_spent(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seitai_drop_spent(timestamptz, timestamptz, timestamptz) TO chukan_worker;
"""
_REVERSE = "DROP FUNCTION seitai_drop_spent(timestamptz, timestamptz, timestamptz);"


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("seitai", "0001_seitai")]
    operations = [migrations.RunSQL(_DROP, _REVERSE)]
