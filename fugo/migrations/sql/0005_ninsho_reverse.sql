ALTER TABLE fugo_yokyu_file DROP CONSTRAINT fugo_yokyu_file_ninsho;
DROP TRIGGER confirmed_once ON fugo_yokyu_file;
DROP TRIGGER sent_as_confirmed ON fugo_yokyu_file;
DROP FUNCTION fugo_guard_soshin();
