-- The requests of these persons that were made by way of these members of the zone; they are held. One whose file is
-- still to be sent has not been sent with it.
CREATE FUNCTION fugo_asked_through(persons uuid[], edabans bigint[])
RETURNS TABLE (himozuke_bango uuid, hihokensha_edaban bigint, made_at timestamptz, was_in_file boolean,
  tenso_at timestamptz, last_sent_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  RETURN QUERY SELECT r.himozuke_bango, r.hihokensha_edaban, r.fugo_yokyu_uketsuke_nichiji,
      r.fugo_tenso_nichiji IS NOT NULL OR r.yokyu_file_id IS NOT NULL, r.fugo_tenso_nichiji,
      CASE WHEN EXISTS (
        SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'))
      THEN NULL ELSE r.last_sent_at END
    FROM unnest(persons, edabans) AS u (h, e) JOIN fugo_shutoku_yokyu r ON r.himozuke_bango = u.h
    WHERE r.hokensha_code = zone AND r.hihokensha_edaban = u.e
    ORDER BY r.shori_tsuban FOR UPDATE OF r;
END $$;

-- Everything of persons who were asked for from this zone by a number that is not theirs: it goes, and each person is
-- asked for by way of a member who is the person now, of this insurer if there is one; without a member nobody asks.
-- An answer to a request that went belongs to none and is dropped. Persons of a list are told apart there.
CREATE FUNCTION fugo_ask_anew(tsuban uuid[], persons uuid[], reason varchar, at timestamptz)
RETURNS TABLE (issues bigint, requests bigint, asked bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE zone varchar := fugo_zone();
BEGIN
  IF EXISTS (SELECT FROM unnest(persons) AS u (h) WHERE NOT EXISTS (
      SELECT FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = u.h AND r.hokensha_code = zone)) THEN
    RAISE EXCEPTION 'fugo_ask_anew: a person nobody asked for from here' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE fugo_saihakko_taisho t SET shori_tsuban = NULL, shori_kekka_shosai_code = reason
    FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = ANY (persons) AND t.shori_tsuban = r.shori_tsuban
      AND t.himozuke_bango = r.himozuke_bango;
  DELETE FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS issues = ROW_COUNT;
  DELETE FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS requests = ROW_COUNT;
  INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
    fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, hokensha_code, hihokensha_edaban, uketsuke_bango,
    uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code, shori_kekka_message)
  SELECT u.t, u.h, '1', at, at, false, k.hokensha_code, k.hihokensha_edaban, k.uketsuke_bango,
      k.uketsuke_meisai_bango, 0, '', ''
    FROM unnest(tsuban, persons) AS u (t, h), LATERAL (
      SELECT m.hokensha_code, m.hihokensha_edaban, m.uketsuke_bango, m.uketsuke_meisai_bango
      FROM fugo_edaban_himozuke m WHERE m.himozuke_bango = u.h
      ORDER BY m.hokensha_code = zone DESC, m.toroku_nichiji DESC, m.id LIMIT 1) AS k
    ORDER BY u.h;
  GET DIAGNOSTICS asked = ROW_COUNT;
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
      FROM fugo_edaban_himozuke m WHERE m.himozuke_bango = u.h ORDER BY m.toroku_nichiji DESC, m.id LIMIT 1) AS k
    WHERE r.himozuke_bango = u.h AND r.hokensha_code = zone AND r.hihokensha_edaban = u.e
      AND r.fugo_uketsuke_nichiji IS NULL AND NOT EXISTS (
        SELECT FROM fugo_yokyu_file f WHERE f.id = r.yokyu_file_id AND f.state NOT IN ('soshin_zumi', 'haiki'));
END $$;

GRANT EXECUTE ON FUNCTION fugo_asked_through(uuid[], bigint[]), fugo_ask_elsewhere(uuid[], bigint[]),
  fugo_ask_anew(uuid[], uuid[], varchar, timestamptz) TO chukan_worker;
