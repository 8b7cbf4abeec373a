DROP FUNCTION shikaku_find_members(bytea[]);
DROP FUNCTION shikaku_set_pmh_id(uuid[], text[], timestamptz);
DROP FUNCTION shikaku_pmh_id_of(uuid[]);
DROP FUNCTION shikaku_last_soshitsu(uuid[], boolean);
DROP FUNCTION shikaku_count_pmh_resend();
DROP FUNCTION shikaku_resend_pmh_id(integer, timestamptz);
