-- A list goes step by step and what it means never changes. 根拠: KJ-FUGO-06, KJ-DUAL-07.
CREATE FUNCTION fugo_refuse_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'fugo_saihakko_list: % % refused', TG_OP, NEW.state USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER begins_as_toroku BEFORE INSERT ON fugo_saihakko_list FOR EACH ROW
  WHEN (NEW.state <> 'toroku') EXECUTE FUNCTION fugo_refuse_list();
CREATE TRIGGER list_step_by_step BEFORE UPDATE ON fugo_saihakko_list FOR EACH ROW WHEN (
  NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
    ('toroku', 'shonin_machi'), ('toroku', 'torikeshi'), ('shonin_machi', 'shonin_zumi'),
    ('shonin_machi', 'torikeshi'), ('shonin_zumi', 'shiji'), ('shiji', 'kakunin_zumi'))
  OR (NEW.id, NEW.reason_code, NEW.reason_text, NEW.of_hokensha, NEW.issued_from, NEW.issued_until,
      NEW.of_shori_tsuban, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM
     (OLD.id, OLD.reason_code, OLD.reason_text, OLD.of_hokensha, OLD.issued_from, OLD.issued_until,
      OLD.of_shori_tsuban, OLD.created_at, OLD.created_by)
  OR OLD.state NOT IN ('toroku', 'shonin_machi') AND NEW.shonin_id IS DISTINCT FROM OLD.shonin_id
  OR OLD.executed_at IS NOT NULL AND (NEW.executed_at, NEW.executed_by, NEW.medium_id, NEW.write_until)
    IS DISTINCT FROM (OLD.executed_at, OLD.executed_by, OLD.medium_id, OLD.write_until)
  OR OLD.written_at IS NOT NULL AND NEW.written_at IS DISTINCT FROM OLD.written_at
) EXECUTE FUNCTION fugo_refuse_list();

-- Whom a list means, as the condition on the live issue `i` of a person and the list `$1`: only what narrows is said,
-- so that the planner knows what to begin with. Who got the code or the insurer after the list was made is not meant:
-- what was counted for the permission never grows.
CREATE FUNCTION fugo_saihakko_meant(l fugo_saihakko_list) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'i.superseded_at IS NULL AND i.fugo_settei_nichiji <= ($1).created_at'
    || CASE WHEN cardinality(l.of_shori_tsuban) > 0 THEN ' AND i.shori_tsuban = ANY (($1).of_shori_tsuban)' ELSE '' END
    || CASE WHEN l.issued_from IS NOT NULL THEN ' AND i.fugo_settei_nichiji >= ($1).issued_from' ELSE '' END
    || CASE WHEN l.issued_until IS NOT NULL THEN ' AND i.fugo_settei_nichiji < ($1).issued_until' ELSE '' END
    || CASE WHEN cardinality(l.of_hokensha) > 0 THEN ' AND EXISTS (SELECT FROM fugo_edaban_himozuke k'
      || ' WHERE k.himozuke_bango = i.himozuke_bango AND k.hokensha_code = ANY (($1).of_hokensha)'
      || ' AND k.toroku_nichiji <= ($1).created_at)' ELSE '' END
$$;

