"""One process that gives Django's `bulk_create` the rows the product wrote for the first lines of a file."""

import json
import sys
import time
from typing import Any

import django
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

_BATCH = 2000  # rows of one statement and of one transaction
# Which rows of each table the first %(lines)s lines came to.
_MINE = {
    "shikaku_himozuke": "himozuke_bango IN (SELECT himozuke_bango FROM bench_kanyusha)",
    "shikaku_kojin_bango_sakuin": "himozuke_bango IN (SELECT himozuke_bango FROM bench_kanyusha)",
    "shikaku_itaku_kukaku_kanyusha": "hihokensha_edaban IN (SELECT hihokensha_edaban FROM bench_kanyusha)",
    # In the order of the file: an update moves a first version behind a later one, where the database refuses it.
    "shikaku_rireki": "meisai_no <= %(lines)s ORDER BY meisai_no, rireki_tsuban",
    "shikaku_onshi_soshin": "hihokensha_edaban IN (SELECT hihokensha_edaban FROM bench_kanyusha)",
    "uketsuke_meisai": "meisai_no <= %(lines)s",
    "uketsuke_teiseimachi": "meisai_no <= %(lines)s",
}
_KANYUSHA = """
CREATE TEMP TABLE bench_kanyusha AS SELECT hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE xmin::text::bigint > %(since)s AND hihokensha_edaban <= (SELECT max(hihokensha_edaban) FROM shikaku_rireki
  WHERE xmin::text::bigint > %(since)s AND meisai_no <= %(lines)s)
"""


def main() -> int:
    """Read, build, then time `bulk_create`; print one JSON line."""
    source, since, lines = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    django.setup()
    from django.apps import apps  # noqa: PLC0415  # after setup
    from django.db import transaction  # noqa: PLC0415
    from django.db.models import QuerySet  # noqa: PLC0415

    rows_of: type[QuerySet[Any]] = QuerySet

    models = {model._meta.db_table: model for model in apps.get_models()}
    batches = []
    with _reader(source) as reader:
        reader.execute(_KANYUSHA.replace("%(since)s", str(since)).replace("%(lines)s", str(lines)))
        for table, mine in _MINE.items():
            query = sql.SQL("SELECT * FROM {} WHERE xmin::text::bigint > %(since)s AND " + mine).format(
                sql.Identifier(table)
            )
            rows = reader.execute(query, {"since": since, "lines": lines}).fetchall()
            batches.append((models[table], [models[table](**row) for row in rows]))
    started = time.perf_counter()
    for model, objects in batches:
        for at in range(0, len(objects), _BATCH):
            with transaction.atomic():
                rows_of(model).bulk_create(objects[at : at + _BATCH])
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"seconds": seconds, "rows": sum(len(objects) for _, objects in batches)}) + "\n")
    return 0


def _reader(database: str) -> psycopg.Connection[dict[str, Any]]:
    from chukan.settings import env  # noqa: PLC0415  # after setup

    target = env.parse_database_url(env.database_url())
    return psycopg.connect(
        host=str(target["HOST"]) or None,
        port=str(target["PORT"]) or None,
        user=str(target["USER"]) or None,
        password=str(target["PASSWORD"]) or None,
        dbname=database,
        autocommit=True,
        row_factory=dict_row,
    )


if __name__ == "__main__":
    sys.exit(main())
