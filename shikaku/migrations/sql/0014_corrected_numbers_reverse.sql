CREATE OR REPLACE FUNCTION shikaku_take_himozuke(hashes bytea[], candidates uuid[], owed integer[])
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
CREATE OR REPLACE FUNCTION shikaku_resolve_himozuke(hashes bytea[], candidates uuid[])
RETURNS TABLE (bi_global bytea, himozuke_bango uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH made AS (
    INSERT INTO shikaku_kojin_bango_sakuin AS s (bi_global, himozuke_bango)
    SELECT given.h, given.c FROM unnest(hashes, candidates) AS given (h, c) ORDER BY given.h
    ON CONFLICT DO NOTHING RETURNING s.himozuke_bango AS c)
  INSERT INTO shikaku_himozuke (himozuke_bango, jun) SELECT made.c, 0 FROM made;
  -- A second statement, so that rows of a transaction that committed in between are seen.
  RETURN QUERY SELECT s.bi_global, s.himozuke_bango FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = ANY (hashes);
END $$;
DROP FUNCTION shikaku_open_parted(uuid, uuid, text[], bytea[], timestamptz);
DROP FUNCTION shikaku_part_bango(bytea, uuid, uuid, bytea[], text);
DROP FUNCTION shikaku_link_bango(bytea, bytea, uuid, text, bigint);
DROP FUNCTION shikaku_is_free(uuid, text, bigint);
CREATE FUNCTION shikaku_part_bango(hash bytea, former uuid, fresh uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE shikaku_kojin_bango_sakuin SET himozuke_bango = fresh WHERE bi_global = hash AND himozuke_bango = former;
  IF FOUND THEN
    INSERT INTO shikaku_himozuke (himozuke_bango, jun) VALUES (fresh, 0);
  END IF;
END $$;
CREATE FUNCTION shikaku_link_bango(hash bytea, himozuke uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_himozuke uuid;
BEGIN
  INSERT INTO shikaku_kojin_bango_sakuin (bi_global, himozuke_bango) VALUES (hash, himozuke) ON CONFLICT DO NOTHING;
  SELECT s.himozuke_bango INTO found_himozuke FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = hash;
  RETURN found_himozuke;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_part_bango(bytea, uuid, uuid), shikaku_link_bango(bytea, uuid)
  TO chukan_web, chukan_worker;
DROP POLICY across_chukan_owner ON shikaku_kyu_kojin_bango;
ALTER TABLE shikaku_kojin_bango_sakuin DROP CONSTRAINT shikaku_sakuin_over;
