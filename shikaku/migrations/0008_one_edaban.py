"""A person has one 被保険者枝番 in one insurer: the index that finds a person across insurers is the rule, too.

The index of versions by 紐付番号 goes in exchange; who asks by it goes through the person's row.
"""

from django.db import migrations, models

from chukan.kernel.schema import OWNER

_ACROSS = f'CREATE POLICY across_{OWNER} ON "shikaku_itaku_kukaku_kanyusha" FOR SELECT TO {OWNER} USING (true);'
_HOKENSHA_AT = """
CREATE OR REPLACE FUNCTION shikaku_hokensha_at(person uuid, on_day date)
RETURNS TABLE (hokensha_code varchar, hihokensha_edaban bigint, shikaku_tsuban integer, valid_from date, valid_to date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.hokensha_code, r.hihokensha_edaban, r.shikaku_tsuban, r.valid_from, r.valid_to FROM {of_person}
    AND r.superseded_at IS NULL AND NOT r.withdrawn
    AND r.valid_from <= on_day AND (r.valid_to IS NULL OR on_day < r.valid_to)
  ORDER BY r.valid_from DESC, r.toroku_nichiji DESC
$$;
"""
_BY_VERSIONS = "shikaku_rireki r WHERE r.himozuke_bango = person"
_BY_PERSON = """shikaku_itaku_kukaku_kanyusha k
    JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
  WHERE k.himozuke_bango = person"""
_HOLDERS = """
CREATE OR REPLACE FUNCTION shikaku_case_holders(cases uuid[]) RETURNS TABLE (id uuid, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT c.id, r.hokensha_code FROM shikaku_bango_case c
  JOIN {of_person} AND r.superseded_at IS NULL AND NOT r.withdrawn
  WHERE c.id = ANY (cases) AND c.closed_at IS NULL ORDER BY 1, 2
$$;
"""
_HOLDERS_BY_VERSIONS = "shikaku_rireki r ON r.himozuke_bango = c.other_himozuke_bango"
_HOLDERS_BY_PERSON = """shikaku_itaku_kukaku_kanyusha k ON k.himozuke_bango = c.other_himozuke_bango
  JOIN shikaku_rireki r ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban"""


class Migration(migrations.Migration):
    """One constraint, one index less, two functions that follow."""

    dependencies = [("shikaku", "0007_no_way_back")]
    operations = [
        migrations.AddConstraint(
            "itakukukakukanyusha",
            models.UniqueConstraint(fields=("himozuke_bango", "hokensha_code"), name="shikaku_kanyusha_himozuke"),
        ),
        migrations.RunSQL(_ACROSS, f'DROP POLICY across_{OWNER} ON "shikaku_itaku_kukaku_kanyusha";'),
        migrations.RunSQL(
            _HOKENSHA_AT.format(of_person=_BY_PERSON) + _HOLDERS.format(of_person=_HOLDERS_BY_PERSON),
            _HOKENSHA_AT.format(of_person=_BY_VERSIONS) + _HOLDERS.format(of_person=_HOLDERS_BY_VERSIONS),
        ),
        migrations.RemoveIndex("shikakurireki", "shikaku_rireki_himozuke"),
    ]
