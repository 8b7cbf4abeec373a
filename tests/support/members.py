"""Made-up members of insurers: the lines that register them, and files of such lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chukan.controls.uketsuke.actions import Accepted, Upload
from chukan.kernel.storage import store
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.register_one import Registered, register_one
from shikaku.domain.line import TorokuLine
from shikaku.queries.rireki import find_row_id
from tests.support.principals import KENPO, clerk

if TYPE_CHECKING:
    from chukan.kernel.principal import Principal
    from tests.support.world import World

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = NOW.date()
HEADER = (
    "処理種別コード,保険者コード,個人番号,氏名（券面記載）,氏名（券面記載）（カナ）,性別1,生年月日,加入者区分コード,"
    "保険者番号,被保険者証記号,被保険者証番号,枝番,資格取得年月日（保護開始日・保護再開日）,本人・家族の別"
)
DIGITS = 11


def bango(serial: int) -> str:
    """Return a made-up 個人番号 with its check digit."""
    digits = f"{20_000_000_000 + serial:0{DIGITS}d}"
    weights = [place + 1 if place <= 6 else place - 5 for place in range(DIGITS, 0, -1)]
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % DIGITS
    return f"{digits}{0 if rest <= 1 else DIGITS - rest}"


def join_line(serial: int = 1, **over: Any) -> TorokuLine:
    """Return the 新規取得 of member `serial`; keys of 基本 and 資格 may be replaced, None leaves one out."""
    zone = over.pop("zone", KENPO)
    kihon: dict[str, Any] = {
        "shimei_kenmen": "見本　太郎",
        "shimei_kenmen_kana": "ミホン　タロウ",
        "seibetsu1": "1",
        "seinengappi": "1980-04-01",
        "kanyusha_kubun_code": "01",
    }
    shikaku: dict[str, Any] = {
        "hokensha_bango": zone,
        "hihokenshasho_kigo": "100",
        "hihokenshasho_bango": str(serial),
        "edaban": "00",
        "shikaku_shutoku_ymd": "2026-04-01",
        "honnin_kazoku_kubun": "1",
    }
    for key, value in over.items():
        (kihon if key in {*kihon, "jusho"} else shikaku)[key] = value
    return TorokuLine(
        shori_shubetsu_code="01",
        hokensha_code=zone,
        kojin_bango=bango(serial),
        kihon={key: value for key, value in kihon.items() if value is not None},
        shikaku={key: value for key, value in shikaku.items() if value is not None},
    )


def known(code: str, edaban: int, **over: Any) -> TorokuLine:
    """Return a 変更, 喪失 or 取消 of the member with this 被保険者枝番."""
    fields: dict[str, Any] = {"shori_shubetsu_code": code, "hokensha_code": KENPO, "hihokensha_edaban": edaban, **over}
    return TorokuLine(**fields)


def loss(edaban: int, day: str = "2026-10-01", **over: Any) -> TorokuLine:
    """Return the 喪失 of a member."""
    return known("04", edaban, shikaku={"shikaku_soshitsu_ymd": day}, **over)


def joined(serial: int = 1, *, by: Principal | None = None, now: datetime = NOW, **over: Any) -> Registered:
    """Register member `serial`."""
    by = by or clerk()
    return register_one(by=by, line=join_line(serial, zone=by.hokensha_code, **over), now=now)


def row_id_of(edaban: int, *, by: Principal | None = None) -> UUID:
    """Return the id pages name the member by."""
    return find_row_id(by=by or clerk(), hihokensha_edaban=edaban)


def file_line(serial: int, *, kana: str = "ミホン　タロウ", shutoku: str = "20260401", zone: str = KENPO) -> str:
    """Return the 新規取得 of member `serial` as a line of a file; 取得 in 2027 is refused (E210)."""
    return f"01,{zone},{bango(serial)},見本　太郎,{kana},1,19800401,01,{zone},100,{serial},00,{shutoku},1"


def upload(text: str, *, encoding: str = "utf-8") -> Upload:
    """Store a file as a door does."""
    with store().create("toroku") as writer:
        writer.write(text.encode(encoding))
        stored = writer.close()
    return Upload(stored.key, stored.size, bytes.fromhex(stored.sha256), "members.csv")


def taken(*lines: str, by: Principal | None = None, saisoshin: bool = False, now: datetime = NOW) -> Accepted:
    """Take in a file of these lines."""
    given = upload("\r\n".join([HEADER, *lines, ""]))
    return accept_toroku_file(by=by or clerk(), upload=given, saisoshin=saisoshin, now=now)


def sent(*lines: str, by: Principal | None = None, now: datetime = NOW) -> Accepted:
    """Take in a file of these lines and work it off. The process must be the worker."""
    accepted = taken(*lines, by=by, now=now)
    process_toroku_file(by=by or clerk(), uketsuke_id=accepted.uketsuke_id, now=lambda: now)
    return accepted


def asked(world: World, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Look into the database as its administrator."""
    with world.admin() as admin:
        return admin.execute(statement, values).fetchall()


def kinds_of(world: World) -> list[str]:
    """Return the kinds of all operation-log rows in order."""
    return [row[0] for row in asked(world, "SELECT kind FROM sosa_log_event ORDER BY id")]
