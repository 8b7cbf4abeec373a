"""The work in the background: PMHキー from Public Medical Hub, ID5 from 履歴照会回答システム, for each municipality."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.shell.running import backoff, epoch, problem_code
from simulators.shell.store import Row
from simulators.yobosesshu.store import IRAI, KYOHI, MACHI, NASHI, ZUMI, Zone, Zones

JIMU = "02"
POLL_SECONDS = 0.3
ERRORS = {
    "tsushin": "相手のシステムにつながりません。自動でやり直します。",
    "kanyusha_nashi": (
        "医療保険者等向け中間サーバーに、この個人番号の加入者がいません。"
        "個人番号と、医療保険の加入の届出を確かめ、「採番を依頼し直す」を押してください。"
    ),
    "itaku_kakunin_nashi": (
        "医療保険者等向け中間サーバーに、予防接種事務の委託の確認が登録されていないか、見直しの日を過ぎています。"
        "支払基金に登録を依頼し、登録されたら「採番を依頼し直す」を押してください。"
    ),
    "jimu_taishogai": (
        "Public Medical Hub で、この接続に予防接種の事務が許されていません。"
        "接続の登録を確かめ、「採番を依頼し直す」を押してください。"
    ),
    "jichitai_nashi": "Public Medical Hub に、この自治体の接続が登録されていません。登録を依頼してください。",
    "bango_fuitchi": "返ってきた個人番号が、送った番号と違います。この答えは使いません。PMH に連絡してください。",
    "nijuu": "同じ人が、この自治体に二度登録されています。片方の自治体業務IDを見直してください。",
    "hihokensha_nashi": "オンライン資格確認等システムに被保険者番号がまだありません。自動でやり直します。",
    "onshi_tsushin": "履歴照会回答システムから先につながりません。自動でやり直します。",
}


WAITING = "PMH が中間サーバーの答えを待っています。自動でやり直します。"
BUSY = "相手のシステムが答えられませんでした。自動でやり直します。"


def error_text(code: str, *, again: bool = False) -> str:
    """What happened, where, and what to do; `again` when it goes on by itself."""
    if again:
        return ERRORS.get(code, BUSY)
    return ERRORS.get(code, f"相手のシステムが断りました（{code}）。接続の登録を確かめ、依頼し直してください。")


class Renkei:
    """The lines to the other systems."""

    def __init__(self, zones: Zones, *, pmh: HubClient, rireki: HubClient) -> None:
        self._zones, self._pmh, self._rireki = zones, pmh, rireki

    def work(self) -> bool:
        """Go one step in every municipality; whether anything moved."""
        moved = [step(zone) for zone in self._zones for step in (self._request, self._fetch, self._ask_id5)]
        return any(moved)

    def _call(self, line: HubClient, path: str, message: Mapping[str, Any]) -> tuple[Any, str, bool]:
        """The answer, or a code why there is none and whether trying again may help."""
        try:
            answer = line.send_json(path, message)
        except httpx.HTTPError:
            return None, "tsushin", True
        if answer.is_success:
            return answer.json(), "", False
        code = problem_code(answer) or str(answer.status_code)
        return None, code, answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR

    def _request(self, zone: Zone) -> bool:
        """対象者 newly registered: ask PMH for their PMHキー."""
        due = zone.waiting(MACHI, now=epoch())
        if not due:
            return False
        items = [{"jichitai_gyomu_id": row["pmh_renkei_key"], "kojin_bango": row["kojin_bango"]} for row in due]
        told, code, again = self._call(
            self._pmh, "/toroku", {"jichitai_code": zone.code, "jimu_kubun": JIMU, "items": items}
        )
        if told is None:
            self._fail(zone, due, code, again=again, status=MACHI)
            return True
        self._ask_again(zone, due)
        at = clock.now().isoformat()
        for row in due:
            values = {"renkei_shori_status": IRAI, "renkei_error_naiyo": "", "after": epoch(), "kaisu": 0}
            zone.change_person(row["seq"], values, dan=2, naiyo="PMHキーの採番を依頼した", at=at)
        return True

    def _ask_again(self, zone: Zone, due: Sequence[Row]) -> None:
        """Those who were refused before wait at PMH until they are asked for once more."""
        if any(row["recovery_flag"] == "1" for row in due):
            self._call(self._pmh, "/sai-irai", {"jichitai_code": zone.code, "jimu_kubun": JIMU})

    def _fetch(self, zone: Zone) -> bool:
        """PMHキー asked for: take the answers that are there."""
        due = zone.waiting(IRAI, now=epoch())
        if not due:
            return False
        told, code, _ = self._call(self._pmh, "/kekka", {"jichitai_code": zone.code, "jimu_kubun": JIMU})
        if told is None:
            self._fail(zone, due, code, again=True, status=IRAI)
            return True
        answers = {item["jichitai_gyomu_id"]: item for item in told["items"]}
        moved = [self._take(zone, row, answers.get(row["pmh_renkei_key"])) for row in due]
        return any(moved)

    def _take(self, zone: Zone, row: Row, item: Mapping[str, Any] | None) -> bool:
        at = clock.now().isoformat()
        if item is None:  # PMH has lost it: register there again
            zone.change_person(row["seq"], {"renkei_shori_status": MACHI, "after": backoff(row["kaisu"])})
            return True
        if item["jotai"] == "machi":
            text = WAITING if item["riyu"] else ""
            values = {"after": epoch() + POLL_SECONDS, "renkei_error_naiyo": text}
            zone.change_person(row["seq"], values, dan=2, naiyo=text, at=at)
            return False
        if item["jotai"] != "sumi":
            self._stop(zone, row, NASHI if item["jotai"] == "nashi" else KYOHI, error_text(str(item["riyu"])))
            return True
        if item["kojin_bango"] != row["kojin_bango"]:
            self._stop(zone, row, KYOHI, error_text("bango_fuitchi"))
            return True
        other = zone.by("pmh_key", item["pmh_id"])
        if other is not None and other["seq"] != row["seq"]:
            self._stop(zone, row, KYOHI, error_text("nijuu"))
            return True
        values = {"renkei_shori_status": ZUMI, "renkei_error_naiyo": "", "recovery_flag": "0"}
        zone.change_person(row["seq"], {**values, "pmh_key": item["pmh_id"]}, dan=2, naiyo="PMHキーが届いた", at=at)
        if kamei := self._zones.kamei.of(item["pmh_id"]):
            zone.set_kamei(row, kamei, at=at)
        return True

    def _stop(self, zone: Zone, row: Row, status: str, text: str) -> None:
        """A person whose 採番 goes no further by itself, and why."""
        values = {"renkei_shori_status": status, "renkei_error_naiyo": text}
        zone.change_person(row["seq"], values, dan=2, naiyo=text, at=clock.now().isoformat())

    def _fail(self, zone: Zone, due: Sequence[Row], code: str, *, again: bool, status: str) -> None:
        at, text = clock.now().isoformat(), error_text(code, again=again)
        for row in due:
            values = {
                "renkei_shori_status": status if again else KYOHI,
                "renkei_error_naiyo": text,
                "kaisu": row["kaisu"] + 1,
                "after": backoff(row["kaisu"]),
            }
            zone.change_person(row["seq"], values, dan=2, naiyo=text, at=at)

    def _ask_id5(self, zone: Zone) -> bool:
        """Vaccinated persons: ask for their ID5."""
        due = zone.without_id5(now=epoch())
        for row in due:
            told, code, _ = self._call(self._rireki, "/id5", {"pmh_key": row["pmh_key"]})
            at = clock.now().isoformat()
            if told is None:
                values = {"kaisu": row["kaisu"] + 1, "after": backoff(row["kaisu"])}
                zone.change_person(row["seq"], values, dan=6, naiyo=error_text(code), at=at)
            else:
                zone.change_person(row["seq"], {"id5": told["id5"]}, dan=6, naiyo="ID5が届いた", at=at)
        return bool(due)
