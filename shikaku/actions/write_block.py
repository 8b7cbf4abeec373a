"""Bulk writing of one block: rows are staged by COPY in session tables, then merged as the app role.

COPY into a table with row-level security is refused by PostgreSQL; staging keeps both the speed and the wall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace, joins_transaction
from shikaku.actions.copy_rows import binary_copy

Row = tuple[Any, ...]

# What only the block knows comes first: the rest of a new person's rows is packed before the block begins, by
# `draft_rows`, in the order of these columns.
_KANYUSHA: Final = (
    ("hihokensha_edaban", "bigint"),
    ("himozuke_bango", "uuid"),
    ("last_recorded_at", "timestamptz"),
    ("id", "uuid"),
    ("hokensha_code", "text"),
    ("bi_bango", "bytea"),
    ("ct_kojin_bango", "bytea"),
    ("kanyusha_kubun_code", "text"),
    ("fugo_shutoku_yokyu_kubun", "text"),
    ("t_kana2", "bigint"),
    ("t_kana4", "bigint"),
    ("t_kana_full", "bigint"),
    ("t_seinengappi", "bigint"),
    ("last_shikaku_tsuban", "integer"),
    ("last_rireki_tsuban", "integer"),
)
_RIREKI: Final = (
    ("hihokensha_edaban", "bigint"),
    ("himozuke_bango", "uuid"),
    ("toroku_nichiji", "timestamptz"),
    ("id", "uuid"),
    ("hokensha_code", "text"),
    ("rireki_tsuban", "integer"),
    ("shikaku_tsuban", "integer"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("superseded_at", "timestamptz"),
    ("shori_shubetsu_code", "text"),
    ("withdrawn", "boolean"),
    ("t_kigo_bango", "bigint"),
    ("uketsuke_id", "uuid"),
    ("meisai_no", "integer"),
    ("ct_joho", "bytea"),
)
_SOSHIN: Final = (
    ("soshin_bango", "uuid"),
    ("hokensha_code", "text"),
    ("hihokensha_edaban", "bigint"),
    ("himozuke_bango", "uuid"),
    ("jun", "bigint"),
    ("kind", "text"),
    ("as_of", "timestamptz"),
    ("owed_at", "timestamptz"),
    ("available_at", "timestamptz"),
)
_SOSHIN_FIXED: Final = "attempts, shori_kekka_kubun, shori_kekka_meisai_code"
_MEISAI: Final = (
    ("uketsuke_id", "uuid"),
    ("meisai_no", "integer"),
    ("sender", "text"),
    ("line_number", "integer"),
    ("shori_kekka_kubun", "text"),
    ("shori_kekka_meisai_code", "text"),
    ("shori_kekka_shosai_code", "text"),
    ("hihokensha_edaban", "bigint"),
    ("shikaku_tsuban", "integer"),
)
_TEISEIMACHI: Final = (
    ("uketsuke_id", "uuid"),
    ("meisai_no", "integer"),
    ("sender", "text"),
    ("ct_line", "bytea"),
)
_STAGED_FROM: Final = 20  # fewer rows than this go by plain INSERT

_CHANGE_KANYUSHA: Final = """
UPDATE shikaku_itaku_kukaku_kanyusha k SET
  himozuke_bango = s.himozuke_bango, bi_bango = s.bi_bango,
  ct_kojin_bango = COALESCE(s.ct_kojin_bango, k.ct_kojin_bango),
  kanyusha_kubun_code = s.kanyusha_kubun_code, fugo_shutoku_yokyu_kubun = s.fugo_shutoku_yokyu_kubun,
  t_kana2 = s.t_kana2, t_kana4 = s.t_kana4, t_kana_full = s.t_kana_full, t_seinengappi = s.t_seinengappi,
  last_shikaku_tsuban = s.last_shikaku_tsuban, last_rireki_tsuban = s.last_rireki_tsuban,
  last_recorded_at = s.last_recorded_at
