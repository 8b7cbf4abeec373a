DROP FUNCTION fugo_note_former(uuid[], varchar, varchar);
DROP FUNCTION fugo_find_answers(uuid[], bytea[]);

-- What is known of the requests these codes are for, by the place of the code: the state, the hash of the code it has,
-- whether the code that came stands somewhere, whether the person has one.
CREATE FUNCTION fugo_find_answers(tsuban uuid[], hashes bytea[])
RETURNS TABLE (place bigint, status varchar, himozuke_bango uuid, is_saihakko boolean, held bytea,
  is_known boolean, has_fugo boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_find_answers');
  RETURN QUERY SELECT u.o, r.fugo_shutoku_status, r.himozuke_bango, r.fugo_saihakko_flag,
      (SELECT i.bi_kikanbetsu_fugo FROM fugo_kikanbetsu_fugo i WHERE i.shori_tsuban = u.t),
      EXISTS (SELECT FROM fugo_kikanbetsu_fugo i WHERE i.bi_kikanbetsu_fugo = u.b),
      EXISTS (SELECT FROM fugo_kikanbetsu_fugo i WHERE i.himozuke_bango = r.himozuke_bango)
    FROM unnest(tsuban, hashes) WITH ORDINALITY AS u (t, b, o) JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = u.t;
END $$;

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

CREATE OR REPLACE FUNCTION fugo_desk_requests(
  by_what text, of_id uuid, of_uketsuke varchar, after uuid, until uuid, at timestamptz, most integer)
RETURNS TABLE (shori_tsuban uuid, hokensha_code varchar, status varchar, is_saihakko boolean,
  uketsuke_at timestamptz, tenso_at timestamptz, soshin_at timestamptz, fugo_uketsuke_at timestamptz,
  settei_at timestamptz, asked_count integer, last_sent_at timestamptz, kekka_code varchar, kekka_message varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('fugo_desk_requests');
  RETURN QUERY SELECT r.shori_tsuban, r.hokensha_code, r.fugo_shutoku_status, r.fugo_saihakko_flag,
      r.fugo_yokyu_uketsuke_nichiji, r.fugo_tenso_nichiji, r.fugo_soshin_nichiji, r.fugo_uketsuke_nichiji,
      r.fugo_settei_nichiji, r.asked_count, r.last_sent_at, r.shori_kekka_shosai_code, r.shori_kekka_message
    FROM (
      SELECT t.shori_tsuban AS t, 1::bigint AS o FROM fugo_shutoku_yokyu t
        WHERE by_what = 'tsuban' AND t.shori_tsuban = of_id
      UNION ALL (
        SELECT f.shori_tsuban, row_number() OVER (ORDER BY f.shori_tsuban) FROM fugo_shutoku_yokyu f
        WHERE by_what = 'file' AND f.yokyu_file_id = of_id AND f.fugo_uketsuke_nichiji IS NULL
          AND f.shori_tsuban > after ORDER BY f.shori_tsuban LIMIT most)
      UNION ALL (
        SELECT u.shori_tsuban, row_number() OVER (ORDER BY u.shori_tsuban) FROM fugo_shutoku_yokyu u
        WHERE by_what = 'uketsuke' AND u.shori_tsuban > after AND u.shori_tsuban < until
          AND u.uketsuke_bango = of_uketsuke ORDER BY u.shori_tsuban LIMIT most)
      UNION ALL (
        SELECT d.shori_tsuban, row_number() OVER (ORDER BY d.last_sent_at) FROM fugo_shutoku_yokyu d
        WHERE by_what = 'overdue' AND d.fugo_uketsuke_nichiji IS NULL AND d.last_sent_at <= at
        ORDER BY d.last_sent_at LIMIT most)
      UNION ALL (
        SELECT l.shori_tsuban, row_number() OVER (ORDER BY l.fugo_yokyu_uketsuke_nichiji) FROM fugo_shutoku_yokyu l
        WHERE by_what = 'left_out' AND l.yokyu_file_id IS NULL AND l.fugo_uketsuke_nichiji IS NULL
          AND l.shori_kekka_shosai_code <> '' ORDER BY l.fugo_yokyu_uketsuke_nichiji LIMIT most)
    ) AS w JOIN fugo_shutoku_yokyu r ON r.shori_tsuban = w.t ORDER BY w.o;
END $$;

GRANT EXECUTE ON FUNCTION fugo_find_answers(uuid[], bytea[]) TO chukan_web;
