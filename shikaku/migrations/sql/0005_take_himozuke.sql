-- As shikaku_resolve_himozuke, for many persons who are mostly new: a new number takes its candidate together with the
-- count of telegrams it owes, and only those come back whom somebody had before.
CREATE FUNCTION shikaku_take_himozuke(hashes bytea[], candidates uuid[], owed integer[])
RETURNS TABLE (bi_global bytea, himozuke_bango uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE made_count bigint;
BEGIN
  WITH given AS MATERIALIZED (
    SELECT u.h, u.c, u.n FROM unnest(hashes, candidates, owed) AS u (h, c, n)),
  made AS (
    INSERT INTO shikaku_kojin_bango_sakuin AS s (bi_global, himozuke_bango)
    SELECT given.h, given.c FROM given ORDER BY given.h
    ON CONFLICT DO NOTHING RETURNING s.himozuke_bango AS c)
  INSERT INTO shikaku_himozuke (himozuke_bango, jun) SELECT made.c, given.n FROM made JOIN given USING (c);
  GET DIAGNOSTICS made_count = ROW_COUNT;
  IF made_count = cardinality(hashes) THEN
    RETURN;
  END IF;
  -- A second statement, so that rows of a transaction that committed in between are seen.
  RETURN QUERY SELECT s.bi_global, s.himozuke_bango
    FROM unnest(hashes, candidates) AS u (h, c) JOIN shikaku_kojin_bango_sakuin s ON s.bi_global = u.h
    WHERE s.himozuke_bango <> u.c;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_take_himozuke(bytea[], uuid[], integer[]) TO chukan_web, chukan_worker;

-- A person whose row this very transaction made is seen by nobody else yet: there is nobody to lock out.
CREATE OR REPLACE FUNCTION shikaku_refuse_overlap() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM 1 FROM shikaku_itaku_kukaku_kanyusha k
    WHERE (k.hokensha_code, k.hihokensha_edaban) IN (
      SELECT f.hokensha_code, f.hihokensha_edaban FROM fresh f
      WHERE f.superseded_at IS NULL AND NOT f.withdrawn AND f.valid_from IS NOT NULL)
      AND k.xmin <> pg_current_xact_id()::xid
    ORDER BY k.hokensha_code, k.hihokensha_edaban FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT 1 FROM fresh f JOIN shikaku_rireki r
      ON r.hokensha_code = f.hokensha_code AND r.hihokensha_edaban = f.hihokensha_edaban AND r.id <> f.id
    WHERE f.superseded_at IS NULL AND NOT f.withdrawn AND r.superseded_at IS NULL AND NOT r.withdrawn
      AND f.valid_from < COALESCE(r.valid_to, 'infinity') AND r.valid_from < COALESCE(f.valid_to, 'infinity'))
  THEN
    RAISE EXCEPTION 'shikaku_rireki: periods overlap' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NULL;
END $$;
