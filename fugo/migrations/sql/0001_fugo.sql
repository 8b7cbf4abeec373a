-- A request goes step by step, its stamps stand, and a finished one is never touched again. The condition is looked at
-- without entering a function: it costs nothing while everything is in order. 根拠: KJ-FUGO-04.
CREATE FUNCTION fugo_refuse_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'fugo_shutoku_yokyu: % -> % refused', COALESCE(OLD.fugo_shutoku_status, '-'), NEW.fugo_shutoku_status
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER begins_at_first BEFORE INSERT ON fugo_shutoku_yokyu FOR EACH ROW
  WHEN (NEW.fugo_shutoku_status <> '1') EXECUTE FUNCTION fugo_refuse_step();
CREATE TRIGGER step_by_step BEFORE UPDATE ON fugo_shutoku_yokyu FOR EACH ROW WHEN (
  OLD.fugo_shutoku_status = '5'
  OR NEW.fugo_shutoku_status <> OLD.fugo_shutoku_status
    AND NEW.fugo_shutoku_status::integer <> OLD.fugo_shutoku_status::integer + 1
  OR NEW.shori_tsuban <> OLD.shori_tsuban
  OR NEW.himozuke_bango <> OLD.himozuke_bango
  OR NEW.fugo_saihakko_flag <> OLD.fugo_saihakko_flag
  OR NEW.fugo_yokyu_uketsuke_nichiji <> OLD.fugo_yokyu_uketsuke_nichiji
  OR OLD.fugo_tenso_nichiji IS NOT NULL AND NEW.fugo_tenso_nichiji IS DISTINCT FROM OLD.fugo_tenso_nichiji
  OR OLD.fugo_soshin_nichiji IS NOT NULL AND NEW.fugo_soshin_nichiji IS DISTINCT FROM OLD.fugo_soshin_nichiji
  OR OLD.fugo_uketsuke_nichiji IS NOT NULL AND NEW.fugo_uketsuke_nichiji IS DISTINCT FROM OLD.fugo_uketsuke_nichiji
) EXECUTE FUNCTION fugo_refuse_step();

-- An issue is never changed: it is superseded once, and its purpose widens once.
CREATE FUNCTION fugo_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'fugo_kikanbetsu_fugo: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER issue_is_final BEFORE UPDATE ON fugo_kikanbetsu_fugo FOR EACH ROW WHEN (
  OLD.superseded_at IS NOT NULL
  OR NEW.yoto <> OLD.yoto AND NOT (OLD.yoto = '2' AND NEW.yoto = '1')
  OR (NEW.id, NEW.himozuke_bango, NEW.ct_kikanbetsu_fugo, NEW.bi_kikanbetsu_fugo, NEW.shori_tsuban, NEW.hakko_no,
      NEW.fugo_saihakko_flag, NEW.fugo_uketsuke_nichiji, NEW.fugo_settei_nichiji)
    IS DISTINCT FROM
     (OLD.id, OLD.himozuke_bango, OLD.ct_kikanbetsu_fugo, OLD.bi_kikanbetsu_fugo, OLD.shori_tsuban, OLD.hakko_no,
      OLD.fugo_saihakko_flag, OLD.fugo_uketsuke_nichiji, OLD.fugo_settei_nichiji)
) EXECUTE FUNCTION fugo_refuse_change();

-- === Registration: in the zone of the insurer, by the worker alone.

CREATE FUNCTION fugo_zone() RETURNS varchar LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF COALESCE(current_setting('chukan.hokensha_code', true), '') = '' THEN
    RAISE EXCEPTION 'fugo: called in no zone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN current_setting('chukan.hokensha_code', true);
END $$;

-- What is known of these persons; who is not known is left out.
CREATE FUNCTION fugo_known(persons uuid[])
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

