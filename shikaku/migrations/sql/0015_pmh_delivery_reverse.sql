CREATE OR REPLACE FUNCTION shikaku_count_pmh_resend() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM shikaku_onshi_soshin s WHERE s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
    SELECT FROM shikaku_onshi_soshin n
    WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')
$$;
CREATE OR REPLACE FUNCTION shikaku_resend_pmh_id(most integer, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  persons uuid[];
  resent bigint;
BEGIN
  PERFORM chukan_refuse_zone('shikaku_resend_pmh_id');
  persons := ARRAY(
    SELECT s.himozuke_bango FROM shikaku_onshi_soshin s
    WHERE s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
      SELECT FROM shikaku_onshi_soshin n
      WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')
    ORDER BY s.himozuke_bango LIMIT most);
  PERFORM 1 FROM shikaku_himozuke p WHERE p.himozuke_bango = ANY (persons) ORDER BY p.himozuke_bango FOR UPDATE;
  WITH waiting AS (
    SELECT DISTINCT s.himozuke_bango AS h FROM shikaku_onshi_soshin s
    WHERE s.himozuke_bango = ANY (persons) AND s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
      SELECT FROM shikaku_onshi_soshin n
      WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')),
  given AS (
    UPDATE shikaku_himozuke p SET jun = p.jun + 1 FROM waiting WHERE p.himozuke_bango = waiting.h
    RETURNING p.himozuke_bango AS h, p.jun AS j)
  INSERT INTO shikaku_onshi_soshin (soshin_bango, himozuke_bango, jun, kind, as_of, owed_at, available_at, attempts,
    shori_kekka_kubun, shori_kekka_meisai_code)
  SELECT uuidv7(), given.h, given.j, 'pmh_id', at, at, at, 0, '', '' FROM given;
  GET DIAGNOSTICS resent = ROW_COUNT;
  IF resent = 0 AND cardinality(persons) > 0 THEN
    -- Others were first with all of these; there may be more.
    RAISE EXCEPTION 'shikaku_resend_pmh_id: others were first' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN resent;
END $$;
CREATE OR REPLACE FUNCTION shikaku_retry_now(zone text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  UPDATE shikaku_onshi_soshin s SET available_at = at
  WHERE s.sent_at IS NULL AND s.attempts > 0 AND s.available_at > at AND s.hokensha_code = zone
    AND (s.lease_until IS NULL OR s.lease_until <= at);
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
DROP FUNCTION shikaku_is_member(uuid);
