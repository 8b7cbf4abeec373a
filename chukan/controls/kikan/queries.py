"""Reads organisations and dated reference data. They belong to no zone, so no context is needed to read them."""

from datetime import date
from typing import Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Value

from chukan.controls.kikan.domain import (
    ALL_SHUBETSU,
    JIMU,
    CodeBook,
    CodeEntry,
    HokenshaFacts,
    KanoOutcome,
    KanoRow,
    decide_kano,
)
from chukan.controls.kikan.models import (
    CodeTable,
    CodeValue,
    Hokensha,
    Kano,
)
from chukan.kernel.errors import NotFound, NotPermitted


class _Kept:
    """What this process holds of the reference data, and the number of the loading it came from."""

    version: int = -1
    book: CodeBook | None = None
    kano: dict[tuple[str, str, str], tuple[KanoRow, ...]] | None = None


_KEPT: Final = _Kept()


def reference_version() -> int:
    """Return the number of the newest loading, 0 when nothing was loaded.

    Every call asks this, and whose type the caller has: both are written out, not built anew each time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM kikan_reference_load")
        return int(cursor.fetchone()[0])


def _refresh() -> None:
    version = reference_version()
    if version != _KEPT.version:
        _KEPT.book, _KEPT.kano, _KEPT.version = None, None, version


def code_book(on: date | None = None) -> CodeBook:
    """Return all code tables, read once per loading; with `on`, only the values of that day.

    The book without a day answers for any day it is asked about.
    """
    _refresh()
    if _KEPT.book is None:
        tables: dict[str, list[CodeEntry]] = {}
        assumed = set()
        for table in CodeTable.objects.all():
            tables[table.code_table] = []
            if table.assumed:
                assumed.add(table.code_table)
        for row in CodeValue.objects.order_by("table_id", "value", "valid_from"):
            tables[row.table_id].append(CodeEntry(row.value, row.label, row.valid_from, row.valid_to))
        _KEPT.book = CodeBook({name: tuple(entries) for name, entries in tables.items()}, frozenset(assumed))
    if on is None:
        return _KEPT.book
    return CodeBook(
        {
            name: tuple(
                entry for entry in entries if entry.valid_from <= on and (entry.valid_to is None or on < entry.valid_to)
            )
            for name, entries in _KEPT.book.tables.items()
        },
        _KEPT.book.assumed,
    )


def find_hokensha(hokensha_code: str) -> HokenshaFacts | None:
    """Return what is known of one insurer, or None; one statement."""
    hokensha = (
        Hokensha.objects.filter(hokensha_code=hokensha_code)
        .annotate(
            bango_held=ArrayAgg("bango__hokensha_bango", distinct=True, default=Value([])),
            kohi_held=ArrayAgg("kohi__kohi_futansha_bango", distinct=True, default=Value([])),
        )
        .first()
    )
    if hokensha is None:
        return None
    return HokenshaFacts(
        hokensha_code=hokensha.hokensha_code,
        hokensha_meisho=hokensha.hokensha_meisho,
        hokensha_shubetsu=hokensha.hokensha_shubetsu,
        hokensha_bango=frozenset(bango for bango in hokensha.bango_held if bango),
        kohi_futansha_bango=frozenset(bango for bango in hokensha.kohi_held if bango),
    )


def find_shubetsu(hokensha_code: str) -> str | None:
    """Return the 保険者種別 of one insurer, or None when it is not registered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hokensha_shubetsu FROM kikan_hokensha WHERE hokensha_code = %s", [hokensha_code])
        found = cursor.fetchone()
    return None if found is None else str(found[0])


def hokensha_facts(hokensha_code: str) -> HokenshaFacts:
    """Return what is known of one insurer. Raises NotFound."""
    facts = find_hokensha(hokensha_code)
    if facts is None:
        raise NotFound("hokensha_nashi", "この保険者は登録されていません。保険者コードを確かめてください。")
    return facts


def list_hokensha(*, shubetsu: frozenset[str] | None = None) -> tuple[HokenshaFacts, ...]:
    """Return the insurers in the order of their codes, all or those of some 保険者種別; without their numbers."""
    found = Hokensha.objects.order_by("hokensha_code")
    if shubetsu is not None:
        found = found.filter(hokensha_shubetsu__in=shubetsu)
    return tuple(
        HokenshaFacts(row.hokensha_code, row.hokensha_meisho, row.hokensha_shubetsu, frozenset(), frozenset())
        for row in found
    )


def kano_rows(hokensha_shubetsu: str, jimu: str, hoshiki: str) -> tuple[KanoRow, ...]:
    """Return the rows of the matrix for one 保険者種別 × 事務 × 方式."""
    _refresh()
    if _KEPT.kano is None:
        grouped: dict[tuple[str, str, str], list[KanoRow]] = {}
        for row in Kano.objects.all():
            value = KanoRow(
                row.hokensha_shubetsu,
                row.jimu,
                row.hoshiki,
                row.allowed,
                row.purpose,
                row.valid_from,
                row.valid_to,
                row.planned,
            )
            grouped.setdefault((row.hokensha_shubetsu, row.jimu, row.hoshiki), []).append(value)
        _KEPT.kano = {key: tuple(rows) for key, rows in grouped.items()}
    return _KEPT.kano.get((hokensha_shubetsu, jimu, hoshiki), ())


def kano_outcome(hokensha_shubetsu: str, jimu: str, hoshiki: str, on: date) -> tuple[KanoOutcome, KanoRow | None]:
    """Return the answer of the matrix and the row it rests on."""
    return decide_kano(kano_rows(hokensha_shubetsu, jimu, hoshiki), on=on)


def is_allowed(hokensha_shubetsu: str, jimu: str, hoshiki: str, on: date) -> bool:
    """Tell whether the matrix opens a 「事務」 to a 保険者種別 by a 方式 on a day."""
    return kano_outcome(hokensha_shubetsu, jimu, hoshiki, on)[0] == "kano"


def check_kano(hokensha_shubetsu: str, jimu: str, hoshiki: str, on: date) -> KanoRow:
    """Return the row that opens the 「事務」.

    Raises NotPermitted `jimu_taishogai` (wrong 制度 or 方式) or `riyo_kaishi_mae` (before the start date).
    根拠: KJ-IN-02, KJ-IN-20, KJ-MENU-04.
    """
    outcome, row = kano_outcome(hokensha_shubetsu, jimu, hoshiki, on)
    if outcome == "kano" and row is not None:
        return row
    shubetsu, name = ALL_SHUBETSU.get(hokensha_shubetsu, "この機関"), JIMU.get(jimu, jimu)
    if row is not None and row.valid_from is not None:
        start = f"{row.valid_from.year}年{row.valid_from.month}月{row.valid_from.day}日"
        plan = "（予定）" if row.planned else ""
        raise NotPermitted(
            "riyo_kaishi_mae", f"{shubetsu}の「{name}」は{start}{plan}に始まります。その日以降に操作してください。"
        )
    raise NotPermitted(
        "jimu_taishogai", f"{shubetsu}は「{name}」をこの方法では行えません。行える方法は管理者に確かめてください。"
    )


def shubetsu_in_charge(soshiki: str, on: date) -> frozenset[str]:
    """Return the 保険者種別 whose 資格履歴管理 an operator is entrusted with on a day. 根拠: KJ-MENU-06."""
    return frozenset(
        shubetsu
        for shubetsu in ALL_SHUBETSU
        for outcome, row in [kano_outcome(shubetsu, "shikaku_itaku", "jido", on)]
        if outcome == "kano" and row is not None and row.purpose == soshiki
    )
