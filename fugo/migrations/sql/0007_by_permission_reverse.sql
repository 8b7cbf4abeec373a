DROP TRIGGER extracted_by_permission ON fugo_saihakko_list;
DROP FUNCTION fugo_guard_jikko();