FROM stage_kanyusha_change s WHERE k.hokensha_code = s.hokensha_code AND k.hihokensha_edaban = s.hihokensha_edaban
"""
_SUPERSEDE: Final = """
UPDATE shikaku_rireki r SET superseded_at = s.superseded_at FROM stage_supersede s WHERE r.id = s.id
"""


@dataclass(slots=True)
class BlockRows:
    """All rows one block adds or changes in one zone, in the order of the columns above.

    Those of drafted persons are binary COPY rows already (`draft_rows`).
    """

    new_kanyusha: list[Row] = field(default_factory=list)
    changed_kanyusha: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    superseded: list[tuple[UUID, datetime]] = field(default_factory=list)
    soshin: list[Row] = field(default_factory=list)
    drafted_kanyusha: list[bytes] = field(default_factory=list)
    drafted_versions: list[bytes] = field(default_factory=list)
    drafted_soshin: list[bytes] = field(default_factory=list)


@joins_transaction
def write_block(*, by: Principal, rows: BlockRows) -> None:  # the zone is set already
    """Write the rows of one zone; persons first, then what is superseded, then the new versions and telegrams."""
    try:
        _insert("shikaku_itaku_kukaku_kanyusha", _KANYUSHA, rows.new_kanyusha, rows.drafted_kanyusha)
    except IntegrityError as error:
        # The number came to belong to another 被保険者枝番 while this block was being planned.
        raise LostRace from error
    if rows.changed_kanyusha:
        _stage("stage_kanyusha_change", _KANYUSHA, rows.changed_kanyusha)
        try:
            _execute(_CHANGE_KANYUSHA)
        except IntegrityError as error:
            raise LostRace from error
    if rows.superseded:
        _stage("stage_supersede", (("id", "uuid"), ("superseded_at", "timestamptz")), rows.superseded)
        _execute(_SUPERSEDE)
    _insert("shikaku_rireki", _RIREKI, rows.versions, rows.drafted_versions)
    _insert(
        "shikaku_onshi_soshin",
        _SOSHIN,
        rows.soshin,
        rows.drafted_soshin,
        fixed=_SOSHIN_FIXED,
        fixed_values="0, '', ''",
    )


@joins_transaction
def write_results(*, by: Principal, meisai: Sequence[Row], refused: Sequence[Row]) -> None:
    """Write one result per line, and the refused lines sealed."""
    _insert("uketsuke_meisai", _MEISAI, meisai)
    _insert("uketsuke_teiseimachi", _TEISEIMACHI, refused)


@joins_transaction
def write_file_results(*, by: Principal, meisai: Sequence[bytes], refused: Sequence[Row]) -> None:
    """Write one result per line of a block, packed by `result_rows`, and the refused lines sealed."""
    _insert("uketsuke_meisai", _MEISAI, (), meisai)
    _insert("uketsuke_teiseimachi", _TEISEIMACHI, refused)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _insert(
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Row],
    drafted: Sequence[bytes] = (),
    *,
    fixed: str = "",
    fixed_values: str = "",
) -> None:
    if not rows and not drafted:
        return
    names = ", ".join(name for name, _ in columns)
    into = f"{names}, {fixed}" if fixed else names
    if not drafted and len(rows) < _STAGED_FROM:
        marks = ", ".join(f"%s::{kind}" for _, kind in columns)
        values = f"{marks}, {fixed_values}" if fixed else marks
        with connection.cursor() as cursor:
            for row in rows:
                cursor.execute(f"INSERT INTO {table} ({into}) VALUES ({values})", list(row))  # noqa: S608  # constants
        return
    stage = f"stage_{table}"
    _stage(stage, columns, rows, drafted)
    selected = f"{names}, {fixed_values}" if fixed else names
    _execute(f"INSERT INTO {table} ({into}) SELECT {selected} FROM {stage}")  # noqa: S608  # constants only


def _stage(stage: str, columns: Sequence[tuple[str, str]], rows: Sequence[Row], drafted: Sequence[bytes] = ()) -> None:
    definition = ", ".join(f"{name} {kind}" for name, kind in columns)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"pg_temp.{stage}"])
        if cursor.fetchone()[0] is None:
            cursor.execute(f"CREATE TEMP TABLE {stage} ({definition}) ON COMMIT DELETE ROWS")
        else:
            cursor.execute(f"DELETE FROM {stage}")  # noqa: S608  # a second zone in the same transaction
        if drafted:
            with cursor.copy(f"COPY {stage} FROM STDIN (FORMAT binary)") as copy:
                copy.write(binary_copy(drafted))
        if rows:
            with cursor.copy(f"COPY {stage} FROM STDIN") as copy:
                copy.write(_copy_text(columns, rows))


def _copy_text(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> bytes:
    """Return the rows as COPY text; made column by column, which costs a third of row by row."""
    texts = [
        _TEXTS.get(kind, _repeated)(values) for (_, kind), values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    return "".join([f"{line}\n" for line in map("\t".join, zip(*texts, strict=True))]).encode()


def _uuids(values: Sequence[Any]) -> list[str]:
    return [_NULL if value is None else value.hex for value in values]


def _bytes(values: Sequence[Any]) -> list[str]:
    return [_NULL if value is None else f"\\\\x{value.hex()}" for value in values]


def _numbers(values: Sequence[Any]) -> list[str]:
    return [_NULL if value is None else str(value) for value in values]


def _repeated(values: Sequence[Any]) -> list[str]:
    """Days, times, codes: few different ones in a block, so each is written out once."""
    texts = {value: _text(value) for value in set(values)}
    return [texts[value] for value in values]


def _text(value: object) -> str:
    if value is None:
        return _NULL
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return str(value)


_NULL: Final = "\\N"
_TEXTS: Final = {"uuid": _uuids, "bytea": _bytes, "bigint": _numbers, "integer": _numbers}
