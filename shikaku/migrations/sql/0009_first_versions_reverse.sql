CREATE OR REPLACE FUNCTION shikaku_refuse_overlap() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM 1 FROM shikaku_itaku_kukaku_kanyusha k
    WHERE (k.hokensha_code, k.hihokensha_edaban) IN (
      SELECT f.hokensha_code, f.hihokensha_edaban FROM fresh f
      WHERE f.superseded_at IS NULL AND NOT f.withdrawn AND f.valid_from IS NOT NULL)
      AND k.xmin <> pg_current_xact_id()::xid
    ORDER BY k.hokensha_code, k.hihokensha_edaban FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT 1 FROM fresh f JOIN shikaku_rireki r
      ON r.hokensha_code = f.hokensha_code AND r.hihokensha_edaban = f.hihokensha_edaban AND r.id <> f.id
    WHERE f.superseded_at IS NULL AND NOT f.withdrawn AND r.superseded_at IS NULL AND NOT r.withdrawn
      AND f.valid_from < COALESCE(r.valid_to, 'infinity') AND r.valid_from < COALESCE(f.valid_to, 'infinity'))
  THEN
    RAISE EXCEPTION 'shikaku_rireki: periods overlap' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NULL;
END $$;
