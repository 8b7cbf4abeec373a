DROP FUNCTION pmh_issue(uuid[], text[], timestamptz);
DROP FUNCTION pmh_list_hakko(uuid, integer);
DROP FUNCTION pmh_erase_hakko(uuid[]);
DROP FUNCTION pmh_count_hakko();
