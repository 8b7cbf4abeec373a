REVOKE UPDATE (bi_bango) ON shikaku_kyu_kojin_bango FROM chukan_worker;
DROP FUNCTION shikaku_retoken_rireki(uuid[], bigint[], bigint[]);
DROP FUNCTION shikaku_count_unhashed(integer);
DROP FUNCTION shikaku_rehash_bango(bytea[], bytea[], integer);
DROP FUNCTION shikaku_note_bango_key(bytea[], integer);
CREATE OR REPLACE FUNCTION shikaku_open_parted(former uuid, fresh uuid, zones text[], hashes bytea[], at timestamptz)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  INSERT INTO shikaku_bango_case (id, hokensha_code, hihokensha_edaban, other_himozuke_bango, channel, uketsuke_bango,
    first_seen_at, last_seen_at, seen_count, closed_reason)
  SELECT uuidv4(), k.hokensha_code, k.hihokensha_edaban, fresh, 'teisei', '', at, at, 1, ''
  FROM unnest(zones, hashes) AS u (z, h)
  JOIN shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = former AND k.hokensha_code = u.z
  WHERE k.bi_bango = u.h OR EXISTS (
    SELECT FROM shikaku_kyu_kojin_bango o
    WHERE o.hokensha_code = k.hokensha_code AND o.bi_bango = u.h AND o.hihokensha_edaban = k.hihokensha_edaban
      AND o.resolves)
$$;
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
    END IF;
  END IF;
  RAISE EXCEPTION 'shikaku_rireki: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
