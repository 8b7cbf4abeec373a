"""Two choices of shape, measured: how an overlap of periods is refused, and how search tokens are kept."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from bench.ground import EMPTY, Ground
from bench.measure import Size
from bench.peers import as_owner, middle

_BLOCK = 2000
_FROM = "bench_from"
_RUN = "bench_run"

# --- (a) how an overlap is refused
_RIREKI = (
    "id, hokensha_code, hihokensha_edaban, rireki_tsuban, shikaku_tsuban, himozuke_bango, valid_from, valid_to,"
    " toroku_nichiji, superseded_at, shori_shubetsu_code, withdrawn, t_kigo_bango, uketsuke_id, meisai_no, ct_joho"
)
_EXCLUDE = """
ALTER TABLE shikaku_rireki ADD CONSTRAINT bench_overlap EXCLUDE USING gist
  (hokensha_code WITH =, hihokensha_edaban WITH =, daterange(valid_from, valid_to) WITH &&)
  WHERE (superseded_at IS NULL AND NOT withdrawn AND valid_from IS NOT NULL)
"""
_NO_TRIGGER = "DROP TRIGGER periods_do_not_overlap ON shikaku_rireki"
OVERLAP: Mapping[str, tuple[str, ...]] = {
    "nothing": (_NO_TRIGGER,),
    "trigger": (),
    "exclude": (
        _NO_TRIGGER,
        _EXCLUDE,
    ),
}

# --- (b) how search tokens are kept
_ROW = "id uuid PRIMARY KEY, hokensha_code varchar(8) NOT NULL, hihokensha_edaban bigint NOT NULL, ct bytea"
_COLUMNS = "t_kana2, t_kana4, t_kana_full, t_seinengappi, t_kigo_bango"
_TOKENS = _COLUMNS.split(", ")
_MAKE_SEARCH_TABLE = """
CREATE TABLE bench_token (hokensha_code varchar(8), token bigint, hihokensha_edaban bigint,
  PRIMARY KEY (hokensha_code, token, hihokensha_edaban))
"""
_INTO_SEARCH_TABLE = f"""
INSERT INTO bench_token SELECT DISTINCT hokensha_code, token, hihokensha_edaban
FROM block, unnest(ARRAY[{_COLUMNS}]) AS token WHERE token IS NOT NULL
"""  # constants
_INTO_COLUMNS = f"INSERT INTO bench_tokens SELECT id, hokensha_code, hihokensha_edaban, ct, {_COLUMNS} FROM block"
_INTO_ARRAY = f"INSERT INTO bench_tokens SELECT id, hokensha_code, hihokensha_edaban, ct, ARRAY[{_COLUMNS}] FROM block"
_BY_COLUMN = """
SELECT ct FROM bench_tokens WHERE t_kana2 = %s AND hokensha_code = '{zone}' ORDER BY hihokensha_edaban LIMIT 51
"""
_BY_ARRAY = """
SELECT ct FROM bench_tokens WHERE tokens @> ARRAY[%s::bigint] AND hokensha_code = '{zone}'
ORDER BY hihokensha_edaban LIMIT 51
"""
_BY_SEARCH_TABLE = """
SELECT ct FROM bench_token t JOIN bench_tokens USING (hokensha_code, hihokensha_edaban)
WHERE t.hokensha_code = '{zone}' AND t.token = %s ORDER BY t.hihokensha_edaban LIMIT 51
"""
TOKENS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "five columns": (
        (
            f"CREATE TABLE bench_tokens ({_ROW}, {', '.join(f'{name} bigint' for name in _TOKENS)})",
            "CREATE INDEX ON bench_tokens (t_kana2, hihokensha_edaban)",
            "CREATE INDEX ON bench_tokens (t_kana4, hihokensha_edaban)",
            *(f"CREATE INDEX ON bench_tokens ({name})" for name in _TOKENS[2:]),
        ),
        (_INTO_COLUMNS,),
        _BY_COLUMN,
    ),
    "gin": (
        (
            f"CREATE TABLE bench_tokens ({_ROW}, tokens bigint[])",
            "CREATE INDEX ON bench_tokens USING gin (tokens)",
        ),
        (_INTO_ARRAY,),
        _BY_ARRAY,
    ),
    "token table": (
        (
            f"CREATE TABLE bench_tokens ({_ROW}, UNIQUE (hokensha_code, hihokensha_edaban))",
            _MAKE_SEARCH_TABLE,
        ),
        (
            "INSERT INTO bench_tokens SELECT id, hokensha_code, hihokensha_edaban, ct FROM block",
            _INTO_SEARCH_TABLE,
        ),
        _BY_SEARCH_TABLE,
    ),
}


_KANYUSHA = """
CREATE TABLE bench_kanyusha AS
SELECT row_number() OVER (ORDER BY k.hihokensha_edaban) AS n, k.id, k.hokensha_code, k.hihokensha_edaban,
  k.ct_kojin_bango AS ct, k.t_kana2, k.t_kana4, k.t_kana_full, k.t_seinengappi, newest.t_kigo_bango