-- One request for each person who has none: of two insurers at once the first one's stands, the other one waits for it.
-- Rows are written in the order given, that of 紐付番号, by all.
CREATE FUNCTION fugo_request(
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

-- What a further insurer of persons changes: a request whose number could not be read is asked from here, and a code
-- that served 自己情報表示 alone serves 情報連携 too when this insurer is of a kind that may.
CREATE FUNCTION fugo_link(persons uuid[], edabans bigint[], may_renkei boolean) RETURNS void
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

-- === Request files: in no zone, by the worker alone.

CREATE FUNCTION fugo_due(file_kind text, sent_before timestamptz, most integer)
RETURNS TABLE (kensu bigint, oldest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_due');
  IF file_kind = 'saiyokyu' THEN
    RETURN QUERY SELECT count(*), min(w.s) FROM (
      SELECT r.last_sent_at AS s FROM fugo_shutoku_yokyu r
      WHERE r.fugo_uketsuke_nichiji IS NULL AND r.fugo_shutoku_status = '3' AND r.last_sent_at <= sent_before
        AND r.shori_kekka_shosai_code = '' AND NOT EXISTS (
          SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'))
      ORDER BY r.last_sent_at LIMIT most) AS w;
  ELSE
    RETURN QUERY SELECT count(*), min(w.s) FROM (
      SELECT r.fugo_yokyu_uketsuke_nichiji AS s FROM fugo_shutoku_yokyu r
      WHERE r.yokyu_file_id IS NULL AND r.fugo_uketsuke_nichiji IS NULL AND r.fugo_shutoku_status IN ('1', '2')
        AND r.shori_kekka_shosai_code = '' AND r.fugo_saihakko_flag = (file_kind = 'saihakko')
      ORDER BY r.fugo_yokyu_uketsuke_nichiji LIMIT most) AS w;
  END IF;
END $$;

-- Takes up to so many of them into a file, the oldest first; what another one takes just now is left to it.
CREATE FUNCTION fugo_claim(file uuid, file_kind text, sent_before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE claimed bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_claim');
  IF file_kind = 'saiyokyu' THEN
    UPDATE fugo_shutoku_yokyu y SET yokyu_file_id = file FROM (
      SELECT r.shori_tsuban AS t FROM fugo_shutoku_yokyu r
      WHERE r.fugo_uketsuke_nichiji IS NULL AND r.fugo_shutoku_status = '3' AND r.last_sent_at <= sent_before
        AND r.shori_kekka_shosai_code = '' AND NOT EXISTS (
          SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'))
      ORDER BY r.last_sent_at LIMIT most FOR UPDATE SKIP LOCKED) AS w WHERE y.shori_tsuban = w.t;
  ELSE
    UPDATE fugo_shutoku_yokyu y SET yokyu_file_id = file FROM (
      SELECT r.shori_tsuban AS t FROM fugo_shutoku_yokyu r
      WHERE r.yokyu_file_id IS NULL AND r.fugo_uketsuke_nichiji IS NULL AND r.fugo_shutoku_status IN ('1', '2')
        AND r.shori_kekka_shosai_code = '' AND r.fugo_saihakko_flag = (file_kind = 'saihakko')
      ORDER BY r.fugo_yokyu_uketsuke_nichiji LIMIT most FOR UPDATE SKIP LOCKED) AS w WHERE y.shori_tsuban = w.t;
  END IF;
  GET DIAGNOSTICS claimed = ROW_COUNT;
  RETURN claimed;
END $$;

CREATE FUNCTION fugo_file_zones(file uuid) RETURNS TABLE (hokensha_code varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_file_zones');
  RETURN QUERY SELECT DISTINCT r.hokensha_code FROM fugo_shutoku_yokyu r
    WHERE r.yokyu_file_id = file AND r.fugo_uketsuke_nichiji IS NULL ORDER BY 1;
END $$;

-- Which requests of one zone go into a file, in the order of 処理通番 after one of them.
CREATE FUNCTION fugo_file_part(file uuid, zone varchar, after uuid, most integer)
RETURNS TABLE (shori_tsuban uuid, hihokensha_edaban bigint, himozuke_bango uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_file_part');
  RETURN QUERY SELECT r.shori_tsuban, r.hihokensha_edaban, r.himozuke_bango FROM fugo_shutoku_yokyu r
    WHERE r.yokyu_file_id = file AND r.hokensha_code = zone AND r.shori_tsuban > after
      AND r.fugo_uketsuke_nichiji IS NULL ORDER BY r.shori_tsuban LIMIT most;
END $$;

CREATE FUNCTION fugo_leave_out(file uuid, tsuban uuid[], code varchar, message varchar) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_leave_out');
  UPDATE fugo_shutoku_yokyu r SET yokyu_file_id = NULL, shori_kekka_shosai_code = code, shori_kekka_message = message
    WHERE r.shori_tsuban = ANY (tsuban) AND r.yokyu_file_id = file AND r.fugo_uketsuke_nichiji IS NULL;
END $$;

-- 転送: the file stands and waits. Who was in a file before has the stamp already.
CREATE FUNCTION fugo_mark_tenso(file uuid, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE marked bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_mark_tenso');
  UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '2', fugo_tenso_nichiji = at, fugo_status_koshin_nichiji = at
    WHERE r.yokyu_file_id = file AND r.fugo_uketsuke_nichiji IS NULL AND r.fugo_shutoku_status = '1';
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;

-- 送信: written before the first byte leaves, so that an answer never comes to a request that had not gone out.
CREATE FUNCTION fugo_mark_soshin(file uuid, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE marked bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_mark_soshin');
  UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '3', last_sent_at = at, asked_count = r.asked_count + 1,
      fugo_soshin_nichiji = COALESCE(r.fugo_soshin_nichiji, at),
      fugo_status_koshin_nichiji = CASE r.fugo_shutoku_status WHEN '2' THEN at ELSE r.fugo_status_koshin_nichiji END
    WHERE r.yokyu_file_id = file AND r.fugo_uketsuke_nichiji IS NULL;
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;

-- The file was thrown away: its requests wait for the next one, in the state they are in.
CREATE FUNCTION fugo_let_go(file uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE freed bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_let_go');
  UPDATE fugo_shutoku_yokyu r SET yokyu_file_id = NULL WHERE r.yokyu_file_id = file AND r.fugo_uketsuke_nichiji IS NULL;
  GET DIAGNOSTICS freed = ROW_COUNT;
  RETURN freed;
END $$;

-- === Codes: in no zone, by the door of 情報提供ネットワークシステム alone.

-- What is known of the requests these codes are for, by the place of the code: the state, the hash of the code it has,
-- whether the code that came stands somewhere, whether the person has one.
CREATE FUNCTION fugo_find_answers(tsuban uuid[], hashes bytea[])
RETURNS TABLE (place bigint, status varchar, himozuke_bango uuid, is_saihakko boolean, held bytea,
  is_known boolean, has_fugo boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_find_answers');
  RETURN QUERY SELECT u.o, r.fugo_shutoku_status, r.himozuke_bango, r.fugo_saihakko_flag,
      (SELECT i.bi_kikanbetsu_fugo FROM fugo_kikanbetsu_fugo i WHERE i.shori_tsuban = u.t),
      EXISTS (SELECT FROM fugo_kikanbetsu_fugo i WHERE i.bi_kikanbetsu_fugo = u.b),
      EXISTS (SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = r.himozuke_bango)
    FROM unnest(tsuban, hashes) WITH ORDINALITY AS u (t, b, o) JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = u.t;
END $$;

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
  INSERT INTO fugo_kikanbetsu_fugo (id, himozuke_bango, ct_kikanbetsu_fugo, bi_kikanbetsu_fugo, shori_tsuban, hakko_no,
    yoto, fugo_saihakko_flag, fugo_uketsuke_nichiji, fugo_settei_nichiji)
  SELECT u.i, u.h, u.c, u.b, u.t, u.n, u.y, u.n > 1, at, at
    FROM unnest(ids, persons, sealed, hashes, tsuban, hakko, purposes) AS u (i, h, c, b, t, n, y)
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(tsuban) THEN
    RAISE EXCEPTION 'fugo_store: a code or a person was first' USING ERRCODE = 'serialization_failure';
  END IF;
  UPDATE fugo_shutoku_yokyu r SET fugo_shutoku_status = '5', fugo_settei_nichiji = at, fugo_status_koshin_nichiji = at
    FROM unnest(tsuban) AS u (t) WHERE r.shori_tsuban = u.t AND r.fugo_shutoku_status = '4';
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(tsuban) THEN
    RAISE EXCEPTION 'fugo_store: a request was not 符号受付' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

-- === Progress: in the zone of the insurer. Of each own member the newest request of the person; never a code.
CREATE FUNCTION fugo_jotai(after uuid, most integer)
RETURNS TABLE (id uuid, hihokensha_edaban bigint, toroku_nichiji timestamptz, status varchar, is_saihakko boolean,
  koshin_at timestamptz, uketsuke_at timestamptz, tenso_at timestamptz, soshin_at timestamptz,
  fugo_uketsuke_at timestamptz, settei_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  RETURN QUERY SELECT l.id, l.hihokensha_edaban, l.toroku_nichiji, r.fugo_shutoku_status, r.fugo_saihakko_flag,
      r.fugo_status_koshin_nichiji, r.fugo_yokyu_uketsuke_nichiji, r.fugo_tenso_nichiji, r.fugo_soshin_nichiji,
      r.fugo_uketsuke_nichiji, r.fugo_settei_nichiji
    FROM fugo_edaban_himozuke l LEFT JOIN LATERAL (
      SELECT * FROM fugo_shutoku_yokyu y WHERE y.himozuke_bango = l.himozuke_bango
      ORDER BY y.shori_tsuban DESC LIMIT 1) AS r ON true
    WHERE l.hokensha_code = zone AND l.id > after ORDER BY l.id LIMIT most;
END $$;

GRANT EXECUTE ON FUNCTION fugo_known(uuid[]), fugo_request(uuid[], uuid[], bigint[], text[], varchar, timestamptz),
  fugo_link(uuid[], bigint[], boolean), fugo_due(text, timestamptz, integer),
  fugo_claim(uuid, text, timestamptz, integer), fugo_file_zones(uuid), fugo_file_part(uuid, varchar, uuid, integer),
  fugo_leave_out(uuid, uuid[], varchar, varchar), fugo_mark_tenso(uuid, timestamptz),
  fugo_mark_soshin(uuid, timestamptz), fugo_let_go(uuid) TO chukan_worker;
GRANT EXECUTE ON FUNCTION fugo_find_answers(uuid[], bytea[]), fugo_mark_uketsuke(uuid[], timestamptz),
  fugo_store(uuid[], uuid[], uuid[], bytea[], bytea[], integer[], text[], timestamptz),
  fugo_jotai(uuid, integer) TO chukan_web;
GRANT EXECUTE ON FUNCTION fugo_zone() TO chukan_web, chukan_worker;
-- 符号受付 and 設定 of a request come in one transaction: room for both beside the former version keeps them on its page,
-- and 設定 then touches no index.
ALTER TABLE fugo_shutoku_yokyu SET (fillfactor = 33);
