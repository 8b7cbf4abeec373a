-- Somebody holds, or held, a period that is not 取消, at whatever insurer. Scans are pinned to the indexes because the
-- plan is kept for the life of a session.
CREATE FUNCTION shikaku_is_member(person uuid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT EXISTS (
    SELECT FROM shikaku_itaku_kukaku_kanyusha k
    JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
    WHERE k.himozuke_bango = person
      AND r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL)
$$;

-- Telegrams of a PMH-ID that were answered 異常 and that no newer one of the person followed, of persons who are members
-- still: how many there are, and a new one for each, with the next place in the person's order. Both are looked at again
-- under the locks: one is owed only once, and whoever lost the last membership is not told about any more.
CREATE OR REPLACE FUNCTION shikaku_count_pmh_resend() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM shikaku_onshi_soshin s WHERE s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
    SELECT FROM shikaku_onshi_soshin n
    WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')
    AND shikaku_is_member(s.himozuke_bango)
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
      AND shikaku_is_member(s.himozuke_bango)
    ORDER BY s.himozuke_bango LIMIT most);
  PERFORM 1 FROM shikaku_himozuke p WHERE p.himozuke_bango = ANY (persons) ORDER BY p.himozuke_bango FOR UPDATE;
  WITH waiting AS (
    SELECT DISTINCT s.himozuke_bango AS h FROM shikaku_onshi_soshin s
    WHERE s.himozuke_bango = ANY (persons) AND s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
      SELECT FROM shikaku_onshi_soshin n
      WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')
      AND shikaku_is_member(s.himozuke_bango)),
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

-- A telegram of a PMH-ID belongs to no insurer and stands before those of the person's insurers: it goes with them.
CREATE OR REPLACE FUNCTION shikaku_retry_now(zone text, at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  UPDATE shikaku_onshi_soshin s SET available_at = at
  WHERE s.sent_at IS NULL AND s.attempts > 0 AND s.available_at > at
    AND (s.lease_until IS NULL OR s.lease_until <= at)
    AND (s.hokensha_code = zone OR s.kind = 'pmh_id' AND EXISTS (
      SELECT FROM shikaku_onshi_soshin o
      WHERE o.himozuke_bango = s.himozuke_bango AND o.hokensha_code = zone AND o.sent_at IS NULL));
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
