"""A number that a mistaken 変更 linked to a person gets a 紐付番号 of its own when the mistake is corrected."""

from django.db import migrations

_SQL = """
CREATE FUNCTION shikaku_part_bango(hash bytea, former uuid, fresh uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE shikaku_kojin_bango_sakuin SET himozuke_bango = fresh WHERE bi_global = hash AND himozuke_bango = former;
  IF FOUND THEN
    INSERT INTO shikaku_himozuke (himozuke_bango, jun) VALUES (fresh, 0);
  END IF;
END $$;
GRANT EXECUTE ON FUNCTION shikaku_part_bango(bytea, uuid, uuid) TO chukan_web, chukan_worker;
"""


class Migration(migrations.Migration):
    """One function over persons."""

    dependencies = [("shikaku", "0002_access")]
    operations = [migrations.RunSQL(_SQL, "DROP FUNCTION shikaku_part_bango(bytea, uuid, uuid);")]
