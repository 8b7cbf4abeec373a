"""A file of made-up people with the truth of every line, and what must be held after it."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from simulators.people import columns as c
from simulators.people.__main__ import main as make_people
from simulators.wire import is_kojin_bango

LINES = int(os.environ.get("CHUKAN_JOURNEY_LINES", "10000"))
FILE_DAY = "2026-11-20"
KEKKA_HEADER = [
    *("受付番号", "受付明細番号", "行番号", "処理結果区分", "処理結果明細コード", "処理結果詳細コード", "メッセージ"),
    *("被保険者枝番", "資格通番"),
]
_DIGITS = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")


@dataclass(frozen=True)
class Sample:
    """The file, its truth, and whose it is."""

    file: Path
    truth: Path
    hokensha: str

    @property
    def rows(self) -> list[list[str]]:
        """The records without the header; a byte that is in no encoding is read as a mark."""
        with self.file.open(encoding="utf-8", errors="replace", newline="") as stream:
            return list(csv.reader(stream))[1:]

    @property
    def answers(self) -> list[dict[str, str]]:
        """What must be said of each line."""
        with self.truth.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    @property
    def kojin_bango(self) -> set[str]:
        """Every 個人番号 that stands anywhere in the file."""
        text = self.file.read_text(encoding="utf-8", errors="replace")
        return {digits for digits in _DIGITS.findall(text) if is_kojin_bango(digits)}


def made_sample(
    folder: Path,
    *,
    hokensha: str,
    seed: int,
    lines: int = LINES,
    shubetsu: str = "kenpo_kumiai",
    errors: float = 0.03,
    first_household: int = 0,
    history: float = 0.06,
) -> Sample:
    """Make a file with the generator's mistakes and events."""
    file, truth = folder / f"kanyusha_{hokensha}.csv", folder / f"seikai_{hokensha}.csv"
    bango = hokensha.removeprefix("00")
    made = make_people(
        [
            *("--n", str(lines), "--seed", str(seed), "--hokensha", hokensha, "--bango", bango),
            *("--shubetsu", shubetsu, "--date", FILE_DAY, "--errors", str(errors)),
            *("--history", str(history), "--first-household", str(first_household)),
            *("--out", str(file), "--truth", str(truth)),
        ]
    )
    assert made == 0
    return Sample(file, truth, hokensha)


def of_another(sample: Sample, *, hokensha: str, folder: Path) -> Sample:
    """The same lines as another insurer would send them: the same people, the same mistakes, its own code."""
    file = folder / f"kanyusha_{hokensha}.csv"
    swapped = sample.file.read_bytes().replace(f",{sample.hokensha},".encode(), f",{hokensha},".encode())
    file.write_bytes(swapped)
    return Sample(file, sample.truth, hokensha)


def read_kekka(content: bytes) -> list[dict[str, str]]:
    """The result of each line, as interfaces §4 writes it: BOM, CRLF, nine columns."""
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert next(reader) == KEKKA_HEADER
    return [dict(zip(KEKKA_HEADER, row, strict=True)) for row in reader]


def differences(kekka: list[dict[str, str]], answers: list[dict[str, str]]) -> list[str]:
    """Where the results are not the truth: 区分, codes and places, line by line. `*` leaves the place open."""
    found = []
    for result, answer in zip(kekka, answers, strict=True):
        said = list(zip(result["処理結果明細コード"].split(), result["処理結果詳細コード"].split(), strict=True))
        due = list(zip(answer["処理結果明細コード"].split(), answer["処理結果詳細コード"].split(), strict=True))
        same = (
            result["行番号"] == answer["行番号"]
            and result["処理結果区分"] == answer["処理結果区分"]
            and [code for code, _ in said] == [code for code, _ in due]
            and all(pointer == "*" or (code, pointer) in said for code, pointer in due)
        )
        if not same:
            found.append(f"{answer['行番号']} {answer['内容']}: {answer['処理結果区分']} {due} / {result}")
    return found


@dataclass
class HeldPerson:
    """One person as the file leaves them: the open and ended periods, and the telegrams owed on the way.

    Whose number was changed has another right one: a 訂正 then takes the wrong one away and leaves the person.
    """

    periods: dict[str, tuple[str, str]] = field(default_factory=dict)
    telegrams: int = 0
    was_changed: bool = False


def held_after(sample: Sample, kekka: list[dict[str, str]]) -> dict[str, HeldPerson]:
    """What must be held of everybody the file names, worked out from its accepted lines by 被保険者枝番."""
    held: dict[str, HeldPerson] = {}
    for row, result in zip(sample.rows, kekka, strict=True):
        if result["処理結果区分"] == "9":
            continue
        person = held.setdefault(result["被保険者枝番"], HeldPerson())
        person.telegrams += _telegrams_of(row, result, person)
        person.was_changed |= bool(row[c.KOSHINGO]) and row[c.KOSHIN_KUBUN] != "2"
        if result["資格通番"]:
            _apply(person.periods, row, result["資格通番"])
    return held


def _telegrams_of(row: list[str], result: dict[str, str], person: HeldPerson) -> int:
    if "W102" in result["処理結果明細コード"] or row[c.KUBUN] == "02":
        return 0
    if row[c.KOSHINGO] and row[c.KOSHIN_KUBUN] != "2":
        return 0
    return 2 if row[c.KOSHINGO] and not person.was_changed else 1  # 訂正: 消去 of the old, 資格 of the new


def _apply(periods: dict[str, tuple[str, str]], row: list[str], tsuban: str) -> None:
    shutoku, soshitsu = _day(row[c.SHUTOKU]), _day(row[c.SOSHITSU])
    if row[c.SHORI] in {"01", "02"}:
        periods[tsuban] = (shutoku, soshitsu)
    elif row[c.SHORI] == "05":
        del periods[tsuban]
    else:
        start, end = periods[tsuban]
        periods[tsuban] = (shutoku or start, "" if row[c.SOSHITSU] == "[消去]" else soshitsu or end)


def _day(cell: str) -> str:
    return f"{cell[:4]}-{cell[4:6]}-{cell[6:]}" if len(cell) == 8 else ""
