"""A session knows when 生体認証 was given: where it is needed, the password alone opens nothing (KJ-AUTH-04)."""

from django.db import migrations, models

from chukan.kernel.schema import WEB

_DROP = "DROP FUNCTION shokuin_find_session(bytea);\n"
_GRANT = """
REVOKE ALL ON FUNCTION shokuin_find_session(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shokuin_find_session(bytea) TO chukan_web;
"""
_WITH = """
CREATE FUNCTION shokuin_find_session(p_key_hash bytea)
RETURNS TABLE (
  session_id uuid, account_id uuid, shokuin_pk uuid, zone text, soshiki text, hokensha_code text,
  hokensha_shubetsu text, hokensha_meisho text, shokuin_id text, shimei text, kubun text,
  valid_from date, valid_to date, password_changed_at timestamptz, must_change boolean,
  started_at timestamptz, active_at timestamptz, locked_at timestamptz, ended_at timestamptz,
  step_up_at timestamptz, previous_login_at timestamptz,
  seitai_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT n.id, a.id, s.id, s.zone::text, s.soshiki::text, s.hokensha_code::text,
         h.hokensha_shubetsu::text, h.hokensha_meisho::text, s.shokuin_id::text, s.shimei::text, s.kubun::text,
         a.valid_from, a.valid_to, a.password_changed_at, a.must_change,
         n.started_at, n.active_at, n.locked_at, n.ended_at, n.step_up_at, n.previous_login_at, n.seitai_at
  FROM shokuin_session n
  JOIN shokuin_account a ON a.id = n.account_id
  JOIN shokuin_shokuin s ON s.id = a.shokuin_id
  LEFT JOIN kikan_hokensha h ON h.hokensha_code = s.hokensha_code
  WHERE n.key_hash = p_key_hash
$$;
"""
_WITHOUT = """
CREATE FUNCTION shokuin_find_session(p_key_hash bytea)
RETURNS TABLE (
  session_id uuid, account_id uuid, shokuin_pk uuid, zone text, soshiki text, hokensha_code text,
  hokensha_shubetsu text, hokensha_meisho text, shokuin_id text, shimei text, kubun text,
  valid_from date, valid_to date, password_changed_at timestamptz, must_change boolean,
  started_at timestamptz, active_at timestamptz, locked_at timestamptz, ended_at timestamptz,
  step_up_at timestamptz, previous_login_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT n.id, a.id, s.id, s.zone::text, s.soshiki::text, s.hokensha_code::text,
         h.hokensha_shubetsu::text, h.hokensha_meisho::text, s.shokuin_id::text, s.shimei::text, s.kubun::text,
         a.valid_from, a.valid_to, a.password_changed_at, a.must_change,
         n.started_at, n.active_at, n.locked_at, n.ended_at, n.step_up_at, n.previous_login_at
  FROM shokuin_session n
  JOIN shokuin_account a ON a.id = n.account_id
  JOIN shokuin_shokuin s ON s.id = a.shokuin_id
  LEFT JOIN kikan_hokensha h ON h.hokensha_code = s.hokensha_code
  WHERE n.key_hash = p_key_hash
$$;
"""


class Migration(migrations.Migration):
    """Add the column and let the function give it."""

    dependencies = [("shokuin", "0002_columns_that_change")]

    operations = [
        migrations.AddField(
            model_name="shokuinsession",
            name="seitai_at",
            field=models.DateTimeField(null=True, verbose_name="生体認証時刻"),
        ),
        migrations.RunSQL(_DROP + _WITH + _GRANT, _DROP + _WITHOUT + _GRANT),
        migrations.RunSQL(
            f"GRANT UPDATE (seitai_at) ON shokuin_session TO {WEB};",
            f"REVOKE UPDATE (seitai_at) ON shokuin_session FROM {WEB};",
        ),
    ]