FROM shikaku_itaku_kukaku_kanyusha k LEFT JOIN LATERAL (
  SELECT max(r.t_kigo_bango) AS t_kigo_bango FROM shikaku_rireki r
  WHERE r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban AND r.superseded_at IS NULL
) AS newest ON true
"""


def measure_choices(ground: Ground, size: Size, say: Callable[[str], None]) -> tuple[dict[str, Any], str]:
    """Return the figures of both choices and a table of them."""
    ground.copy(EMPTY, _FROM)
    ground.register(_FROM, ground.sample("held", size.lines, seed=size.seed))
    with ground.admin(_FROM) as admin:
        admin.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        admin.execute(
            f"CREATE TABLE bench_rireki AS SELECT row_number() OVER (ORDER BY toroku_nichiji, id) AS n, {_RIREKI}"
            " FROM shikaku_rireki"
        )
        admin.execute(_KANYUSHA)
        for table in ("bench_rireki", "bench_kanyusha"):
            admin.execute(f"CREATE INDEX ON {table} (n)")
            admin.execute(f"GRANT SELECT ON {table} TO chukan_owner")
        admin.execute("GRANT CREATE ON SCHEMA public TO chukan_owner")
        admin.execute("SET session_replication_role = replica")
        admin.execute("TRUNCATE shikaku_rireki")
    ground.settle(_FROM)
    overlap = _alternate(ground, size, say, {name: _overlap_run(ddl) for name, ddl in OVERLAP.items()})
    tokens = _alternate(ground, size, say, {name: _token_run(*shape) for name, shape in TOKENS.items()})
    return {"overlap": overlap, "tokens": tokens}, _table("重なりの禁止", overlap) + "\n" + _table("照合値の形", tokens)


Run = Callable[[Ground], dict[str, float]]


def _alternate(ground: Ground, size: Size, say: Callable[[str], None], runs: Mapping[str, Run]) -> dict[str, Any]:
    """Run the shapes forth and back; the ratio of each turn is to the first shape in the same turn."""
    names = list(runs)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(size.repeats):
        for name in names if turn % 2 == 0 else reversed(names):
            ground.copy(_FROM, _RUN)
            found[name].append(runs[name](ground))
            say(f"{name}: {found[name][-1]['rows_per_second']:,.0f} 行/秒")
    first = [each["rows_per_second"] for each in found[names[0]]]
    result = {}
    for name, each in found.items():
        ratios = [one["rows_per_second"] / base for one, base in zip(each, first, strict=True)]
        result[name] = {
            "each": each,
            "rows_per_second": middle([one["rows_per_second"] for one in each]),
            "ratio": {"median": middle(ratios), "range": [min(ratios), max(ratios)]},
            "index_bytes_per_row": middle([one["index_bytes_per_row"] for one in each]),
        }
    return result


def _overlap_run(ddl: tuple[str, ...]) -> Run:
    def run(ground: Ground) -> dict[str, float]:
        with as_owner(ground, _RUN) as session:
            for statement in ddl:
                session.execute(statement)
            insert = (
                f"INSERT INTO shikaku_rireki ({_RIREKI}) SELECT {_RIREKI} FROM bench_rireki WHERE n > %s AND n <= %s"
            )
            rate = _rows_per_second(session, "bench_rireki", insert)
            return {"rows_per_second": rate, "index_bytes_per_row": _index_bytes(session, "shikaku_rireki")}

    return run


def _token_run(ddl: tuple[str, ...], inserts: tuple[str, ...], search: str) -> Run:
    def run(ground: Ground) -> dict[str, float]:
        with as_owner(ground, _RUN) as session:
            for statement in ddl:
                session.execute(statement)
            block = "(SELECT * FROM bench_kanyusha WHERE n > %s AND n <= %s) AS block"
            rate = _rows_per_second(session, "bench_kanyusha", *(text.replace("block", block) for text in inserts))
            size = _index_bytes(session, "bench_tokens")
            if "bench_token " in ddl[-1]:
                size += _index_bytes(session, "bench_token", with_table=True)
            session.execute("RESET ROLE")
            session.execute("VACUUM (ANALYZE)")
            return {
                "rows_per_second": rate,
                "index_bytes_per_row": size,
                "search_ms": _search_ms(session, search.replace("{zone}", "06132013")),
            }

    return run


def _rows_per_second(session: psycopg.Connection, source: str, *inserts: str) -> float:
    row = session.execute(f"SELECT count(*) FROM {source}").fetchone()  # constants
    count = int(row[0]) if row else 0
    started = time.perf_counter()
    for at in range(0, count, _BLOCK):
        with session.transaction():
            for insert in inserts:
                session.execute(insert, [at, at + _BLOCK])
    return count / (time.perf_counter() - started)


def _index_bytes(session: psycopg.Connection, table: str, *, with_table: bool = False) -> float:
    function = "pg_total_relation_size" if with_table else "pg_indexes_size"
    row = session.execute(
        f"SELECT {function}('{table}')::float / (SELECT count(*) FROM "  # constants
        f"{'bench_tokens' if table == 'bench_token' else table})"
    ).fetchone()
    return float(row[0]) if row else 0.0


def _search_ms(session: psycopg.Connection, search: str) -> float:
    """Return the median time of one page of hits for the tokens of 200 persons."""
    picked = session.execute("SELECT t_kana2 FROM bench_kanyusha WHERE t_kana2 IS NOT NULL AND n % 97 = 0 LIMIT 200")
    taken = []
    for (token,) in picked.fetchall():
        started = time.perf_counter()
        session.execute(search, [token]).fetchall()
        taken.append(1000 * (time.perf_counter() - started))
    return middle(taken)


def _table(title: str, shapes: Mapping[str, Any]) -> str:
    lines = [f"{title:14} {'行/秒':>10} {'最初の形との比':>8} {'幅':>13} {'索引バイト/行':>10} {'検索 ms':>8}"]
    for name, found in shapes.items():
        ratio = found["ratio"]
        spread = f"{ratio['range'][0]:.2f}–{ratio['range'][1]:.2f}"
        search = middle([one["search_ms"] for one in found["each"]]) if "search_ms" in found["each"][0] else None
        lines.append(
            f"{name:14} {found['rows_per_second']:>10,.0f} {ratio['median']:>8.2f} {spread:>13}"
            f" {found['index_bytes_per_row']:>10.0f} {'' if search is None else f'{search:8.3f}'}"
        )
    return "\n".join(lines)
