"""What every request handler of this stand-in shares, and the signed doors of municipalities and マイナポータル."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from simulators import clock
from simulators.shell.answers import Answer, Request, json_answer, problem, unreadable
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.server import Routes
from simulators.shell.store import Row
from simulators.yobosesshu.messages import MessageRefused, read_registration
from simulators.yobosesshu.settei import MEISHO, SETTEI, has_fever, mistake_in
from simulators.yobosesshu.store import ZUMI, Zone, Zones

NOT_THERE = problem(
    HTTPStatus.NOT_FOUND,
    "taishosha_nashi",
    "対象者が見つかりません",
    detail="自治体が対象者として登録し、PMHキーが届いた後に、もう一度試してください。",
)
RECORD_TOLD = {
    "sesshu_ymd": "sesshu_ymd",
    "vaccine_hanbai_mei": "vaccine_mei",
    "lot_bango": "lot_bango",
    "jisshi_basho": "jisshi_basho",
}
"""What a resident sees of a 接種記録."""
VISIBLE = ("jichitai_gyomu_id", "yobosesshu_taishosha_bango", "pmh_key", "renkei_shori_status", "renkei_error_naiyo")


@dataclass
class Yobosesshu:
    """The municipalities, the partners and the faults."""

    zones: Zones
    partners: Partners
    plan: PlanHolder[Plan]
    dice: Dice
    public_url: str = ""

    def admit(self, request: Request) -> str | Answer:
        """The 接続ID of who signed, or the refusal."""
        return self.partners.admit(request)

    def found_by(self, column: str, value: str) -> list[tuple[Zone, Row]]:
        """The rows of one person, at most one in each municipality."""
        return [(zone, row) for zone in self.zones if (row := zone.by(column, value)) is not None]

    def state(self) -> dict[str, int]:
        """Counts over all municipalities."""
        total: dict[str, int] = {}
        for zone in self.zones:
            for name, number in zone.state().items():
                total[name] = total.get(name, 0) + number
        return total


def _register(app: Yobosesshu, request: Request) -> Answer:
    try:
        code, name, items = read_registration(request.json())
    except (ValueError, MessageRefused) as error:
        detail = str(error) if isinstance(error, MessageRefused) else "本文を JSON として読める形にしてください。"
        title = "対象者の登録を受け取れません"
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "toroku_fusei", title, detail=detail)
    if refusal := app.partners.refusal(request, shurui="jichitai", jichitai_code=code, jimu_kubun="02"):
        return refusal
    zone = app.zones.of(code)
    if zone is None:
        return problem(HTTPStatus.NOT_FOUND, "jichitai_nashi", "この自治体の区画がありません")
    at = clock.now().isoformat()
    for item in items:
        zone.register({**item, "renkei_file_mei": name}, settei=SETTEI, at=at)
    return json_answer({"kensu": len(items)}, HTTPStatus.ACCEPTED)


def _look_up(app: Yobosesshu, request: Request) -> Answer:
    words = request.words("jichitai_code")
    if words is None:
        return unreadable("jichitai_code")
    if refusal := app.partners.refusal(request, shurui="jichitai", jichitai_code=words[0], jimu_kubun="02"):
        return refusal
    zone = app.zones.of(words[0])
    people = zone.people() if zone else []
    return json_answer({"items": [{name: row[name] for name in VISIBLE} for row in people]})


def _take_kamei(app: Yobosesshu, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="mynaportal"):
        return refusal
    words = request.words("pmh_key", "pmh_kamei_shikibetsushi")
    if words is None:
        return unreadable("pmh_key", "pmh_kamei_shikibetsushi")
    key, kamei = words
    if not app.found_by("pmh_key", key):
        return NOT_THERE
    if not app.zones.kamei.keep(key, kamei):
        title = "別のPMH仮名識別子が、既に登録されています"
        detail = "マイナポータルで識別子を作り直さず、前に渡した識別子を使ってください。"
        return problem(HTTPStatus.CONFLICT, "kamei_fuitchi", title, detail=detail)
    # Looked for after it was kept: whoever gets this PMHキー from now on is given the 仮名 with it.
    for zone, row in app.found_by("pmh_key", key):
        zone.set_kamei(row, kamei, at=clock.now().isoformat())
    return Answer(HTTPStatus.NO_CONTENT)


def _for_resident(app: Yobosesshu, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="mynaportal"):
        return refusal
    words = request.words("pmh_kamei_shikibetsushi")
    if words is None:
        return unreadable("pmh_kamei_shikibetsushi")
    rows = app.found_by("pmh_kamei_shikibetsushi", words[0])
    return json_answer({"items": [_told(zone, row) for zone, row in rows]}) if rows else NOT_THERE


def _told(zone: Zone, row: Row) -> dict[str, Any]:
    """What a resident may see of one municipality: no number, no key."""
    sesshu, notices = [], []
    for one in zone.sesshu_of(row["seq"]):
        kanri, settei = one["yobosesshu_kanri_id"], one["yobosesshu_settei_id"]
        records = zone.records(kanri)
        sesshu.append(
            {
                "yobosesshu_kanri_id": kanri,
                "meisho": MEISHO[settei],
                "komoku": next(s["komoku"] for s in SETTEI if s["yobosesshu_settei_id"] == settei),
                "kaito": {answer["komoku_id"]: answer["kaito_naiyo"] for answer in zone.answers(kanri)},
                "kiroku": [{told: record[name] for name, told in RECORD_TOLD.items()} for record in records],
            }
        )
        if not records:
            notices.append({"nichiji": row["renkei_nichiji"], "naiyo": f"{MEISHO[settei]}の対象です。"})
    return {"jichitai_code": zone.code, "jichitai_mei": zone.name, "sesshu": sesshu, "tsuchi": notices}


def _take_answers(app: Yobosesshu, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="mynaportal"):
        return refusal
    keys = ("pmh_kamei_shikibetsushi", "jichitai_code", "yobosesshu_kanri_id", "kaito")
    try:
        asked = request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, Mapping) or asked.keys() != set(keys) or not isinstance(asked["kaito"], Mapping):
        return unreadable(*keys)
    given = {str(name): str(value) for name, value in asked["kaito"].items()}
    zone = app.zones.of(str(asked["jichitai_code"]))
    person = zone.by("pmh_kamei_shikibetsushi", str(asked["pmh_kamei_shikibetsushi"])) if zone else None
    mine = zone.sesshu_of(person["seq"]) if zone and person else []
    sesshu = next((one for one in mine if one["yobosesshu_kanri_id"] == asked["yobosesshu_kanri_id"]), None)
    if zone is None or sesshu is None:
        return NOT_THERE
    if zone.records(sesshu["yobosesshu_kanri_id"]):
        title, detail = "接種が済んだ予診票は直せません", "誤りがあるときは、接種を受けた医療機関に相談してください。"
        return problem(HTTPStatus.CONFLICT, "sesshu_zumi", title, detail=detail)
    if detail := mistake_in(given):
        title = "予診票を受け取れません"
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "yoshinhyo_fusei", title, detail=detail)
    zone.answer(sesshu, given, fuka=has_fever(given), at=clock.now().isoformat())
    return Answer(HTTPStatus.NO_CONTENT)


def ask_anew(zone: Zone, row: Row) -> bool:
    """Put a person without PMHキー back to the beginning of step 2; False when there is nothing to mend."""
    if row["renkei_shori_status"] == ZUMI:
        return False
    values = {"renkei_shori_status": "machi", "renkei_error_naiyo": "", "recovery_flag": "1", "after": 0, "kaisu": 0}
    zone.change_person(row["seq"], values, dan=2, naiyo="採番を依頼し直す", at=clock.now().isoformat())
    return True


SIGNED: Routes[Yobosesshu] = {
    "POST": {
        "/taishosha": _register,
        "/taishosha/shokai": _look_up,
        "/kamei-shikibetsushi": _take_kamei,
        "/shimin/joho": _for_resident,
        "/shimin/kaito": _take_answers,
    }
}
