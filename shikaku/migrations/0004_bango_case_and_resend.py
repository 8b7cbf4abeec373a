"""個人番号の重なり that operators look after, and the telegrams answered 異常 that nothing newer followed."""

import uuid

from django.db import migrations, models

from chukan.kernel.schema import KANRI, OPERATOR, OWNER, WEB, WORKER, InsurerTable

_WRITER = (
    "SELECT, INSERT, UPDATE (channel, uketsuke_bango, meisai_no, last_seen_at, seen_count, closed_at, closed_reason)"
)
_SHOWN = (
    "id, hokensha_code, channel, uketsuke_bango, meisai_no, first_seen_at, last_seen_at, seen_count, closed_at, "
    "closed_reason"
)

# An operator has to ask the insurer of the other person; of the persons themselves nothing comes out.
_HOLDERS = """
CREATE FUNCTION shikaku_case_holders(cases uuid[]) RETURNS TABLE (id uuid, hokensha_code varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT c.id, r.hokensha_code FROM shikaku_bango_case c
  JOIN shikaku_rireki r ON r.himozuke_bango = c.other_himozuke_bango AND r.superseded_at IS NULL AND NOT r.withdrawn
  WHERE c.id = ANY (cases) AND c.closed_at IS NULL ORDER BY 1, 2
$$;
GRANT EXECUTE ON FUNCTION shikaku_case_holders(uuid[]) TO chukan_operator;
"""
# A closed case goes when its time is over, in every zone.
_DROP = """
CREATE FUNCTION shikaku_drop_closed_cases(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM shikaku_bango_case WHERE closed_at < before
$$;
GRANT EXECUTE ON FUNCTION shikaku_drop_closed_cases(timestamptz) TO chukan_worker;
"""
# A later telegram of the same person and insurer carries the whole state, so an earlier one is not sent again.
# `pmh_id` is another kind and follows neither.
_QUEUE = """
CREATE FUNCTION shikaku_resend_queue()
RETURNS TABLE (soshin_bango uuid, hokensha_code varchar, answered_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.soshin_bango, s.hokensha_code, s.answered_at FROM shikaku_onshi_soshin s
  WHERE s.shori_kekka_kubun = '9' AND s.kind IN ('shikaku', 'sakujo') AND NOT EXISTS (
    SELECT FROM shikaku_onshi_soshin n
    WHERE n.himozuke_bango = s.himozuke_bango AND n.hokensha_code = s.hokensha_code AND n.jun > s.jun
      AND n.kind IN ('shikaku', 'sakujo'))
$$;
GRANT EXECUTE ON FUNCTION shikaku_resend_queue() TO chukan_operator;
"""


class Migration(migrations.Migration):
    """One table with its walls, and two functions for operators."""

    dependencies = [("shikaku", "0003_part_bango")]
    operations = [
        migrations.CreateModel(
            name="BangoCase",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("other_himozuke_bango", models.UUIDField(verbose_name="重なった人の紐付番号")),
                ("channel", models.CharField(max_length=12, verbose_name="経路")),
                ("uketsuke_bango", models.CharField(default="", max_length=19, verbose_name="受付番号")),
                ("meisai_no", models.IntegerField(null=True, verbose_name="明細の番号")),
                ("first_seen_at", models.DateTimeField(verbose_name="最初に重なった時刻")),
                ("last_seen_at", models.DateTimeField(verbose_name="最後に重なった時刻")),
                ("seen_count", models.IntegerField(default=1, verbose_name="重なった回数")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="閉じた時刻")),
                ("closed_reason", models.CharField(default="", max_length=10, verbose_name="閉じた理由")),
            ],
            options={
                "verbose_name": "個人番号の重なり",
                "db_table": "shikaku_bango_case",
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["first_seen_at"],
                        name="shikaku_bango_case_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("hokensha_code", "hihokensha_edaban", "other_himozuke_bango"),
                        name="shikaku_bango_case_open_once",
                    )
                ],
            },
        ),
        InsurerTable(
            "shikaku_bango_case",
            {
                WEB: _WRITER,
                WORKER: _WRITER,
                KANRI: "SELECT (id, hokensha_code, closed_at), UPDATE (closed_at, closed_reason)",
                OPERATOR: f"SELECT ({_SHOWN})",
            },
            across={OPERATOR: "SELECT", OWNER: "ALL"},
        ),
        migrations.RunSQL(_HOLDERS, "DROP FUNCTION shikaku_case_holders(uuid[]);"),
        migrations.RunSQL(_DROP, "DROP FUNCTION shikaku_drop_closed_cases(timestamptz);"),
        migrations.RunSQL(_QUEUE, "DROP FUNCTION shikaku_resend_queue();"),
    ]
