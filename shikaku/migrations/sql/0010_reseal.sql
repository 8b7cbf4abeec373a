-- A version is final but for its envelope, which is sealed again under another key of the insurer. Only the owner may,
-- and nobody signs in as the owner: shikaku_reseal_rireki is the one way.
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

-- The zone of the transaction alone, as for everybody.
CREATE POLICY reseal ON shikaku_rireki FOR UPDATE TO chukan_owner
  USING (hokensha_code = (SELECT NULLIF(current_setting('chukan.hokensha_code', true), '')))
  WITH CHECK (hokensha_code = (SELECT NULLIF(current_setting('chukan.hokensha_code', true), '')));

CREATE FUNCTION shikaku_reseal_rireki(ids uuid[], was bytea[], becomes bytea[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE changed integer;
BEGIN
  UPDATE shikaku_rireki r SET ct_joho = u.b FROM unnest(ids, was, becomes) AS u (i, w, b)
    WHERE r.id = u.i AND r.ct_joho = u.w;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_reseal_rireki(uuid[], bytea[], bytea[]) TO chukan_worker;
GRANT UPDATE (ct_kojin_bango) ON shikaku_kyu_kojin_bango TO chukan_worker;
