"""Made-up people and files for the walks through the screens."""

from __future__ import annotations

import os
from pathlib import Path

# A demo that is kept between runs knows the people of the run before; another salt makes other people.
_SALT = int(os.environ.get("CHUKAN_BROWSER_SALT", "0"))
_MULTIPLIERS = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)


def kojin_bango(seed: int) -> str:
    """A number that passes the check digit and belongs to nobody."""
    body = f"{seed + _SALT * 100_000_000:011d}"
    total = sum(int(digit) * weight for digit, weight in zip(reversed(body), _MULTIPLIERS, strict=True))
    rest = total % 11
    return f"{body}{0 if rest <= 1 else 11 - rest}"


def card_number(seed: int) -> str:
    """The number of a card that nobody else has."""
    return f"{seed}{_SALT or ''}"


HEADER = (
    "処理種別コード,保険者コード,個人番号,加入者区分コード,氏名（券面記載）,氏名（券面記載）（カナ）,性別1,生年月日,保険者番号,"
    "被保険者証記号,被保険者証番号,枝番,資格取得年月日（保護開始日・保護再開日）,本人・家族の別"
)


def line(seed: int, *, bango: str | None = None, birth: str = "19800401", sex: str = "1") -> str:
    """One 新規取得 of a made-up person."""
    number = kojin_bango(seed) if bango is None else bango
    name = f"試験　{seed}郎,シケン　タロウ"
    return f"01,06132013,{number},01,{name},{sex},{birth},06132013,画面,{card_number(seed)},00,20240401,1"


def write_csv(path: Path, lines: list[str]) -> Path:
    """A file as an insurer would send it."""
    path.write_bytes(("\r\n".join([HEADER, *lines]) + "\r\n").encode())
    return path
