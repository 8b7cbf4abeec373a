"""登録ファイル, version 1: CSV with a header of Japanese item names, UTF-8 or CP932, one 明細 per record.

An empty cell was not given; `[消去]` is the file's null. Days are YYYYMMDD, months YYYYMM, flags 1 or 0.
根拠: KJ-IN-04.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from chukan.kernel.values.edaban import is_valid_edaban
from shikaku.domain.horyu import CHANGING, JOINING, LEAVING, Tally
from shikaku.domain.items import FILE_HEADERS, GROUPS, HEADER_OF, ITEMS, REQUIRED_HEADERS, TOP
from shikaku.domain.line import TorokuLine, Value
from shikaku.domain.shikaku_tsuban import read_shikaku_tsuban
from shikaku.domain.violations import Violation
from shikaku.domain.ymd import iso_of_compact
from shikaku.formats.csv_records import RECORD_LIMIT, read_records, split_record

CLEAR: Final = "[消去]"
_BOM: Final = b"\xef\xbb\xbf"
_UTF8: Final = "utf-8"
_CP932: Final = "cp932"
# Python reads the bytes 80, A0, FD, FE and FF as these; no Windows program writes them.
_UNDEFINED_IN_CP932: Final = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
_MONTH_LENGTH: Final = 6
_NUMBER_DIGITS: Final = 9
_UNREADABLE_RECORD: Final = (Violation("E207", "-"),)
_TOP_SLOT: Final = 0
_SLOTS: Final = ("", *GROUPS)
_JOINING: Final = frozenset(code.encode() for code in JOINING)
_TAKING: Final = frozenset(code.encode() for code in CHANGING | LEAVING)
_JUDGED: Final = (TOP["hihokensha_edaban"], HEADER_OF["shikaku", "shikaku_soshitsu_ymd"])


class HeaderRefused(Exception):
    """The whole file is refused; `code` is one of 受付's `RIYU`."""

    def __init__(self, code: str) -> None:
        """Keep the code; the header itself is nobody's message."""
        super().__init__(code)
        self.code = code


class FileLine(NamedTuple):
    """One record: its 明細 number from 1, its 行番号 (the header is 1), its bytes, its line or why there is none."""

    meisai: int
    gyo_bango: int
    raw: bytes
    line: TorokuLine | None
    violations: tuple[Violation, ...]

    def __repr__(self) -> str:
        """Show where the record stands, nothing of what it says."""
        return f"FileLine(meisai={self.meisai}, gyo_bango={self.gyo_bango})"


class FileSurvey(NamedTuple):
    """What the inspection finds: how many 明細, and what those of each 保険者コード asked about would take away."""

    line_count: int
    tallies: dict[str, Tally]


class _Column(NamedTuple):
    slot: int
    key: str
    pointer: str
    convert: Callable[[str], Value] | None


def open_toroku_file(stream: BinaryIO) -> "TorokuFileReader":
    """Return a reader after its header was understood. Raises HeaderRefused."""
    records = read_records(stream)
    raw = next(records, b"")
    bom = raw.startswith(_BOM)
    if bom:
        raw = raw[len(_BOM) :]
    encoding, text = _decoded_header(raw, bom=bom)
    names = None if len(raw) > RECORD_LIMIT else split_record(text)
    if not names or any(name not in FILE_HEADERS for name in names):
        raise HeaderRefused("midashi_fumei")
    if len(set(names)) != len(names):
        raise HeaderRefused("midashi_jufuku")
    if any(name not in names for name in REQUIRED_HEADERS):
        raise HeaderRefused("midashi_fumei")
    return TorokuFileReader(records, raw_header=raw, header=tuple(names), encoding=encoding, bom=bom)


def _decoded_header(raw: bytes, *, bom: bool) -> tuple[str, str]:
    for encoding in (_UTF8,) if bom else (_UTF8, _CP932):
        try:
            return encoding, _decoded(raw, encoding)
        except UnicodeDecodeError:
            continue
    raise HeaderRefused("moji_code_fumei")


def _decoded(raw: bytes, encoding: str) -> str:
    """Return the text. Raises UnicodeDecodeError, also for single bytes that CP932 leaves undefined."""
    text = raw.decode(encoding)
    if encoding == _CP932 and (undefined := _UNDEFINED_IN_CP932.search(text)):
        raise UnicodeDecodeError(encoding, raw, 0, len(raw), f"undefined byte near {undefined.start()}")
    return text


