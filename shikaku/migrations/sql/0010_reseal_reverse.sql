REVOKE UPDATE (ct_kojin_bango) ON shikaku_kyu_kojin_bango FROM chukan_worker;
DROP FUNCTION shikaku_reseal_rireki(uuid[], bytea[], bytea[]);
DROP POLICY reseal ON shikaku_rireki;
CREATE OR REPLACE FUNCTION shikaku_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL THEN
      OLD.superseded_at := NEW.superseded_at;
      IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'shikaku_rireki: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
