"""A confirmation is used up in the session it was given in, and in no other of the same person."""

from django.db import migrations

_SIGNATURE = "uuid, text, text, text, bytea, timestamptz, timestamptz"
_BODY = """
CREATE FUNCTION seitai_consume(
  p_id uuid, p_zone text, p_shokuin_id text, p_purpose text, p_bound_hash bytea, p_now timestamptz,
  p_since timestamptz{parameter})
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held record;
BEGIN
  UPDATE seitai_challenge c SET used_at = p_now
  FROM shokuin_session n, shokuin_account a, shokuin_shokuin s
  WHERE c.id = p_id AND c.zone = p_zone AND c.used_at IS NULL
    AND c.verified_at <= p_now AND c.verified_at > p_since
    AND c.purpose = p_purpose AND c.bound_hash = p_bound_hash
    AND n.id = c.session_id AND n.ended_at IS NULL AND n.locked_at IS NULL{same_session}
    AND a.id = c.account_id AND s.id = a.shokuin_id AND s.shokuin_id = p_shokuin_id;
  IF FOUND THEN RETURN 'ok'; END IF;
  SELECT c.verified_at, c.used_at, c.purpose, c.bound_hash, s.shokuin_id,
         n.ended_at IS NULL AND n.locked_at IS NULL{same_session} AS is_live
  INTO held
  FROM seitai_challenge c JOIN shokuin_session n ON n.id = c.session_id
  JOIN shokuin_account a ON a.id = c.account_id JOIN shokuin_shokuin s ON s.id = a.shokuin_id
  WHERE c.id = p_id AND c.zone = p_zone;
  IF NOT FOUND OR held.verified_at IS NULL THEN RETURN 'seitai_mikakunin'; END IF;
  IF held.shokuin_id <> p_shokuin_id OR held.is_live IS NOT TRUE THEN RETURN 'seitai_session_betsu'; END IF;
  IF held.used_at IS NOT NULL THEN RETURN 'seitai_shiyozumi'; END IF;
  IF held.purpose <> p_purpose OR held.bound_hash <> p_bound_hash THEN RETURN 'seitai_betsu_no_sosa'; END IF;
  RETURN 'seitai_jikangire';
END $$;
REVOKE ALL ON FUNCTION seitai_consume({signature}) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seitai_consume({signature}) TO chukan_web;
"""


def _function(*, with_session: bool) -> str:
    return _BODY.format(
        parameter=", p_session uuid" if with_session else "",
        same_session=" AND n.id = p_session" if with_session else "",
        signature=f"{_SIGNATURE}, uuid" if with_session else _SIGNATURE,
    )


_NEW = f"DROP FUNCTION seitai_consume({_SIGNATURE});" + _function(with_session=True)
_FORMER = f"DROP FUNCTION seitai_consume({_SIGNATURE}, uuid);" + _function(with_session=False)


class Migration(migrations.Migration):
    """The function that uses a confirmation up."""

    dependencies = [("seitai", "0002_drop_spent")]
    operations = [migrations.RunSQL(_NEW, _FORMER)]
