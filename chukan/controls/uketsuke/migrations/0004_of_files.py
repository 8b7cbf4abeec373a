"""Which 受付 of any sender name certain files: after a restore their erasure is done again."""

from django.db import migrations

_OF_FILES = """
CREATE FUNCTION uketsuke_of_files(asked varchar[])
RETURNS TABLE (id uuid, sender varchar, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.sender, u.hokensha_code FROM uketsuke_uketsuke u
  WHERE u.file_key <> '' AND u.file_key = ANY (asked) ORDER BY u.accepted_at
$$;
GRANT EXECUTE ON FUNCTION uketsuke_of_files(varchar[]) TO chukan_worker;
"""


class Migration(migrations.Migration):
    """A function for the worker."""

    dependencies = [("uketsuke", "0003_erasure_and_ring")]
    operations = [migrations.RunSQL(_OF_FILES, "DROP FUNCTION uketsuke_of_files(varchar[]);")]
