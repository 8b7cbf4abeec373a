-- A registration and the answer to a request of the same person: whoever comes second sees what the first one wrote. The
-- registration holds the open requests before it looks for codes; the answer reads the links once it has the request.

-- What a further insurer of persons changes: a request whose number could not be read is asked from here, and a code
-- that served 自己情報表示 alone serves 情報連携 too when this insurer is of a kind that may. 根拠: KJ-NWS-22, KJ-NWS-27.
CREATE OR REPLACE FUNCTION fugo_link(persons uuid[], edabans bigint[], may_renkei boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  IF may_renkei THEN
    -- In the order answers take them. Nobody else can have what this very transaction made.
    PERFORM FROM unnest(persons) AS u (h) JOIN fugo_shutoku_yokyu r ON r.himozuke_bango = u.h
      WHERE r.fugo_uketsuke_nichiji IS NULL AND r.xmin <> pg_current_xact_id()::xid
      ORDER BY r.shori_tsuban FOR NO KEY UPDATE OF r;
  END IF;
  UPDATE fugo_shutoku_yokyu r SET hokensha_code = zone, hihokensha_edaban = u.e, shori_kekka_shosai_code = '',
      shori_kekka_message = ''
    FROM unnest(persons, edabans) AS u (h, e)
    WHERE r.himozuke_bango = u.h AND r.fugo_uketsuke_nichiji IS NULL AND r.shori_kekka_shosai_code <> '';
  IF may_renkei THEN
    UPDATE fugo_kikanbetsu_fugo i SET yoto = '1' FROM unnest(persons) AS u (h)
      WHERE i.himozuke_bango = u.h AND i.superseded_at IS NULL AND i.yoto = '2';
  END IF;
END $$;

-- 符号受付: takes requests that were sent there, and tells by their places which of them belong to persons linked to the
-- same insurers, and whether they are a 再発行. One in any other state is left out. The links are of the moment after
-- the requests were taken: two statements, each sees what was committed before it.
CREATE OR REPLACE FUNCTION fugo_mark_uketsuke(tsuban uuid[], at timestamptz)
RETURNS TABLE (places bigint[], hokensha_code text, is_saihakko boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  taken_places bigint[];
  persons uuid[];
  flags boolean[];
BEGIN
  PERFORM chukan_refuse_zone('fugo_mark_uketsuke');
  WITH taken AS (
    UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '4', fugo_uketsuke_nichiji = at,
        fugo_status_koshin_nichiji = at
      FROM unnest(tsuban) WITH ORDINALITY AS u (t, o) WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '3'
      RETURNING u.o AS place, r.himozuke_bango AS h, r.fugo_saihakko_flag AS flag)
  SELECT array_agg(t.place), array_agg(t.h), array_agg(t.flag) INTO taken_places, persons, flags FROM taken t;
  RETURN QUERY SELECT array_agg(k.place), k.insurers, k.flag FROM (
      SELECT p.place, p.flag, (SELECT string_agg(l.hokensha_code, ' ' ORDER BY l.hokensha_code)
          FROM fugo_edaban_himozuke l WHERE l.himozuke_bango = p.h) AS insurers
        FROM unnest(taken_places, persons, flags) AS p (place, h, flag)) AS k
    GROUP BY k.insurers, k.flag;
END $$;
