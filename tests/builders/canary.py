"""People whose every value can be recognised, brought in through every door there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chukan.kernel import clock
from shikaku.actions.register_one import register_one
from shikaku.actions.terminal_slip import keep_slip
from shikaku.http.server_api_views import ItakuKanyushaView
from tests.builders.files import Sent, send_file
from tests.builders.lines import NOT_YET, file_text, known, kojin_bango, line, message
from tests.support.machines import Machine, new_machine
from tests.support.principals import clerk
from tests.support.world import World, as_role

REGISTER = "/api/v1/itaku/kanyusha"
ASK = "/api/v1/shikaku/rireki/kensaku"
assert ItakuKanyushaView.idempotent  # the answer is kept too

KIHON: dict[str, Any] = {
    "shimei_kenmen": "氏名券面鴎外",
    "shimei_kenmen_kana": "シメイケンメンカモメ",
    "shimei_sonota": "通称名漱石",
    "shimei_sonota_kana": "ツウショウソウセキ",
    "seibetsu1": "2",
    "seinengappi": "1967-08-23",
    "jusho": "架空県幻町七丁目",
    "yubin_bango": "9876543",
    "shichoson_code": "X13579",
    "setai_shikibetsu_bango": "SETAI-24680",
    "kanyusha_kubun_code": "01",
}
SHIKAKU: dict[str, Any] = {
    "hihokenshasho_kigo": "記号乙丙丁",
    "hihokenshasho_bango": "86420975",
    "edaban": "07",
    "hihokensha_shimei": "世帯主之介",
    "honnin_kazoku_kubun": "2",
    "shikaku_shutoku_ymd": "2026-04-01",
}
REPEATED: dict[str, Any] = {
    "seigyo": {"opt_out": True, "jiko_joho_teikyo_fuka_flag": True, "tokutei_kenshin_doi_flag": True},
    "sho": [{"sho_kubun": "01", "kofu_ymd": "2026-04-03", "hihokenshasho_kigo": "証面記号戊"}],
    "korei": [{"kofu_ymd": "2026-04-04", "yuko_kaishi_ymd": "2026-04-05", "ichibu_futankin_wariai": "020"}],
    "tokutei_shippei": [{"kofu_ymd": "2026-04-06", "jiko_futan_gendogaku": 13_579_246}],
}


@dataclass
class Canary:
    """What was planted."""

    machine: Machine
    numbers: dict[str, str]
    items: dict[str, str]
    answers: list[bytes] = field(default_factory=list)
    refused_file: Sent | None = None

    @property
    def values(self) -> dict[str, str]:
        """Return every value to be looked for."""
        return self.numbers | self.items


def plant(world: World, *, died: bool = False) -> Canary:
    """Bring people in by message, form, file, change of number, refused line, slip, search; also where it fails."""
    numbers = {f"number {n}": kojin_bango(5_000 + n) for n in range(7)}
    number = list(numbers.values())
    machine = new_machine(world)
    canary = Canary(machine, numbers, _items())
    kihon = KIHON | ({"shibo_flag": True} if died else {})
    body = message(1, kojin_bango=number[0], kihon=kihon, shikaku=SHIKAKU, **REPEATED)
    answers = [
        machine.post(REGISTER, body, key="planted-1"),
        machine.post(REGISTER, body | {"koshingo_kojin_bango": number[0]}, key="planted-2"),  # refused
        machine.post(REGISTER, message(2, kojin_bango=number[1][:-1] + "x", kihon={"jusho": number[1]}), key="3"),
        machine.post(REGISTER, message(2, kojin_bango=number[1], shikaku={"edaban": number[1]}), key="planted-4"),
        machine.post(ASK, {"kojin_bango": number[0]}),
        machine.post(ASK, {"kojin_bango": number[2]}),
        machine.post(ASK, {"hihokensha_edaban": number[2]}),
        machine.post(REGISTER, {number[1]: "x"}, key="planted-5"),
    ]
    canary.answers = [b"".join(one) if one.streaming else one.content for one in answers]
    assert answers[0].status_code == 201, answers[0].content
    assert [one.status_code for one in answers[1:]] == [422, 422, 422, 200, 404, 400, 400]
    by, now = clerk(), clock.now()
    change = known("03", edaban=1, koshingo_kojin_bango=number[3], kojin_bango_koshin_kubun="1")
    register_one(by=by, line=line(change), now=now + timedelta(seconds=1))
    keep_slip(by=by, kind="toroku", content={"values": KIHON}, kojin_bango=number[4], now=now)
    in_file = message(3, kojin_bango=number[5], shikaku={"hihokenshasho_bango": "3333"})
    bad = message(4, kojin_bango=number[6], kihon=KIHON, shikaku=SHIKAKU | {"shikaku_shutoku_ymd": NOT_YET})
    with as_role(world, "worker"):
        canary.refused_file = send_file(file_text([in_file, bad]), by=by, now=now)
    assert [kubun for _, kubun, _ in canary.refused_file.results] == ["1", "9"]
    return canary


def _items() -> dict[str, str]:
    """Return the items whose values are long enough to be looked for."""
    groups = [KIHON, SHIKAKU, REPEATED["sho"][0], REPEATED["tokutei_shippei"][0]]
    plain = {key: str(value) for group in groups for key, value in group.items() if len(str(value)) >= 5}
    # Days of validity and the code of an insurer are readable by design: docs/adr/0012, 0011.
    readable = {"shikaku_shutoku_ymd", "kofu_ymd", "hokensha_bango"}
    return {key: value for key, value in plain.items() if key not in readable} | {"part of kigo": "乙丙丁"}
