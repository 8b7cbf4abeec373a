"""Lines that are wrong in themselves: each mistake names its code and the place of it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulators.people import columns as c
from simulators.people.rows import KOKI, SEIKATSU_HOGO
from simulators.people.truth import Code, Row
from simulators.people.world import DAYS, World
from simulators.wire import luhn_digit

UNDECODABLE = "\ue0ff"
"""Stands for a byte that is in no encoding; the writer puts that byte in its place."""
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CARD_KINDS = frozenset(
    {"kenpo_kumiai", "kyokai_kenpo", "kokuho_kumiai", "shichoson_kokuho", "kokkyo", "chikyo", "shigaku"}
)


@dataclass(frozen=True)
class Mistake:
    """How a good 新規取得 line is spoiled. `place` is the column; mistakes at different places may be combined."""

    name: str
    code: str
    place: int
    spoil: Callable[[Row, Random], None]
    weight: int = 1
    combines: bool = True
    kinds: frozenset[str] | None = None
    pointer: str | None = None

    def codes(self) -> list[Code]:
        """What must be said of the spoiled line; `code` may name two for the same place."""
        pointer = c.POINTERS[self.place] if self.pointer is None else self.pointer
        return [(code, pointer) for code in self.code.split()]


def _put(place: int, *values: str) -> Callable[[Row, Random], None]:
    def spoil(row: Row, dice: Random) -> None:
        row[place] = dice.choice(values)

    return spoil


def _wrong_digit(row: Row, dice: Random) -> None:
    last = int(row[c.KOJIN][11])
    row[c.KOJIN] = row[c.KOJIN][:11] + str((last + 1 + dice.randrange(9)) % 10)


def _no_number_form(row: Row, dice: Random) -> None:
    number = row[c.KOJIN]
    row[c.KOJIN] = dice.choice((number[:11], number.translate(FULL_WIDTH), f"{number[:4]}-{number[4:]}", number + "0"))


def _odd_birth(row: Row, dice: Random) -> None:
    born = row[c.UMARE]
    row[c.UMARE] = dice.choice(
        (f"{born[:4]}0231", f"{born[:4]}/{born[4:6]}/{born[6:]}", f"{born[:6]}32", "昭和55年4月1日")
    )


def _odd_start(row: Row, dice: Random) -> None:
    start = row[c.SHUTOKU]
    row[c.SHUTOKU] = dice.choice((f"{start[:4]}1301", f"{start[:4]}-{start[4:6]}-{start[6:]}", "R080401"))


def _control(row: Row, dice: Random) -> None:
    row[c.SHIMEI] += dice.choice(("\t", "\n見本", "\x07", "\x7f"))


def _number_in_address(row: Row, dice: Random) -> None:
    digits = World.kojin_bango_of(dice.randrange(10**11))
    if dice.random() < 0.3:
        digits = digits.translate(FULL_WIDTH)
    row[c.JUSHO] = f"架空県試験市1丁目　（{digits}）"


def _number_in_name(row: Row, dice: Random) -> None:
    row[c.NUSHI] = f"見本　{World.kojin_bango_of(dice.randrange(10**11))}"


def _no_name(row: Row, dice: Random) -> None:
    del dice
    row[c.SHIMEI] = row[c.KANA] = ""


def _unknown_insurer_number(row: Row, dice: Random) -> None:
    body = f"0613{dice.randrange(900, 1000)}"
    digits = body + luhn_digit(body)
    row[c.BANGO] = digits if digits != row[c.BANGO] else "06139992"


def _wrong_insurer_digit(row: Row, dice: Random) -> None:
    bango = row[c.BANGO]
    row[c.BANGO] = bango[:-1] + str((int(bango[-1]) + 1 + dice.randrange(9)) % 10)


def _other_code(row: Row, dice: Random) -> None:
    row[c.HOKENSHA] = f"0699{dice.randrange(10_000):04d}"


def _cut(row: Row, dice: Random) -> None:
    del row[dice.randrange(c.SHIMEI, c.WIDTH - 1) :]


def _undecodable(row: Row, dice: Random) -> None:
    del dice
    row[c.SHIMEI] += UNDECODABLE


def _ended_before_it_began(row: Row, dice: Random) -> None:
    place = DAYS.index(row[c.SHUTOKU])
    row[c.SOSHITSU] = DAYS[place - dice.randrange(0, 400)]


_CARD = CARD_KINDS
_HOGO = frozenset({SEIKATSU_HOGO})
_NOT_HOGO = CARD_KINDS | {KOKI}

MISTAKES: tuple[Mistake, ...] = (
    Mistake("個人番号の検査数字違い", "E206", c.KOJIN, _wrong_digit, 8),
    Mistake("個人番号の形", "E207", c.KOJIN, _no_number_form, 4),
    Mistake("個人番号なし", "E208", c.KOJIN, _put(c.KOJIN, ""), 2),
    Mistake("生年月日の形", "E207", c.UMARE, _odd_birth, 4),
    Mistake("生年月日なし", "E208", c.UMARE, _put(c.UMARE, ""), 2),
    Mistake("性別の値", "E205", c.SEIBETSU, _put(c.SEIBETSU, "0", "9", "男"), 4),
    Mistake("性別なし", "E208", c.SEIBETSU, _put(c.SEIBETSU, "")),
    Mistake("取得日の形", "E207", c.SHUTOKU, _odd_start, 3),
    Mistake("取得日なし", "E208", c.SHUTOKU, _put(c.SHUTOKU, ""), 2),
    Mistake("未来の取得日", "E210", c.SHUTOKU, _put(c.SHUTOKU, "20990401", "20980401"), 3),
    Mistake("喪失日が取得日以前", "E202", c.SHUTOKU, _ended_before_it_began, 3, combines=False, pointer="*"),
    Mistake("氏名なし", "E208", c.SHIMEI, _no_name, 1, pointer="*"),
    Mistake("氏名に制御文字", "E207", c.SHIMEI, _control, 1),
    Mistake("郵便番号の形", "E207", c.YUBIN, _put(c.YUBIN, "000-1234", "00012", "〒0001234"), 3),
    Mistake("住所に個人番号", "E215", c.JUSHO, _number_in_address, 2),
    Mistake("被保険者氏名に個人番号", "E215", c.NUSHI, _number_in_name, 1, kinds=_NOT_HOGO),
    Mistake("保険者番号が登録外", "E204", c.BANGO, _unknown_insurer_number, 2, kinds=_NOT_HOGO),
    Mistake("保険者番号の検査数字違い", "E204 E206", c.BANGO, _wrong_insurer_digit, 1, kinds=_NOT_HOGO),
    Mistake("被保険者証番号なし", "E208", c.SHO_BANGO, _put(c.SHO_BANGO, ""), 2, kinds=_NOT_HOGO),
    Mistake("枝番の桁", "E207", c.EDABAN, _put(c.EDABAN, "1", "001", "A1", "０１"), 3, kinds=_CARD),
    Mistake("枝番なし", "E208", c.EDABAN, _put(c.EDABAN, ""), 2, kinds=_CARD),
    Mistake("本人・家族の別の値", "E205", c.KAZOKU, _put(c.KAZOKU, "3", "0"), 2, kinds=_NOT_HOGO),
    Mistake("本人・家族の別なし", "E208", c.KAZOKU, _put(c.KAZOKU, ""), 1, kinds=_NOT_HOGO),
    Mistake("受給者番号なし", "E208", c.JUKYUSHA, _put(c.JUKYUSHA, ""), 2, kinds=_HOGO),
    Mistake(
        "公費負担者番号は使わない",
        "E209",
        c.FUTANSHA,
        _put(c.FUTANSHA, "1213001" + luhn_digit("1213001")),
        1,
        kinds=_NOT_HOGO,
    ),
    Mistake("証区分の値", "E205", c.SHO, _put(c.SHO, "99", "ZZ"), 2),
    Mistake("符号取得要求区分の値", "E205", c.FUGO, _put(c.FUGO, "2", "A"), 1),
    Mistake("オプトアウトの形", "E207", c.OPT_OUT, _put(c.OPT_OUT, "2", "はい"), 1),
    Mistake("新規取得に被保険者枝番", "E209", c.HIHOKENSHA_EDABAN, _put(c.HIHOKENSHA_EDABAN, "9999999999"), 2),
    Mistake("割当外の保険者コード", "E204", c.HOKENSHA, _other_code, 2, combines=False, kinds=_CARD | _HOGO),
    Mistake("処理種別の値", "E205", c.SHORI, _put(c.SHORI, "06", "1", "99"), 2, combines=False),
    Mistake("処理種別なし", "E208", c.SHORI, _put(c.SHORI, ""), 1, combines=False),
    Mistake("列が足りない", "E207", c.SHORI, _cut, 1, combines=False, pointer="*"),
    Mistake("読めない文字", "E207", c.SHIMEI, _undecodable, 1, combines=False, pointer="*"),
)


class MistakeMaker:
    """Draws mistakes that the kind of insurer can make."""

    def __init__(self, shubetsu: str) -> None:
        self._fitting = [m for m in MISTAKES if m.kinds is None or shubetsu in m.kinds]
        self._weights = [m.weight for m in self._fitting]
        self._combining = [m for m in self._fitting if m.combines]

    def spoil(self, row: Row, dice: Random) -> tuple[str, list[Code]]:
        """Spoil the line once, sometimes twice at different places; what was done and what must be said of it."""
        first = dice.choices(self._fitting, self._weights)[0]
        first.spoil(row, dice)
        if not first.combines or dice.random() > 0.15:
            return first.name, first.codes()
        second = dice.choice(self._combining)
        if second.place == first.place:
            return first.name, first.codes()
        second.spoil(row, dice)
        return f"{first.name}・{second.name}", sorted([*first.codes(), *second.codes()])
