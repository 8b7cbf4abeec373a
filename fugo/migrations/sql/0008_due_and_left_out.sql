-- As before, by the index of what is due: of each kind the oldest, and of both so many.
CREATE OR REPLACE FUNCTION fugo_desk_counts(sent_before timestamptz, most integer)
RETURNS TABLE (file_machi bigint, oldest timestamptz, left_out bigint, kaito_machi bigint, overdue bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_desk_counts');
  SELECT count(*), min(w.s) INTO file_machi, oldest FROM (
    SELECT k.s FROM unnest(ARRAY[false, true]) AS f (flag), LATERAL (
      SELECT r.fugo_yokyu_uketsuke_nichiji AS s FROM fugo_shutoku_yokyu r
      WHERE r.yokyu_file_id IS NULL AND r.fugo_uketsuke_nichiji IS NULL AND r.shori_kekka_shosai_code = ''
        AND r.fugo_saihakko_flag = f.flag ORDER BY r.fugo_yokyu_uketsuke_nichiji LIMIT most) AS k
    ORDER BY k.s LIMIT most) AS w;
  SELECT count(*) INTO left_out FROM (
    SELECT FROM fugo_shutoku_yokyu r WHERE r.yokyu_file_id IS NULL AND r.fugo_uketsuke_nichiji IS NULL
      AND r.shori_kekka_shosai_code <> '' LIMIT most) AS w;
  SELECT count(*) INTO kaito_machi FROM (
    SELECT FROM fugo_shutoku_yokyu r WHERE r.fugo_uketsuke_nichiji IS NULL AND r.last_sent_at IS NOT NULL LIMIT most) AS w;
  SELECT count(*) INTO overdue FROM (
    SELECT FROM fugo_shutoku_yokyu r WHERE r.fugo_uketsuke_nichiji IS NULL AND r.last_sent_at <= sent_before
    LIMIT most) AS w;
  RETURN NEXT;
END $$;
