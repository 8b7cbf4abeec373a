-- While the key across insurers is replaced one transaction at a time brings numbers, and looks for both hashes first.
-- It notes of the rows it wrote which key made their hashes.
CREATE FUNCTION shikaku_note_bango_key(hashes bytea[], key integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE shikaku_kojin_bango_sakuin s SET key_id = key FROM unnest(hashes) AS u (h)
    WHERE s.bi_global = u.h AND s.key_id IS DISTINCT FROM key
$$;

-- The walk: a number's row takes the new hash, or is known to have it; rows that came by it follow. A number that leads to two persons is an error.
CREATE FUNCTION shikaku_rehash_bango(formers bytea[], hashes bytea[], key integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('shikaku_kojin_bango_sakuin'));
  UPDATE shikaku_kojin_bango_sakuin s SET key_id = key FROM unnest(hashes) AS u (h)
    WHERE s.bi_global = u.h AND s.key_id IS DISTINCT FROM key;
  UPDATE shikaku_kojin_bango_sakuin s SET bi_global = u.h, key_id = key
    FROM (SELECT DISTINCT f, h FROM unnest(formers, hashes) AS given (f, h)) AS u WHERE s.bi_global = u.f;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
CREATE FUNCTION shikaku_count_unhashed(key integer) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM shikaku_kojin_bango_sakuin WHERE key_id IS DISTINCT FROM key
$$;
GRANT EXECUTE ON FUNCTION shikaku_note_bango_key(bytea[], integer) TO chukan_web, chukan_worker;
GRANT EXECUTE ON FUNCTION shikaku_rehash_bango(bytea[], bytea[], integer) TO chukan_worker;
GRANT EXECUTE ON FUNCTION shikaku_count_unhashed(integer) TO chukan_worker, chukan_kanri;

-- A number that an insurer has twice, as the present one and as one from before, may stand there under two hashes.
CREATE OR REPLACE FUNCTION shikaku_open_parted(former uuid, fresh uuid, zones text[], hashes bytea[], at timestamptz)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  INSERT INTO shikaku_bango_case (id, hokensha_code, hihokensha_edaban, other_himozuke_bango, channel, uketsuke_bango,
    first_seen_at, last_seen_at, seen_count, closed_reason)
  SELECT DISTINCT ON (k.hokensha_code, k.hihokensha_edaban)
    uuidv4(), k.hokensha_code, k.hihokensha_edaban, fresh, 'teisei', '', at, at, 1, ''
  FROM unnest(zones, hashes) AS u (z, h)
  JOIN shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = former AND k.hokensha_code = u.z
  WHERE k.bi_bango = u.h OR EXISTS (
    SELECT FROM shikaku_kyu_kojin_bango o
    WHERE o.hokensha_code = k.hokensha_code AND o.bi_bango = u.h AND o.hihokensha_edaban = k.hihokensha_edaban
      AND o.resolves)
$$;

-- Beside the seal of a version its token may be another one, and nothing else with it: a key was replaced.
CREATE OR REPLACE FUNCTION shikaku_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL THEN
      OLD.superseded_at := NEW.superseded_at;
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    ELSIF current_user = 'chukan_owner' AND substring(OLD.ct_joho FROM 3 FOR 4) <> substring(NEW.ct_joho FROM 3 FOR 4) THEN
      OLD.ct_joho := NEW.ct_joho;
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    ELSIF current_user = 'chukan_owner' AND OLD.t_kigo_bango <> NEW.t_kigo_bango THEN
      OLD.t_kigo_bango := NEW.t_kigo_bango;
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'shikaku_rireki: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION shikaku_retoken_rireki(ids uuid[], was bigint[], becomes bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE changed integer;
BEGIN
  UPDATE shikaku_rireki r SET t_kigo_bango = u.b FROM unnest(ids, was, becomes) AS u (i, w, b)
    WHERE r.id = u.i AND r.t_kigo_bango = u.w;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_retoken_rireki(uuid[], bigint[], bigint[]) TO chukan_worker;
GRANT UPDATE (bi_bango) ON shikaku_kyu_kojin_bango TO chukan_worker;
