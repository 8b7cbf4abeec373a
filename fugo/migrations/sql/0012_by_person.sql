-- A state that few rows were in when the database last counted is a state it expects few rows in: after a large file it
-- would go through all open requests, or all codes, once for each person of a block. So what a person has is looked for
-- person by person: OFFSET 0 keeps the search for one apart, and COALESCE keeps it off the indexes of what is open.

CREATE OR REPLACE FUNCTION fugo_known(persons uuid[])
RETURNS TABLE (himozuke_bango uuid, has_fugo boolean, has_open_request boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY SELECT u.h, f.found, y.found FROM unnest(persons) AS u (h),
    LATERAL (SELECT EXISTS (
      SELECT FROM fugo_kikanbetsu_fugo i
      WHERE i.himozuke_bango = u.h AND COALESCE(i.superseded_at, 'infinity') = 'infinity' OFFSET 0)) AS f (found),
    LATERAL (SELECT EXISTS (
      SELECT FROM fugo_shutoku_yokyu r
      WHERE r.himozuke_bango = u.h
        AND COALESCE(r.fugo_uketsuke_nichiji, 'infinity') = 'infinity' OFFSET 0)) AS y (found)
    WHERE f.found OR y.found;
END $$;

-- One request for each person who has none: of two insurers at once the first one's stands, the other one waits for it.
-- Rows are written in the order given, that of 紐付番号, by all.
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
      SELECT FROM fugo_kikanbetsu_fugo i
      WHERE i.himozuke_bango = u.h AND COALESCE(i.superseded_at, 'infinity') = 'infinity' OFFSET 0)
    ON CONFLICT (himozuke_bango) WHERE fugo_uketsuke_nichiji IS NULL DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  RETURN made;
END $$;

-- What a further insurer of persons changes: a request whose number could not be read is asked from here, unless it
-- went with a number in dispute (whose it is, the insurer it went from has to say), and a code that served 自己情報表示
-- alone serves 情報連携 too when this insurer is of a kind that may.
CREATE OR REPLACE FUNCTION fugo_link(persons uuid[], edabans bigint[], may_renkei boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  zone varchar := fugo_zone();
  held uuid[];
  narrow uuid[];
BEGIN
  -- Nobody else can have what this very transaction made.
  held := ARRAY(SELECT k.t FROM unnest(persons) AS u (h), LATERAL (
    SELECT r.shori_tsuban FROM fugo_shutoku_yokyu r
    WHERE r.himozuke_bango = u.h AND COALESCE(r.fugo_uketsuke_nichiji, 'infinity') = 'infinity'
      AND r.xmin <> pg_current_xact_id()::xid AND (may_renkei OR r.shori_kekka_shosai_code <> '') OFFSET 0) AS k (t));
  IF cardinality(held) > 0 THEN
    -- In the order answers take them.
    PERFORM FROM fugo_shutoku_yokyu r WHERE r.shori_tsuban = ANY (held) ORDER BY r.shori_tsuban FOR NO KEY UPDATE;
    UPDATE fugo_shutoku_yokyu r SET hokensha_code = zone, hihokensha_edaban = k.e, shori_kekka_shosai_code = '',
        shori_kekka_message = ''
      FROM unnest(persons, edabans) AS u (h, e), LATERAL (
        SELECT o.shori_tsuban, u.e FROM fugo_shutoku_yokyu o
        WHERE o.himozuke_bango = u.h AND COALESCE(o.fugo_uketsuke_nichiji, 'infinity') = 'infinity'
          AND o.shori_kekka_shosai_code <> ''
          AND (o.hokensha_code = zone OR o.last_sent_at IS NULL OR o.shori_kekka_shosai_code <> 'bango_chigai')
        OFFSET 0) AS k (t, e)
      WHERE r.shori_tsuban = k.t;
  END IF;
  IF may_renkei THEN
    narrow := ARRAY(SELECT k.i FROM unnest(persons) AS u (h), LATERAL (
      SELECT i.id FROM fugo_kikanbetsu_fugo i
      WHERE i.himozuke_bango = u.h AND COALESCE(i.superseded_at, 'infinity') = 'infinity' AND i.yoto = '2'
      OFFSET 0) AS k (i));
    IF cardinality(narrow) > 0 THEN
      UPDATE fugo_kikanbetsu_fugo i SET yoto = '1'
        WHERE i.id = ANY (narrow) AND i.superseded_at IS NULL AND i.yoto = '2';
    END IF;
  END IF;
END $$;
