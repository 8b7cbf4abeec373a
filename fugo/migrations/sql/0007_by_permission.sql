-- A list is extracted by a permission that its own execution used up: of this list, so many people and this medium, as
-- the others read it (payload) and signed it (payload_hash, chukan.controls.shonin.domain.hash_payload); not the code
-- alone says so. 根拠: KJ-FUGO-06, KJ-DUAL-06, KJ-DUAL-07.
CREATE FUNCTION fugo_guard_jikko() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM shonin_irai i WHERE i.id = NEW.shonin_id AND i.kind = 'fugo_saihakko' AND i.state = 'jikko_chu'
      AND i.used_at = NEW.executed_at AND i.used_by = NEW.executed_by
      AND i.payload = jsonb_build_object('list_id', NEW.id, 'kensu', NEW.taisho_count, 'baitai_id', NEW.medium_id)
      AND i.payload_hash = sha256(convert_to(format(
        '{"kind":"fugo_saihakko","payload":{"baitai_id":%s,"kensu":%s,"list_id":%s}}',
        to_json(NEW.medium_id), NEW.taisho_count, to_json(NEW.id)), 'UTF8'))) THEN
    RAISE EXCEPTION 'fugo_saihakko_list: no permission was executed for it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION fugo_guard_jikko() FROM PUBLIC;
CREATE TRIGGER extracted_by_permission BEFORE UPDATE ON fugo_saihakko_list FOR EACH ROW
  WHEN (NEW.state = 'shonin_zumi' AND OLD.state <> 'shonin_zumi') EXECUTE FUNCTION fugo_guard_jikko();