CREATE FUNCTION fugo_saihakko_count(list uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  l fugo_saihakko_list;
  found bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_saihakko_count');
  SELECT * INTO l FROM fugo_saihakko_list s WHERE s.id = list;
  IF l.id IS NULL THEN
    RETURN 0;
  END IF;
  EXECUTE 'SELECT count(*) FROM fugo_kikanbetsu_fugo i WHERE ' || fugo_saihakko_meant(l) INTO found USING l;
  RETURN found;
END $$;

-- The next persons of a list after one of them, each with the member whose zone the request comes from: of an insurer
-- that is meant if there is one, the latest link first; NULL when no member hangs on the person.
CREATE FUNCTION fugo_saihakko_part(list uuid, after uuid, most integer)
RETURNS TABLE (himozuke_bango uuid, has_open_request boolean, hokensha_code varchar, hihokensha_edaban bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l fugo_saihakko_list;
BEGIN
  PERFORM chukan_refuse_zone('fugo_saihakko_part');
  SELECT * INTO l FROM fugo_saihakko_list s WHERE s.id = list AND s.state = 'shonin_zumi';
  IF l.id IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE 'SELECT w.h, EXISTS (SELECT FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = w.h'
    || ' AND r.fugo_uketsuke_nichiji IS NULL), k.hokensha_code, k.hihokensha_edaban FROM ('
    || 'SELECT i.himozuke_bango AS h FROM fugo_kikanbetsu_fugo i WHERE ' || fugo_saihakko_meant(l)
    || ' AND i.himozuke_bango > $2 ORDER BY i.himozuke_bango LIMIT $3) AS w LEFT JOIN LATERAL ('
    || 'SELECT m.hokensha_code, m.hihokensha_edaban FROM fugo_edaban_himozuke m WHERE m.himozuke_bango = w.h'
    || ' ORDER BY m.hokensha_code = ANY (($1).of_hokensha) DESC, m.toroku_nichiji DESC, m.id LIMIT 1) AS k ON true'
    || ' ORDER BY w.h' USING l, after, most;
END $$;

-- Extracts these persons and makes the requests of those with nothing against it; of a person who asked meanwhile the
-- request that was first stands. Only for a list whose permission was used up. Rows go in the order of 紐付番号.
CREATE FUNCTION fugo_saihakko_take(list uuid, tsuban uuid[], persons uuid[], zones text[], edabans bigint[],
  left_out text[], waits text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE requested bigint;
BEGIN
  PERFORM chukan_refuse_zone('fugo_saihakko_take');
  IF NOT EXISTS (SELECT FROM fugo_saihakko_list s WHERE s.id = list AND s.state = 'shonin_zumi') THEN
    RAISE EXCEPTION 'fugo_saihakko_take: no permission was used' USING ERRCODE = 'insufficient_privilege';
  END IF;
  WITH given AS (
    SELECT u.t, u.h, u.z, u.e, u.l FROM unnest(tsuban, persons, zones, edabans, left_out) AS u (t, h, z, e, l)
  ), made AS (
    INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
      fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, saihakko_list_id, hokensha_code, hihokensha_edaban,
      uketsuke_bango, uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code, shori_kekka_message)
    SELECT g.t, g.h, '1', at, at, true, list, g.z, g.e, '', '', 0, '', ''
      FROM given g WHERE g.l = '' ORDER BY g.h
      ON CONFLICT (himozuke_bango) WHERE fugo_uketsuke_nichiji IS NULL DO NOTHING
      RETURNING fugo_shutoku_yokyu.shori_tsuban AS t
  ), kept AS (
    INSERT INTO fugo_saihakko_taisho (id, saihakko_list_id, himozuke_bango, shori_tsuban, shori_kekka_shosai_code)
    SELECT gen_random_uuid(), list, g.h, m.t, CASE WHEN m.t IS NOT NULL THEN '' WHEN g.l <> '' THEN g.l ELSE waits END
      FROM given g LEFT JOIN made m ON m.t = g.t
      RETURNING fugo_saihakko_taisho.shori_tsuban AS t
  )
  SELECT count(k.t) INTO requested FROM kept k;
  RETURN requested;
END $$;

-- How many persons of a list are where: the state of their request, and why there is none or it cannot be made.
CREATE FUNCTION fugo_saihakko_progress(list uuid) RETURNS TABLE (status varchar, reason varchar, kensu bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_saihakko_progress');
  RETURN QUERY SELECT r.fugo_shutoku_status, COALESCE(NULLIF(r.shori_kekka_shosai_code, ''), t.shori_kekka_shosai_code)::varchar,
      count(*)
    FROM fugo_saihakko_taisho t LEFT JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = t.shori_tsuban
    WHERE t.saihakko_list_id = list GROUP BY 1, 2;
END $$;

-- The extract, some persons after one of them: which member they are, and the request. Neither number nor code.
CREATE FUNCTION fugo_saihakko_written(list uuid, after uuid, most integer)
RETURNS TABLE (himozuke_bango uuid, hokensha_code varchar, hihokensha_edaban bigint, shori_tsuban uuid, reason varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_saihakko_written');
  RETURN QUERY SELECT t.himozuke_bango, COALESCE(r.hokensha_code, k.hokensha_code),
      COALESCE(r.hihokensha_edaban, k.hihokensha_edaban), t.shori_tsuban, t.shori_kekka_shosai_code
    FROM fugo_saihakko_list s
    JOIN fugo_saihakko_taisho t ON t.saihakko_list_id = s.id
    LEFT JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = t.shori_tsuban
    LEFT JOIN LATERAL (
      SELECT m.hokensha_code, m.hihokensha_edaban FROM fugo_edaban_himozuke m WHERE m.himozuke_bango = t.himozuke_bango
      ORDER BY m.hokensha_code = ANY (s.of_hokensha) DESC, m.toroku_nichiji DESC, m.id LIMIT 1) AS k ON true
    WHERE s.id = list AND s.written_at IS NOT NULL AND t.himozuke_bango > after ORDER BY t.himozuke_bango LIMIT most;
END $$;

-- Erasure. 根拠: KJ-RET-05, KJ-RET-13.

-- The persons of whom 機関別符号 holds anything after a 紐付番号, in its order, and when something last happened.
CREATE FUNCTION fugo_list_hoyu(after uuid, most integer) RETURNS TABLE (himozuke_bango uuid, last_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_list_hoyu');
  RETURN QUERY SELECT p.h, GREATEST(
      (SELECT max(i.fugo_settei_nichiji) FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = p.h),
      (SELECT max(r.fugo_status_koshin_nichiji) FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = p.h),
      (SELECT max(k.toroku_nichiji) FROM fugo_edaban_himozuke k WHERE k.himozuke_bango = p.h))
    FROM (
      (SELECT DISTINCT i.himozuke_bango FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango > after ORDER BY 1 LIMIT most)
      UNION
      (SELECT DISTINCT r.himozuke_bango FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango > after ORDER BY 1 LIMIT most)
      UNION
      (SELECT DISTINCT k.himozuke_bango FROM fugo_edaban_himozuke k WHERE k.himozuke_bango > after ORDER BY 1 LIMIT most)
    ) AS p (h) ORDER BY p.h LIMIT most;
END $$;

CREATE POLICY across_erase_chukan_owner ON fugo_edaban_himozuke FOR DELETE TO chukan_owner USING (true);
CREATE FUNCTION fugo_erase(persons uuid[])
RETURNS TABLE (issues bigint, requests bigint, links bigint, targets bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_erase');
  DELETE FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS issues = ROW_COUNT;
  DELETE FROM fugo_shutoku_yokyu r WHERE r.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS requests = ROW_COUNT;
  DELETE FROM fugo_edaban_himozuke k WHERE k.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS links = ROW_COUNT;
  DELETE FROM fugo_saihakko_taisho t WHERE t.himozuke_bango = ANY (persons);
  GET DIAGNOSTICS targets = ROW_COUNT;
  RETURN NEXT;
END $$;

REVOKE UPDATE ON fugo_saihakko_list FROM chukan_web, chukan_worker;
GRANT UPDATE (state, shonin_id, taisho_count, medium_id, executed_at, executed_by, write_until, written_at,
  confirmed_at, confirmed_by) ON fugo_saihakko_list TO chukan_web;
GRANT UPDATE (state, extracted_to, requested_count, left_out_count, instructed_at) ON fugo_saihakko_list TO chukan_worker;
GRANT EXECUTE ON FUNCTION fugo_saihakko_count(uuid), fugo_saihakko_progress(uuid),
  fugo_saihakko_written(uuid, uuid, integer) TO chukan_web;
GRANT EXECUTE ON FUNCTION fugo_saihakko_part(uuid, uuid, integer),
  fugo_saihakko_take(uuid, uuid[], uuid[], text[], bigint[], text[], text, timestamptz),
  fugo_list_hoyu(uuid, integer), fugo_erase(uuid[]) TO chukan_worker;
