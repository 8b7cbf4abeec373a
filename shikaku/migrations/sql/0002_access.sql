-- A version belongs to a person of the same insurer. Foreign keys ignore row-level security, so the key carries it.
ALTER TABLE shikaku_rireki ADD CONSTRAINT shikaku_rireki_kanyusha FOREIGN KEY (hokensha_code, hihokensha_edaban)
  REFERENCES shikaku_itaku_kukaku_kanyusha (hokensha_code, hihokensha_edaban);
ALTER TABLE shikaku_rireki ADD CONSTRAINT shikaku_rireki_period CHECK (
  (shikaku_tsuban IS NULL AND valid_from IS NULL AND valid_to IS NULL)
  OR (shikaku_tsuban >= 1 AND valid_from IS NOT NULL AND (valid_to IS NULL OR valid_to > valid_from))
);
ALTER TABLE shikaku_rireki ADD CONSTRAINT shikaku_rireki_known CHECK (superseded_at IS NULL OR superseded_at > toroku_nichiji);

-- A version is never changed and never removed; `superseded_at` goes once from NULL to a time.
CREATE FUNCTION shikaku_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL THEN
      OLD.superseded_at := NEW.superseded_at;
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'shikaku_rireki: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER version_is_final BEFORE UPDATE OR DELETE ON shikaku_rireki
  FOR EACH ROW EXECUTE FUNCTION shikaku_refuse_version_change();
CREATE TRIGGER version_is_final_truncate BEFORE TRUNCATE ON shikaku_rireki
  FOR EACH STATEMENT EXECUTE FUNCTION shikaku_refuse_version_change();

-- Periods of one person inside one insurer never overlap: checked for all rows of a statement at once, after locking
-- their persons, so that two transactions cannot each miss the other's row. Scans are pinned to the index because the
-- plan is kept for the life of a session that may have begun on an empty table.
CREATE FUNCTION shikaku_refuse_overlap() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM 1 FROM shikaku_itaku_kukaku_kanyusha k
    WHERE (k.hokensha_code, k.hihokensha_edaban) IN (
      SELECT f.hokensha_code, f.hihokensha_edaban FROM fresh f
      WHERE f.superseded_at IS NULL AND NOT f.withdrawn AND f.valid_from IS NOT NULL)
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
CREATE TRIGGER periods_do_not_overlap AFTER INSERT ON shikaku_rireki
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION shikaku_refuse_overlap();

-- Persons across insurers: arrays in, rows out; no login role can read the tables themselves.
CREATE FUNCTION shikaku_resolve_himozuke(hashes bytea[], candidates uuid[])
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
CREATE FUNCTION shikaku_new_himozuke(candidates uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO shikaku_himozuke (himozuke_bango, jun) SELECT c, 0 FROM unnest(candidates) AS c
$$;
CREATE FUNCTION shikaku_find_himozuke(hashes bytea[]) RETURNS TABLE (bi_global bytea, himozuke_bango uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.bi_global, s.himozuke_bango FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = ANY (hashes)
$$;
CREATE FUNCTION shikaku_link_bango(hash bytea, himozuke uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_himozuke uuid;
BEGIN
  INSERT INTO shikaku_kojin_bango_sakuin (bi_global, himozuke_bango) VALUES (hash, himozuke) ON CONFLICT DO NOTHING;
  SELECT s.himozuke_bango INTO found_himozuke FROM shikaku_kojin_bango_sakuin s WHERE s.bi_global = hash;
  RETURN found_himozuke;
END $$;
CREATE FUNCTION shikaku_next_jun(persons uuid[], wanted integer[]) RETURNS TABLE (himozuke_bango uuid, last_jun bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM shikaku_himozuke h WHERE h.himozuke_bango = ANY (persons) ORDER BY h.himozuke_bango FOR UPDATE;
  RETURN QUERY UPDATE shikaku_himozuke h SET jun = h.jun + w.n FROM unnest(persons, wanted) AS w (p, n)
    WHERE h.himozuke_bango = w.p RETURNING h.himozuke_bango, h.jun;
END $$;
-- Who insured this person on a day: the later 取得日, then the later registration, comes first.
CREATE FUNCTION shikaku_hokensha_at(person uuid, on_day date)
RETURNS TABLE (hokensha_code varchar, hihokensha_edaban bigint, shikaku_tsuban integer, valid_from date, valid_to date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.hokensha_code, r.hihokensha_edaban, r.shikaku_tsuban, r.valid_from, r.valid_to FROM shikaku_rireki r
  WHERE r.himozuke_bango = person AND r.superseded_at IS NULL AND NOT r.withdrawn
    AND r.valid_from <= on_day AND (r.valid_to IS NULL OR on_day < r.valid_to)
  ORDER BY r.valid_from DESC, r.toroku_nichiji DESC
$$;
-- オン資 names a telegram by its 送信番号 alone; the first result stands.
CREATE FUNCTION shikaku_record_onshi_kekka(soshin uuid, kubun varchar, meisai_code varchar, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held shikaku_onshi_soshin;
BEGIN
  SELECT * INTO held FROM shikaku_onshi_soshin s WHERE s.soshin_bango = soshin FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'unknown';
  END IF;
  IF held.shori_kekka_kubun = '' THEN
    UPDATE shikaku_onshi_soshin SET shori_kekka_kubun = kubun, shori_kekka_meisai_code = meisai_code, answered_at = at
      WHERE soshin_bango = soshin;
    RETURN 'recorded';
  END IF;
  IF held.shori_kekka_kubun = kubun AND held.shori_kekka_meisai_code = meisai_code THEN
    RETURN 'same';
  END IF;
  RETURN 'other';
END $$;
CREATE FUNCTION shikaku_drop_expired_slips(at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM shikaku_terminal_slip WHERE expires_at < at
$$;
GRANT EXECUTE ON FUNCTION shikaku_drop_expired_slips(timestamptz) TO chukan_worker;
GRANT EXECUTE ON FUNCTION
  shikaku_resolve_himozuke(bytea[], uuid[]), shikaku_new_himozuke(uuid[]), shikaku_find_himozuke(bytea[]),
  shikaku_link_bango(bytea, uuid), shikaku_next_jun(uuid[], integer[]), shikaku_hokensha_at(uuid, date)
  TO chukan_web, chukan_worker;
GRANT EXECUTE ON FUNCTION shikaku_record_onshi_kekka(uuid, varchar, varchar, timestamptz) TO chukan_web;
ALTER TABLE shikaku_himozuke SET (fillfactor = 80);
