-- 発行履歴: arrays in, and out come those only whom somebody else gave another one: whoever is first gives a person the
-- PMH-ID that stays. Rows are written in the order of 紐付番号 by all, so that two requests never both wait.
CREATE FUNCTION pmh_issue(persons uuid[], candidates text[], at timestamptz)
RETURNS TABLE (himozuke_bango uuid, pmh_id varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE made_count bigint;
BEGIN
  PERFORM chukan_refuse_zone('pmh_issue');
  INSERT INTO pmh_hakko_rireki (himozuke_bango, pmh_id, issued_at)
    SELECT u.h, u.c, at FROM unnest(persons, candidates) AS u (h, c) ORDER BY u.h
    ON CONFLICT ON CONSTRAINT pmh_hakko_rireki_pkey DO NOTHING;
  GET DIAGNOSTICS made_count = ROW_COUNT;
  IF made_count = cardinality(persons) THEN
    RETURN;
  END IF;
  -- A second statement, so that rows of a transaction that committed in between are seen.
  RETURN QUERY SELECT r.himozuke_bango, r.pmh_id FROM unnest(persons, candidates) AS u (h, c)
    JOIN pmh_hakko_rireki r ON r.himozuke_bango = u.h WHERE r.pmh_id <> u.c;
END $$;

-- The persons of 発行履歴 after a 紐付番号, in its order, with the time of issue: for the job that looks who is over.
CREATE FUNCTION pmh_list_hakko(after uuid, most integer) RETURNS TABLE (himozuke_bango uuid, issued_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('pmh_list_hakko');
  RETURN QUERY SELECT r.himozuke_bango, r.issued_at FROM pmh_hakko_rireki r WHERE r.himozuke_bango > after
    ORDER BY r.himozuke_bango LIMIT most;
END $$;
CREATE FUNCTION pmh_erase_hakko(persons uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE erased integer;
BEGIN
  PERFORM chukan_refuse_zone('pmh_erase_hakko');
  DELETE FROM pmh_hakko_rireki r WHERE r.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END $$;

-- How many there are, for operators: counted while they are few, estimated by the database when they are many.
CREATE FUNCTION pmh_count_hakko() RETURNS TABLE (kensu bigint, estimated boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE about bigint := (SELECT c.reltuples::bigint FROM pg_class c WHERE c.oid = 'pmh_hakko_rireki'::regclass);
BEGIN
  IF about > 1000000 THEN
    RETURN QUERY SELECT about, true;
  ELSE
    RETURN QUERY SELECT count(*), false FROM pmh_hakko_rireki;
  END IF;
END $$;

GRANT EXECUTE ON FUNCTION pmh_issue(uuid[], text[], timestamptz) TO chukan_web;
GRANT EXECUTE ON FUNCTION pmh_list_hakko(uuid, integer), pmh_erase_hakko(uuid[]) TO chukan_worker;
GRANT EXECUTE ON FUNCTION pmh_count_hakko() TO chukan_operator;
