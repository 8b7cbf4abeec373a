"""Whoever answers may ask since when an event waits to be sealed: a time, of nobody."""

from django.db import migrations

# For the function below, which nobody else is: the owner cannot log in.
_SEE = "CREATE POLICY across_chukan_owner ON sosa_log_event FOR SELECT TO chukan_owner USING (true);"
# In the order of sealing, so that the first row after the last leaf is all that is read, however many wait.
_ASK = """
CREATE FUNCTION sosa_log_oldest_unsealed(p_stream text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH last AS (SELECT event_xid, event_id FROM sosa_log_leaf WHERE stream = p_stream ORDER BY idx DESC LIMIT 1)
  SELECT e.at FROM sosa_log_event e
  WHERE e.stream = p_stream
    AND (e.xid, e.id) > (coalesce((SELECT event_xid FROM last), '0'), coalesce((SELECT event_id FROM last), 0))
  ORDER BY e.xid, e.id LIMIT 1
$$;
REVOKE ALL ON FUNCTION sosa_log_oldest_unsealed(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sosa_log_oldest_unsealed(text) TO chukan_web;
"""


class Migration(migrations.Migration):
    """One function and what it may see. 根拠: KJ-LOG-10."""

    dependencies = [("sosa_log", "0002_access")]
    operations = [
        migrations.RunSQL(_SEE, "DROP POLICY across_chukan_owner ON sosa_log_event;"),
        migrations.RunSQL(_ASK, "DROP FUNCTION sosa_log_oldest_unsealed(text);"),
    ]
