"""The rights of 情報提供サーバーAP are 支払基金's, and nobody has one without two persons having wanted it.

What was given before without an approval ends here; it can be asked for anew. 根拠: KJ-AUTH-06, KJ-AUTH-20.
"""

from django.db import migrations

_RULES = """
ALTER TABLE kengen_fuyo NO FORCE ROW LEVEL SECURITY;
UPDATE kengen_fuyo SET ended_at = now(), ended_by = 'migration'
  WHERE zone = 'shiharai_kikin' AND jimu IN ('fugo', 'honnin_kakunin') AND ended_at IS NULL AND approved_by IS NULL;
ALTER TABLE kengen_fuyo FORCE ROW LEVEL SECURITY;
ALTER TABLE kengen_fuyo ADD CONSTRAINT kengen_fuyo_of_kikin CHECK (jimu <> 'fugo' OR zone = 'shiharai_kikin');
ALTER TABLE kengen_fuyo ADD CONSTRAINT kengen_fuyo_approved CHECK (
  zone <> 'shiharai_kikin' OR jimu NOT IN ('fugo', 'honnin_kakunin') OR ended_at IS NOT NULL
  OR (approved_by IS NOT NULL AND approved_by <> granted_by));
"""
_NO_RULES = """
ALTER TABLE kengen_fuyo DROP CONSTRAINT kengen_fuyo_approved;
ALTER TABLE kengen_fuyo DROP CONSTRAINT kengen_fuyo_of_kikin;
"""


class Migration(migrations.Migration):
    """Add the two rules."""

    dependencies = [("kengen", "0001_kengen")]

    operations = [migrations.RunSQL(_RULES, _NO_RULES)]
