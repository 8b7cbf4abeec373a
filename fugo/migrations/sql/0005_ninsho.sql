-- A file goes by a confirmation of exactly this file, used up by the one who sends it in that very act: not the code
-- alone says so. Written once, it stands. 根拠: KJ-FUGO-03, KJ-AUTH-05.
CREATE FUNCTION fugo_guard_soshin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.ninsho_id IS NOT NULL THEN
    RAISE EXCEPTION 'fugo_yokyu_file: what was confirmed stands' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (
    SELECT FROM seitai_challenge c JOIN shokuin_account a ON a.id = c.account_id
      JOIN shokuin_shokuin s ON s.id = a.shokuin_id
    WHERE c.id = NEW.ninsho_id AND c.purpose = 'fugo_yokyu_soshin' AND c.used_at = NEW.released_at
      AND s.shokuin_id = NEW.sent_by AND c.bound_hash = sha256(uuid_send(NEW.id) || decode(NEW.sha256, 'hex'))) THEN
    RAISE EXCEPTION 'fugo_yokyu_file: not confirmed by the one who sends it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION fugo_guard_soshin() FROM PUBLIC;
CREATE TRIGGER sent_as_confirmed BEFORE INSERT ON fugo_yokyu_file FOR EACH ROW
  WHEN (NEW.ninsho_id IS NOT NULL) EXECUTE FUNCTION fugo_guard_soshin();
CREATE TRIGGER confirmed_once BEFORE UPDATE ON fugo_yokyu_file FOR EACH ROW
  WHEN ((NEW.ninsho_id, NEW.released_at, NEW.sent_by, NEW.ninsho_id IS NOT NULL AND NEW.sha256 <> OLD.sha256)
    IS DISTINCT FROM (OLD.ninsho_id, OLD.released_at, OLD.sent_by, false))
  EXECUTE FUNCTION fugo_guard_soshin();
-- The confirmation is kept as long as the file it stands behind.
ALTER TABLE fugo_yokyu_file ADD CONSTRAINT fugo_yokyu_file_ninsho
  FOREIGN KEY (ninsho_id) REFERENCES seitai_challenge (id);
