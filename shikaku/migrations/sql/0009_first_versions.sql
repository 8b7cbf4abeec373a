-- 履歴通番 1 is a person's first version: nothing can have been there before, because a later number is refused while
-- the person has no lower one, and the number itself is unique. Whatever comes with it in the same statement has a later
-- number and is compared with it. Rows of later numbers are compared as before, after locking their persons; a person
-- whose row this very transaction made is seen by nobody else yet.
CREATE OR REPLACE FUNCTION shikaku_refuse_overlap() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM fresh f WHERE f.rireki_tsuban <> 1) THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM shikaku_itaku_kukaku_kanyusha k
    WHERE (k.hokensha_code, k.hihokensha_edaban) IN (
      SELECT f.hokensha_code, f.hihokensha_edaban FROM fresh f
      WHERE f.rireki_tsuban <> 1 AND f.superseded_at IS NULL AND NOT f.withdrawn AND f.valid_from IS NOT NULL)
      AND k.xmin <> pg_current_xact_id()::xid
    ORDER BY k.hokensha_code, k.hihokensha_edaban FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT FROM fresh f WHERE f.rireki_tsuban <> 1 AND NOT EXISTS (
      SELECT FROM shikaku_rireki r WHERE r.hokensha_code = f.hokensha_code
        AND r.hihokensha_edaban = f.hihokensha_edaban AND r.rireki_tsuban < f.rireki_tsuban))
  THEN
    RAISE EXCEPTION 'shikaku_rireki: a later version came before the first' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    SELECT 1 FROM fresh f JOIN shikaku_rireki r
      ON r.hokensha_code = f.hokensha_code AND r.hihokensha_edaban = f.hihokensha_edaban AND r.id <> f.id
    WHERE f.rireki_tsuban <> 1
      AND f.superseded_at IS NULL AND NOT f.withdrawn AND r.superseded_at IS NULL AND NOT r.withdrawn
      AND f.valid_from < COALESCE(r.valid_to, 'infinity') AND r.valid_from < COALESCE(f.valid_to, 'infinity'))
  THEN
    RAISE EXCEPTION 'shikaku_rireki: periods overlap' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NULL;
END $$;
