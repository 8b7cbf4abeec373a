DROP FUNCTION fugo_store(uuid[], uuid[], bytea[], bytea[], text[], boolean, timestamptz);
DROP FUNCTION fugo_mark_uketsuke(uuid[], timestamptz);

-- 符号受付: takes requests that were sent there, and tells of each by its place the person, the last issue, and which
-- insurers the person is linked to. One in any other state is left out.
CREATE FUNCTION fugo_mark_uketsuke(tsuban uuid[], at timestamptz)
RETURNS TABLE (place bigint, himozuke_bango uuid, last_hakko_no integer, hokensha_code text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_mark_uketsuke');
  RETURN QUERY UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '4', fugo_uketsuke_nichiji = at,
      fugo_status_koshin_nichiji = at
    FROM unnest(tsuban) WITH ORDINALITY AS u (t, o) WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '3'
    RETURNING u.o, r.himozuke_bango,
      CASE WHEN r.fugo_saihakko_flag THEN COALESCE(
        (SELECT max(i.hakko_no) FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = r.himozuke_bango), 0) ELSE 0 END,
      (SELECT string_agg(l.hokensha_code, ' ') FROM fugo_edaban_himozuke l
        WHERE l.himozuke_bango = r.himozuke_bango);
END $$;

-- 設定: writes the issues and takes their requests there. A code or a person that was first makes all of it undone.
CREATE FUNCTION fugo_store(ids uuid[], tsuban uuid[], persons uuid[], sealed bytea[], hashes bytea[],
  hakko integer[], purposes text[], at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE written bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_store');
  UPDATE fugo_kikanbetsu_fugo i SET superseded_at = at FROM unnest(persons, hakko) AS u (h, n)
    WHERE u.n > 1 AND i.himozuke_bango = u.h AND i.superseded_at IS NULL;
  -- Not ON CONFLICT: that looks into every unique index before it writes, which five thousand new codes need not pay.
  BEGIN
    INSERT INTO fugo_kikanbetsu_fugo (id, himozuke_bango, ct_kikanbetsu_fugo, bi_kikanbetsu_fugo, shori_tsuban,
      hakko_no, yoto, fugo_saihakko_flag, fugo_uketsuke_nichiji, fugo_settei_nichiji)
    SELECT u.i, u.h, u.c, u.b, u.t, u.n, u.y, u.n > 1, at, at
      FROM unnest(ids, persons, sealed, hashes, tsuban, hakko, purposes) AS u (i, h, c, b, t, n, y);
  EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'fugo_store: a code or a person was first' USING ERRCODE = 'serialization_failure';
  END;
  UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '5', fugo_settei_nichiji = at, fugo_status_koshin_nichiji = at
    FROM unnest(tsuban) AS u (t) WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '4';
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(tsuban) THEN
    RAISE EXCEPTION 'fugo_store: a request was not 符号受付' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

GRANT EXECUTE ON FUNCTION fugo_mark_uketsuke(uuid[], timestamptz),
  fugo_store(uuid[], uuid[], uuid[], bytea[], bytea[], integer[], text[], timestamptz) TO chukan_web;
