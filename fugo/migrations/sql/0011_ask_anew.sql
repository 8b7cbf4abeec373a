-- The requests of these persons that were made by way of these members of the zone; they are held. One whose file is
-- still to be sent has not been sent with it.
CREATE FUNCTION fugo_asked_through(persons uuid[], edabans bigint[])
RETURNS TABLE (shori_tsuban uuid, himozuke_bango uuid, hihokensha_edaban bigint, made_at timestamptz,
  was_in_file boolean, tenso_at timestamptz, last_sent_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  RETURN QUERY SELECT r.shori_tsuban, r.himozuke_bango, r.hihokensha_edaban, r.fugo_yokyu_uketsuke_nichiji,
      r.fugo_tenso_nichiji IS NOT NULL OR r.yokyu_file_id IS NOT NULL, r.fugo_tenso_nichiji,
      CASE WHEN EXISTS (
        SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'))
      THEN NULL ELSE r.last_sent_at END
    FROM unnest(persons, edabans) AS u (h, e) JOIN fugo_shutoku_yokyu r ON r.himozuke_bango = u.h
    WHERE r.hokensha_code = zone AND r.hihokensha_edaban = u.e
    ORDER BY r.shori_tsuban FOR UPDATE OF r;
END $$;

-- Requests from this zone that took a number of somebody else go, with the codes that came by them; an answer that is
-- still to come belongs to none and is dropped. Who has no code then, or was to get a new one, is asked for by way of a
-- member who is the person now (`former_*`: who was), of this insurer if there is one. A 再発行 stays one, in its
-- list.
CREATE FUNCTION fugo_ask_anew(tsuban uuid[], wrong uuid[], former_persons uuid[], former_edabans bigint[],
  waits varchar, nobody varchar, at timestamptz)
RETURNS TABLE (issues bigint, requests bigint, asked bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  zone varchar := fugo_zone();
  persons uuid[];
  person uuid;
  list uuid;
  is_saihakko boolean;
  is_open boolean;
  made uuid;
  part bigint;
  place integer := 0;
BEGIN
  issues := 0; requests := 0; asked := 0;
  IF EXISTS (SELECT FROM fugo_shutoku_yokyu r WHERE r.shori_tsuban = ANY (wrong) AND r.hokensha_code <> zone) THEN
    RAISE EXCEPTION 'fugo_ask_anew: a request of another insurer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT array_agg(DISTINCT r.himozuke_bango) INTO persons FROM fugo_shutoku_yokyu r WHERE r.shori_tsuban = ANY (wrong);
  PERFORM FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = ANY (persons) ORDER BY r.shori_tsuban FOR UPDATE;
  FOREACH person IN ARRAY COALESCE(persons, ARRAY[]::uuid[]) LOOP
    place := place + 1;
    made := NULL;
    SELECT r.saihakko_list_id INTO list FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = person
      AND r.shori_tsuban = ANY (wrong) AND r.fugo_saihakko_flag ORDER BY r.shori_tsuban DESC LIMIT 1;
    is_saihakko := FOUND;
    DELETE FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = person AND i.shori_tsuban = ANY (wrong);
    GET DIAGNOSTICS part = ROW_COUNT;
    issues := issues + part;
    DELETE FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = person AND r.shori_tsuban = ANY (wrong);
    GET DIAGNOSTICS part = ROW_COUNT;
    requests := requests + part;
    is_open := EXISTS (
      SELECT FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = person AND r.fugo_uketsuke_nichiji IS NULL);
    IF NOT is_open AND (is_saihakko OR NOT EXISTS (
        SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = person AND i.superseded_at IS NULL)) THEN
      INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
        fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, saihakko_list_id, hokensha_code, hihokensha_edaban,
        uketsuke_bango, uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code, shori_kekka_message)
      SELECT tsuban[place], person, '1', at, at,
          EXISTS (SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = person), list, m.hokensha_code,
          m.hihokensha_edaban, m.uketsuke_bango, m.uketsuke_meisai_bango, 0, '', ''
        FROM fugo_edaban_himozuke m WHERE m.himozuke_bango = person AND NOT (m.hokensha_code = zone AND EXISTS (
          SELECT FROM unnest(former_persons, former_edabans) AS f (h, e)
          WHERE f.h = person AND f.e = m.hihokensha_edaban))
        ORDER BY m.hokensha_code = zone DESC, m.toroku_nichiji DESC, m.id LIMIT 1
        RETURNING fugo_shutoku_yokyu.shori_tsuban INTO made;
    END IF;
    asked := asked + (made IS NOT NULL)::integer;
    UPDATE fugo_saihakko_taisho t SET shori_tsuban = made,
        shori_kekka_shosai_code = CASE WHEN made IS NOT NULL THEN '' WHEN is_open THEN waits ELSE nobody END
      WHERE t.himozuke_bango = person AND t.shori_tsuban = ANY (wrong);
  END LOOP;
  RETURN NEXT;
END $$;

-- What waits for persons by way of members who are somebody else by now is asked by way of another member, if there is
-- one: the latest that came. What is in a file goes its way.
CREATE FUNCTION fugo_ask_elsewhere(persons uuid[], edabans bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  UPDATE fugo_shutoku_yokyu r SET hokensha_code = k.hokensha_code, hihokensha_edaban = k.hihokensha_edaban,
      uketsuke_bango = k.uketsuke_bango, uketsuke_meisai_bango = k.uketsuke_meisai_bango,
      shori_kekka_shosai_code = '', shori_kekka_message = ''
    FROM unnest(persons, edabans) AS u (h, e), LATERAL (
      SELECT m.hokensha_code, m.hihokensha_edaban, m.uketsuke_bango, m.uketsuke_meisai_bango
      FROM fugo_edaban_himozuke m
      WHERE m.himozuke_bango = u.h AND NOT (m.hokensha_code = zone AND m.hihokensha_edaban = u.e)
      ORDER BY m.toroku_nichiji DESC, m.id LIMIT 1) AS k
    WHERE r.himozuke_bango = u.h AND r.hokensha_code = zone AND r.hihokensha_edaban = u.e
      AND r.fugo_uketsuke_nichiji IS NULL AND NOT EXISTS (
        SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'));
END $$;

-- As before, but for a request that went with a number in dispute: whose it is, the insurer it went from has to say.
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

GRANT EXECUTE ON FUNCTION fugo_asked_through(uuid[], bigint[]), fugo_ask_elsewhere(uuid[], bigint[]),
  fugo_ask_anew(uuid[], uuid[], uuid[], bigint[], varchar, varchar, timestamptz) TO chukan_worker;
