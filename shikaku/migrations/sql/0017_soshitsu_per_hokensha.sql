-- When each of these persons was last insured with each insurer, NULL while a period is open there. With `hold`
-- registrations of these persons wait for the end of the transaction.
CREATE FUNCTION shikaku_soshitsu_per_hokensha(persons uuid[], hold boolean)
RETURNS TABLE (himozuke_bango uuid, hokensha_code varchar, soshitsu_ymd date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM chukan_refuse_zone('shikaku_soshitsu_per_hokensha');
  IF hold THEN
    PERFORM 1 FROM shikaku_himozuke p WHERE p.himozuke_bango = ANY (persons) ORDER BY p.himozuke_bango FOR UPDATE;
  END IF;
  RETURN QUERY SELECT u.h, k.hokensha_code, NULLIF(max(COALESCE(r.valid_to, 'infinity')), 'infinity')
    FROM unnest(persons) AS u (h)
    JOIN shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = u.h
    JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
    WHERE r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL
    GROUP BY u.h, k.hokensha_code;
END $$;

GRANT EXECUTE ON FUNCTION shikaku_soshitsu_per_hokensha(uuid[], boolean) TO chukan_worker;
