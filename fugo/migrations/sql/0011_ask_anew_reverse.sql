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

DROP FUNCTION fugo_ask_elsewhere(uuid[], bigint[]);
DROP FUNCTION fugo_ask_anew(uuid[], uuid[], uuid[], bigint[], varchar, varchar, timestamptz);
DROP FUNCTION fugo_asked_through(uuid[], bigint[]);
