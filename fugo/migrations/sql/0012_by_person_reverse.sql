CREATE OR REPLACE FUNCTION fugo_known(persons uuid[])
RETURNS TABLE (himozuke_bango uuid, has_fugo boolean, has_open_request boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY SELECT u.h, f.found, y.found FROM unnest(persons) AS u (h),
    LATERAL (SELECT EXISTS (
      SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = u.h AND i.superseded_at IS NULL)) AS f (found),
    LATERAL (SELECT EXISTS (
      SELECT FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = u.h AND r.fugo_uketsuke_nichiji IS NULL)) AS y (found)
    WHERE f.found OR y.found;
END $$;

CREATE OR REPLACE FUNCTION fugo_request(
  tsuban uuid[], persons uuid[], edabans bigint[], meisai text[], uketsuke varchar, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  zone varchar := fugo_zone();
  made bigint;
BEGIN
  INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
    fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, hokensha_code, hihokensha_edaban, uketsuke_bango,
    uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code, shori_kekka_message)
  SELECT u.t, u.h, '1', at, at, false, zone, u.e, uketsuke, u.m, 0, '', ''
    FROM unnest(tsuban, persons, edabans, meisai) AS u (t, h, e, m)
    WHERE NOT EXISTS (
      SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = u.h AND i.superseded_at IS NULL)
    ON CONFLICT (himozuke_bango) WHERE fugo_uketsuke_nichiji IS NULL DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  RETURN made;
END $$;

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
    WHERE r.himozuke_bango = u.h AND r.fugo_uketsuke_nichiji IS NULL AND r.shori_kekka_shosai_code <> ''
      AND (r.hokensha_code = zone OR r.last_sent_at IS NULL OR r.shori_kekka_shosai_code <> 'bango_chigai');
  IF may_renkei THEN
    UPDATE fugo_kikanbetsu_fugo i SET yoto = '1' FROM unnest(persons) AS u (h)
      WHERE i.himozuke_bango = u.h AND i.superseded_at IS NULL AND i.yoto = '2';
  END IF;
END $$;
