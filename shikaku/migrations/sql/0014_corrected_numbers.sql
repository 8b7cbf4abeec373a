-- A hash that is replaced takes those with it that came by way of it; one that others came by is not simply dropped.
ALTER TABLE shikaku_kojin_bango_sakuin ADD CONSTRAINT shikaku_sakuin_over FOREIGN KEY (over_bi_global)
  REFERENCES shikaku_kojin_bango_sakuin (bi_global) ON UPDATE CASCADE;
-- Scans are pinned to the indexes because the plan is kept for the life of a session.
-- The owner's functions see who carries a number that another insurer's 訂正 took from the person.
CREATE POLICY across_chukan_owner ON shikaku_kyu_kojin_bango FOR SELECT TO chukan_owner USING (true);

-- Nobody ever came under this 紐付番号, and no other person may be waiting for it: a 訂正 made it for a number alone.
CREATE FUNCTION shikaku_is_free(person uuid, zone text, edaban bigint) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT EXISTS (SELECT FROM shikaku_himozuke p WHERE p.himozuke_bango = person AND p.jun = 0 AND p.pmh_id IS NULL)
    AND NOT EXISTS (SELECT FROM shikaku_itaku_kukaku_kanyusha k WHERE k.himozuke_bango = person)
    AND NOT EXISTS (
      SELECT FROM shikaku_bango_case c
      WHERE c.other_himozuke_bango = person AND c.closed_at IS NULL AND c.channel = 'teisei'
        AND (c.hokensha_code, c.hihokensha_edaban) <> (zone, edaban))
$$;

-- Lets a number lead to a person by way of `over`, a number that leads there and goes on to until the end of the
-- transaction. Returns whom the number leads to; NULL when `over` leads there no more.
DROP FUNCTION shikaku_link_bango(bytea, uuid);
CREATE FUNCTION shikaku_link_bango(hash bytea, over bytea, person uuid, zone text, edaban bigint) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE found_himozuke uuid;
BEGIN
  IF over IS NOT NULL THEN
    PERFORM 1 FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = over AND s.himozuke_bango = person FOR SHARE;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO shikaku_kojin_bango_sakuin (bi_global, himozuke_bango, over_bi_global) VALUES (hash, person, over)
    ON CONFLICT DO NOTHING;
  SELECT s.himozuke_bango INTO found_himozuke FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = hash FOR UPDATE;
  IF found_himozuke <> person AND shikaku_is_free(found_himozuke, zone, edaban) THEN
    UPDATE shikaku_kojin_bango_sakuin SET himozuke_bango = person, over_bi_global = over WHERE bi_global = hash;
    found_himozuke := person;
  END IF;
  RETURN found_himozuke;
END $$;

-- Takes a number that was never this person's away from the person, with those that became the person's by way of it,
-- but for the ones the insurer keeps. Returns the other insurers that have the person: they may have come by it.
DROP FUNCTION shikaku_part_bango(bytea, uuid, uuid);
CREATE FUNCTION shikaku_part_bango(hash bytea, former uuid, fresh uuid, kept bytea[], zone text)
RETURNS TABLE (hokensha_code varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM 1 FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = hash AND s.himozuke_bango = former FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH RECURSIVE gone (h) AS (
    VALUES (hash)
    UNION
    SELECT s.bi_global FROM gone JOIN shikaku_kojin_bango_sakuin s ON s.over_bi_global = gone.h
      WHERE s.himozuke_bango = former AND s.bi_global <> ALL (kept))
  UPDATE shikaku_kojin_bango_sakuin s SET himozuke_bango = fresh FROM gone WHERE s.bi_global = gone.h;
  UPDATE shikaku_kojin_bango_sakuin s SET over_bi_global = NULL
    FROM shikaku_kojin_bango_sakuin o
    WHERE s.bi_global = ANY (kept) AND o.bi_global = s.over_bi_global AND o.himozuke_bango = fresh;
  INSERT INTO shikaku_himozuke (himozuke_bango, jun) VALUES (fresh, 0);
  RETURN QUERY SELECT k.hokensha_code FROM shikaku_itaku_kukaku_kanyusha k
    WHERE k.himozuke_bango = former AND k.hokensha_code <> zone;
END $$;

-- Opens a case for each person of these insurers who carries the number in question, by that insurer's own hash of it.
CREATE FUNCTION shikaku_open_parted(former uuid, fresh uuid, zones text[], hashes bytea[], at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  INSERT INTO shikaku_bango_case (id, hokensha_code, hihokensha_edaban, other_himozuke_bango, channel, uketsuke_bango,
    first_seen_at, last_seen_at, seen_count, closed_reason)
  SELECT uuidv4(), k.hokensha_code, k.hihokensha_edaban, fresh, 'teisei', '', at, at, 1, ''
  FROM unnest(zones, hashes) AS u (z, h)
  JOIN shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = former AND k.hokensha_code = u.z
  WHERE k.bi_bango = u.h OR EXISTS (
    SELECT FROM shikaku_kyu_kojin_bango o
    WHERE o.hokensha_code = k.hokensha_code AND o.bi_bango = u.h AND o.hihokensha_edaban = k.hihokensha_edaban
      AND o.resolves)
$$;
GRANT EXECUTE ON FUNCTION
  shikaku_is_free(uuid, text, bigint), shikaku_link_bango(bytea, bytea, uuid, text, bigint),
  shikaku_part_bango(bytea, uuid, uuid, bytea[], text),
  shikaku_open_parted(uuid, uuid, text[], bytea[], timestamptz) TO chukan_web, chukan_worker;

-- Whoever comes under a number somebody had keeps it where it is until the transaction ends: a 訂正 that parts it waits
-- and sees them, or was first and they go along.
CREATE OR REPLACE FUNCTION shikaku_resolve_himozuke(hashes bytea[], candidates uuid[])
RETURNS TABLE (bi_global bytea, himozuke_bango uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH made AS (
    INSERT INTO shikaku_kojin_bango_sakuin AS s (bi_global, himozuke_bango)
    SELECT given.h, given.c FROM unnest(hashes, candidates) AS given (h, c) ORDER BY given.h
    ON CONFLICT DO NOTHING RETURNING s.himozuke_bango AS c)
  INSERT INTO shikaku_himozuke (himozuke_bango, jun) SELECT made.c, 0 FROM made;
  PERFORM 1 FROM shikaku_kojin_bango_sakuin s
    WHERE s.bi_global = ANY (hashes) AND s.himozuke_bango <> ALL (candidates) ORDER BY s.bi_global FOR SHARE;
  -- Another statement, so that rows of a transaction that committed in between are seen.
  RETURN QUERY SELECT s.bi_global, s.himozuke_bango FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = ANY (hashes);
END $$;
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
    WHERE s.himozuke_bango <> u.c ORDER BY s.bi_global FOR SHARE OF s;
END $$;
