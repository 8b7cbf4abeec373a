"""Nobody is rung for to begin a file before every earlier one of its sender has ended or is held."""

from django.db import migrations, models

_DUE = """
CREATE OR REPLACE FUNCTION uketsuke_due(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.state IN ('uketsuke', 'kensa', 'shori') AND (u.lease_until IS NULL OR u.lease_until < at)
    AND u.moved_at < at - interval '5 seconds' AND (u.rung_at IS NULL OR u.rung_at < at - interval '2 minutes')
    AND NOT EXISTS (
      SELECT FROM uketsuke_uketsuke f WHERE f.id = u.resend_of AND f.state NOT IN ('kanryo', 'kyohi')){waiting}
  ORDER BY u.moved_at LIMIT 100
$$;
"""
_BEHIND = """
    AND NOT (u.state = 'uketsuke' AND EXISTS (
      SELECT FROM uketsuke_uketsuke e WHERE e.sender = u.sender AND e.accepted_at < u.accepted_at
        AND e.state IN ('uketsuke', 'kensa', 'shori') AND NOT (e.state = 'uketsuke' AND EXISTS (
          SELECT FROM uketsuke_uketsuke h WHERE h.id = e.resend_of AND h.state = 'horyu'))))"""


class Migration(migrations.Migration):
    """The function that finds work looks at the order, too; the same file is found without a walk through all."""

    dependencies = [("uketsuke", "0006_horyu")]
    operations = [
        migrations.RunSQL(_DUE.format(waiting=_BEHIND), _DUE.format(waiting="")),
        # Operators see what waits by the same rule as its sender.
        migrations.RunSQL(
            "GRANT SELECT (resend_of) ON uketsuke_uketsuke TO chukan_operator;",
            "REVOKE SELECT (resend_of) ON uketsuke_uketsuke FROM chukan_operator;",
        ),
        migrations.AddIndex(
            "uketsuke",
            models.Index(
                fields=("sender", "digest"), name="uketsuke_same_file", condition=models.Q(digest__isnull=False)
            ),
        ),
    ]
