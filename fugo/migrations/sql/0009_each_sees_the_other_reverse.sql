CREATE OR REPLACE FUNCTION fugo_link(persons uuid[], edabans bigint[], may_renkei boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  UPDATE fugo_shutoku_yokyu r SET hokensha_code = zone, hihokensha_edaban = u.e, shori_kekka_shosai_code = '',
      shori_kekka_message = ''
    FROM unnest(persons, edabans) AS u (h, e)
    WHERE r.himozuke_bango = u.h AND r.fugo_uketsuke_nichiji IS NULL AND r.shori_kekka_shosai_code <> '';
  IF may_renkei THEN
    UPDATE fugo_kikanbetsu_fugo i SET yoto = '1' FROM unnest(persons) AS u (h)
      WHERE i.himozuke_bango = u.h AND i.superseded_at IS NULL AND i.yoto = '2';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION fugo_mark_uketsuke(tsuban uuid[], at timestamptz)
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