class TorokuFileReader:
    """A file whose header is known; its lines are read once, front to back, and never held together."""

    def __init__(
        self, records: Iterator[bytes], *, raw_header: bytes, header: tuple[str, ...], encoding: str, bom: bool
    ) -> None:
        """Keep where reading stands and how each column becomes an item."""
        self.raw_header = raw_header
        self.header = header
        self.encoding = encoding
        self.bom = bom
        self._records = records
        self._columns = tuple(_column(name) for name in header)
        self._edaban_at, self._lost_at = (header.index(name) if name in header else None for name in _JUDGED)

    def survey(self, zones: Collection[str]) -> FileSurvey:
        """Return how many 明細 the file has and what those of each zone would take away; nothing is left to read.

        Most lines bring or keep somebody: of those the first cells are looked at, and nothing is decoded.
        """
        count = 0
        tallies = {zone.encode(): Tally() for zone in zones}
        shori_at, zone_at = (self.header.index(name) for name in REQUIRED_HEADERS)
        looked_at = max(shori_at, zone_at) + 1
        for raw in self._records:
            if not raw:
                continue
            count += 1
            cells: list[bytes] | None = raw.split(b",", looked_at)[:looked_at]
            if b'"' in raw:
                cells = _unquoted(cells or [])
            if cells is not None and len(cells) == looked_at:
                shori, tally = cells[shori_at], tallies.get(cells[zone_at])
                if tally is None:
                    continue
                if shori in _JOINING:
                    tally.joining += 1
                    continue
                if shori not in _TAKING:
                    continue
            fields = self._fields(raw)
            if fields is not None and (tally := tallies.get(fields[zone_at].encode())) is not None:
                self._add(tally, fields[shori_at], fields)
        return FileSurvey(count, {zone.decode(): tally for zone, tally in tallies.items()})

    def _add(self, tally: Tally, shori: str, fields: list[str]) -> None:
        """Count what one readable line would bring or take away."""
        if shori in JOINING:
            tally.joining += 1
            return
        named = bool(fields[self._edaban_at]) if self._edaban_at is not None else False
        if shori in LEAVING:
            tally.losing.add(named=named)
        elif shori in CHANGING:
            # 変更 with a 資格喪失年月日 ends a period as 喪失 does; that it moves a day already given, no line says.
            if self._lost_at is not None and fields[self._lost_at] not in {"", CLEAR}:
                tally.losing.add(named=named)
            if CLEAR in fields:
                for item, text in zip(self.header, fields, strict=True):
                    if text == CLEAR:
                        tally.add_cleared(item, named=named)

    def lines(self, *, skip_until: int = 0) -> Iterator[FileLine]:
        """Yield every 明細 after the `skip_until`-th; those before are counted, not read into.

        An empty line is no 明細, but counts as a row, as a spreadsheet shows it.
        """
        meisai = 0
        for gyo_bango, raw in enumerate(self._records, start=2):
            if not raw:
                continue
            meisai += 1
            if meisai <= skip_until:
                continue
            line = self.read(raw)
            yield FileLine(meisai, gyo_bango, raw, line, _UNREADABLE_RECORD if line is None else ())

    def read(self, raw: bytes) -> TorokuLine | None:
        """Return what one record says, or None when it cannot be read at all."""
        fields = self._fields(raw)
        return None if fields is None else self._line(fields)

    def _fields(self, raw: bytes) -> list[str] | None:
        if len(raw) > RECORD_LIMIT:
            return None
        try:
            fields = split_record(_decoded(raw, self.encoding))
        except UnicodeDecodeError:
            return None
        return None if fields is None or len(fields) != len(self._columns) else fields

    def _line(self, fields: list[str]) -> TorokuLine:
        slots: list[dict[str, Any]] = [{} for _ in _SLOTS]
        unreadable: list[str] = []
        for text, (slot, key, pointer, convert) in zip(fields, self._columns, strict=True):
            if not text:
                continue
            value: Value = text
            if text == CLEAR:
                value = None
            elif convert is not None:
                value = convert(text)
                if value is None:
                    unreadable.append(pointer)
                    continue
            slots[slot][key] = value
        top, system, seigyo, kihon, shikaku, sho, iryoken, korei, gendogaku, tokutei_shippei = slots
        get = top.get
        return TorokuLine(
            shori_shubetsu_code=get("shori_shubetsu_code") or "",
            hokensha_code=get("hokensha_code") or "",
            hihokensha_edaban=get("hihokensha_edaban"),
            kojin_bango=get("kojin_bango"),
            koshingo_kojin_bango=get("koshingo_kojin_bango"),
            kojin_bango_koshin_kubun=get("kojin_bango_koshin_kubun"),
            fugo_shutoku_yokyu_kubun=get("fugo_shutoku_yokyu_kubun"),
            shikaku_tsuban=get("shikaku_tsuban"),
            system=system,
            kihon=kihon,
            seigyo=seigyo,
            shikaku=shikaku,
            sho=(sho,) if sho else (),
            korei=(korei,) if korei else (),
            gendogaku=(gendogaku,) if gendogaku else (),
            tokutei_shippei=(tokutei_shippei,) if tokutei_shippei else (),
            iryoken_given=bool(iryoken),
            unreadable=tuple(unreadable),
        )


def _unquoted(cells: list[bytes]) -> list[bytes] | None:
    """Return the first cells of a record without their quotes, or None when one of them has more to it."""
    plain = []
    for cell in cells:
        if b'"' in cell:
            if cell.count(b'"') != 2 or cell[:1] != b'"' or cell[-1:] != b'"':  # noqa: PLR2004  # one on each side
                return None
            plain.append(cell[1:-1])
        else:
            plain.append(cell)
    return plain


def _column(name: str) -> _Column:
    group, key = FILE_HEADERS[name]
    if not group:
        return _Column(_TOP_SLOT, key, key, _TOP_CONVERTERS.get(key))
    prefix = f"{group}/0/" if GROUPS[group].repeated else "" if group == "system" else f"{group}/"
    return _Column(_SLOTS.index(group), key, prefix + key, _CONVERTERS.get(ITEMS[group, key].kind))


def _month(text: str) -> Value:
    if len(text) != _MONTH_LENGTH or not text.isascii() or not text.isdigit():
        return None
    return f"{text[:4]}-{text[4:]}"


def _flag(text: str) -> Value:
    return {"1": True, "0": False}.get(text)


def _number(text: str) -> Value:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS else None


def _edaban(text: str) -> Value:
    return int(text) if is_valid_edaban(text) else None


_CONVERTERS: Final[dict[str, Callable[[str], Value]]] = {
    "date": iso_of_compact,
    "month": _month,
    "flag": _flag,
    "number": _number,
}
_TOP_CONVERTERS: Final[dict[str, Callable[[str], Value]]] = {
    "hihokensha_edaban": _edaban,
    "shikaku_tsuban": read_shikaku_tsuban,
}
