"""Erasing a file is a step of its own, ringing for a worker is remembered, a resent file waits for the one before."""

from django.db import migrations, models

from chukan.kernel.schema import WEB, WORKER

# A claim forgets the ring: only a bell nobody answered is waited for. A resent file is not due before the one it
# repeats has ended.
_DUE = """
CREATE OR REPLACE FUNCTION uketsuke_due(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.state IN ('uketsuke', 'kensa', 'shori') AND (u.lease_until IS NULL OR u.lease_until < at)
    AND u.moved_at < at - interval '5 seconds' AND (u.rung_at IS NULL OR u.rung_at < at - interval '2 minutes')
    AND NOT EXISTS (
      SELECT FROM uketsuke_uketsuke f WHERE f.id = u.resend_of AND f.state NOT IN ('kanryo', 'kyohi'))
  ORDER BY u.moved_at LIMIT 100
$$;
"""
_DUE_BEFORE = """
CREATE OR REPLACE FUNCTION uketsuke_due(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.state IN ('uketsuke', 'kensa', 'shori') AND (u.lease_until IS NULL OR u.lease_until < at)
    AND u.moved_at < at - interval '5 seconds' ORDER BY u.moved_at LIMIT 100
$$;
"""
# Ended, but the file or its key is still there: a process died before it erased them. A minute is left to it.
_UNERASED = """
CREATE FUNCTION uketsuke_unerased(at timestamptz) RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.state IN ('kanryo', 'kyohi') AND u.file_key <> '' AND u.finished_at < at - interval '1 minute'
    AND (u.file_erased_at IS NULL OR u.refused_until IS NULL)
  ORDER BY u.finished_at LIMIT 100
$$;
CREATE FUNCTION uketsuke_named_files(asked varchar[]) RETURNS TABLE (file_key varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.file_key FROM uketsuke_uketsuke u WHERE u.file_key <> '' AND u.file_key = ANY (asked)
$$;
GRANT EXECUTE ON FUNCTION uketsuke_unerased(timestamptz), uketsuke_named_files(varchar[]) TO chukan_worker;
"""
_NOTHING_UNERASED = "DROP FUNCTION uketsuke_unerased(timestamptz); DROP FUNCTION uketsuke_named_files(varchar[]);"
_NEW = "(rung_at, file_erased_at)"


class Migration(migrations.Migration):
    """Two columns, who may set them, and what waits for a worker."""

    dependencies = [("uketsuke", "0002_access")]
    operations = [
        migrations.AddField("uketsuke", "rung_at", models.DateTimeField(null=True, verbose_name="担当を呼んだ時刻")),
        migrations.AddField(
            "uketsuke", "file_erased_at", models.DateTimeField(null=True, verbose_name="ファイルの消去時刻")
        ),
        migrations.AddIndex(
            "uketsuke",
            models.Index(fields=("file_key",), name="uketsuke_file_kept", condition=~models.Q(file_key="")),
        ),
        migrations.RunSQL(
            f"GRANT UPDATE {_NEW} ON uketsuke_uketsuke TO {WEB}, {WORKER};",
            f"REVOKE UPDATE {_NEW} ON uketsuke_uketsuke FROM {WEB}, {WORKER};",
        ),
        migrations.RunSQL(_DUE, _DUE_BEFORE),
        migrations.RunSQL(_UNERASED, _NOTHING_UNERASED),
    ]
