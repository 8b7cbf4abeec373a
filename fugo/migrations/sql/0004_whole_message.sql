-- One message is two calls: what the code of a person is for depends on the insurers alone, so persons need not travel.
DROP FUNCTION fugo_store(uuid[], uuid[], uuid[], bytea[], bytea[], integer[], text[], timestamptz);
DROP FUNCTION fugo_mark_uketsuke(uuid[], timestamptz);

-- 符号受付: takes requests that were sent there, and tells by their places which of them belong to persons linked to the
-- same insurers, and whether they are a 再発行. One in any other state is left out.
CREATE FUNCTION fugo_mark_uketsuke(tsuban uuid[], at timestamptz)
RETURNS TABLE (places bigint[], hokensha_code text, is_saihakko boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_mark_uketsuke');
  RETURN QUERY WITH taken AS (
    UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '4', fugo_uketsuke_nichiji = at,
        fugo_status_koshin_nichiji = at
      FROM unnest(tsuban) WITH ORDINALITY AS u (t, o) WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '3'
      RETURNING u.o AS place, r.fugo_saihakko_flag AS flag,
        (SELECT string_agg(l.hokensha_code, ' ' ORDER BY l.hokensha_code) FROM fugo_edaban_himozuke l
          WHERE l.himozuke_bango = r.himozuke_bango) AS insurers)
    SELECT array_agg(t.place), t.insurers, t.flag FROM taken t GROUP BY t.insurers, t.flag;
END $$;

-- 設定: takes these requests there and writes their issues; of a 再発行 the former issue is superseded and the next one is
-- counted. A code or a person that was first makes all of it undone.
CREATE FUNCTION fugo_store(ids uuid[], tsuban uuid[], sealed bytea[], hashes bytea[], purposes text[],
  some_saihakko boolean, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE written bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_store');
  IF some_saihakko THEN
    UPDATE fugo_kikanbetsu_fugo i SET superseded_at = at
      FROM unnest(tsuban) AS u (t) JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = u.t
      WHERE r.fugo_saihakko_flag AND i.himozuke_bango = r.himozuke_bango AND i.superseded_at IS NULL;
  END IF;
  -- Not ON CONFLICT: that looks into every unique index before it writes, which five thousand new codes need not pay.
  BEGIN
    WITH settled AS (
      UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '5', fugo_settei_nichiji = at,
          fugo_status_koshin_nichiji = at
        FROM unnest(ids, tsuban, sealed, hashes, purposes) AS u (i, t, c, b, y)
        WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '4'
        RETURNING u.i, u.t, u.c, u.b, u.y, r.himozuke_bango AS h, CASE WHEN r.fugo_saihakko_flag THEN 1 + COALESCE(
          (SELECT max(k.hakko_no) FROM fugo_kikanbetsu_fugo k WHERE k.himozuke_bango = r.himozuke_bango), 0)
          ELSE 1 END AS n)
    INSERT INTO fugo_kikanbetsu_fugo (id, himozuke_bango, ct_kikanbetsu_fugo, bi_kikanbetsu_fugo, shori_tsuban,
      hakko_no, yoto, fugo_saihakko_flag, fugo_uketsuke_nichiji, fugo_settei_nichiji)
    SELECT s.i, s.h, s.c, s.b, s.t, s.n, s.y, s.n > 1, at, at FROM settled s;
    GET DIAGNOSTICS written = ROW_COUNT;
  EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'fugo_store: a code or a person was first' USING ERRCODE = 'serialization_failure';
  END;
  IF written <> cardinality(tsuban) THEN
    RAISE EXCEPTION 'fugo_store: a request was not 符号受付' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

GRANT EXECUTE ON FUNCTION fugo_mark_uketsuke(uuid[], timestamptz),
  fugo_store(uuid[], uuid[], bytea[], bytea[], text[], boolean, timestamptz) TO chukan_web;
