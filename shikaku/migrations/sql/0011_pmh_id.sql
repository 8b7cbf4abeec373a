-- PMH-ID of persons. All of these functions are for processes that work in no zone: whoever works for an insurer must
-- not learn who has one.

-- Which of these numbers are members': somebody holds, or held, a period that is not 取消, at whatever insurer.
-- Scans are pinned to the indexes because the plan is kept for the life of a session.
CREATE FUNCTION shikaku_find_members(hashes bytea[])
RETURNS TABLE (bi_global bytea, himozuke_bango uuid, pmh_id varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('shikaku_find_members');
  RETURN QUERY SELECT s.bi_global, s.himozuke_bango, p.pmh_id
    FROM unnest(hashes) AS asked (h)
    JOIN shikaku_kojin_bango_sakuin s ON s.bi_global = asked.h
    JOIN shikaku_himozuke p ON p.himozuke_bango = s.himozuke_bango
    WHERE EXISTS (
      SELECT FROM shikaku_itaku_kukaku_kanyusha k
      JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
      WHERE k.himozuke_bango = s.himozuke_bango
        AND r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL);
END $$;

-- Gives persons the PMH-ID that was issued to them and owes its telegram, once per person and in the person's order.
-- Who had one keeps it and owes nothing; those who hold another one than is given here come back.
CREATE FUNCTION shikaku_set_pmh_id(persons uuid[], ids text[], at timestamptz)
RETURNS TABLE (himozuke_bango uuid, pmh_id varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE given_count bigint;
BEGIN
  PERFORM chukan_refuse_zone('shikaku_set_pmh_id');
  -- Persons are locked in the order they are given in, that of 紐付番号: the loop goes along the array.
  WITH given AS (
    UPDATE shikaku_himozuke p SET pmh_id = u.i, pmh_id_jun = p.jun + 1, jun = p.jun + 1
    FROM unnest(persons, ids) AS u (h, i)
    WHERE p.himozuke_bango = u.h AND p.pmh_id IS NULL
    RETURNING p.himozuke_bango AS h, p.jun AS j)
  INSERT INTO shikaku_onshi_soshin (soshin_bango, himozuke_bango, jun, kind, as_of, owed_at, available_at, attempts,
    shori_kekka_kubun, shori_kekka_meisai_code)
  SELECT uuidv7(), given.h, given.j, 'pmh_id', at, at, at, 0, '', '' FROM given;
  GET DIAGNOSTICS given_count = ROW_COUNT;
  -- Looked at again now that the persons are locked: a 取消 or 訂正 that was first has been seen, one that comes later
  -- takes its place in the person's order after this telegram.
  IF EXISTS (SELECT FROM unnest(persons) AS u (h) WHERE NOT EXISTS (
    SELECT FROM shikaku_itaku_kukaku_kanyusha k
    JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
    WHERE k.himozuke_bango = u.h
      AND r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL)) THEN
    RAISE EXCEPTION 'shikaku_set_pmh_id: somebody is no member any more' USING ERRCODE = 'serialization_failure';
  END IF;
  IF given_count = cardinality(persons) THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT p.himozuke_bango, p.pmh_id FROM unnest(persons, ids) AS u (h, i)
    JOIN shikaku_himozuke p ON p.himozuke_bango = u.h WHERE p.pmh_id <> u.i;
END $$;

-- What the sender of telegrams puts into them, and from which place in the person's order on.
CREATE FUNCTION shikaku_pmh_id_of(persons uuid[])
RETURNS TABLE (himozuke_bango uuid, pmh_id varchar, pmh_id_jun bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('shikaku_pmh_id_of');
  RETURN QUERY SELECT p.himozuke_bango, p.pmh_id, p.pmh_id_jun FROM unnest(persons) AS u (h)
    JOIN shikaku_himozuke p ON p.himozuke_bango = u.h WHERE p.pmh_id IS NOT NULL;
END $$;

-- Telegrams of a PMH-ID that were answered 異常 and that no newer one of the person followed: how many there are, and
-- a new one for each, with the next place in the person's order. Looked at again under the locks: one is owed only once.
CREATE FUNCTION shikaku_count_pmh_resend() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM shikaku_onshi_soshin s WHERE s.kind = 'pmh_id' AND s.shori_kekka_kubun = '9' AND NOT EXISTS (
    SELECT FROM shikaku_onshi_soshin n
    WHERE n.himozuke_bango = s.himozuke_bango AND n.jun > s.jun AND n.kind = 'pmh_id')
$$;
CREATE FUNCTION shikaku_resend_pmh_id(most integer, at timestamptz) RETURNS bigint
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

-- When each of these persons was last insured anywhere (NULL: still is); who holds no period is left out. With `hold`
-- a registration of one of them waits until the transaction ends, and one that was first has been seen.
CREATE FUNCTION shikaku_last_soshitsu(persons uuid[], hold boolean)
RETURNS TABLE (himozuke_bango uuid, soshitsu_ymd date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('shikaku_last_soshitsu');
  IF hold THEN
    PERFORM 1 FROM shikaku_himozuke p WHERE p.himozuke_bango = ANY (persons) ORDER BY p.himozuke_bango FOR UPDATE;
  END IF;
  RETURN QUERY SELECT u.h, NULLIF(max(COALESCE(r.valid_to, 'infinity')), 'infinity')
    FROM unnest(persons) AS u (h)
    JOIN shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = u.h
    JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
    WHERE r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL
    GROUP BY u.h;
END $$;

GRANT EXECUTE ON FUNCTION
  shikaku_find_members(bytea[]), shikaku_set_pmh_id(uuid[], text[], timestamptz) TO chukan_web;
GRANT EXECUTE ON FUNCTION shikaku_pmh_id_of(uuid[]) TO chukan_relay;
GRANT EXECUTE ON FUNCTION
  shikaku_last_soshitsu(uuid[], boolean), shikaku_resend_pmh_id(integer, timestamptz) TO chukan_worker;
GRANT EXECUTE ON FUNCTION shikaku_count_pmh_resend() TO chukan_operator;
