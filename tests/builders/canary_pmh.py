"""Canaries through the door of Public Medical Hub: known and unknown, right and mistyped, and as it fails there.

Every answer that gives a number back is the one exception of this door: the number its caller has just sent. It is
looked at here, and everything else of it is kept.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from simulators.client import HubClient, RequestSigner, generate_key
from simulators.client.keys import write_jwks
from tests.builders.canary_entrances import ANOTHER_DIGEST, LOST, REGISTER, Entrances
from tests.builders.lines import message

ONE, MANY = "/api/v1/pmh/pmh-id", "/api/v1/pmh/pmh-id/ikkatsu"
JSON = {"Content-Type": "application/json"}


class PmhDoor:
    """PMH as a caller, over one product with its family of numbers."""

    def __init__(self, entrances: Entrances) -> None:
        self.entrances = entrances
        stack = entrances.stack
        key = generate_key(kid="pmh-1")
        jwks = stack.stage.demo / "pmh.jwks.json"
        write_jwks(jwks, [key])
        told = stack.command(
            *("register_client", "--kind", "pmh", "--itaku", "01,02,03", "--kakuninsha", "見本　確認者"),
            *("--kakunin-ymd", "2026-01-01", "--minaoshi-ymd", "2036-01-01", "--jwks", jwks),
        )
        signer = RequestSigner(client_id=str(told["client_id"]), key=key)
        self.client = HubClient(base_url=stack.web_url, signer=signer)

    def all(self) -> None:
        """Ask in every way; known persons are registered first."""
        try:
            self._known()
            self._mistyped()
            self._bytes()
            self._failing()
        finally:
            self.client.close()

    def _known(self) -> None:
        n = self.entrances.number
        held = [self._member(f"PMH 加入者 {place}", 200 + place) for place in range(4)]
        unknown = [n(f"PMH 該当なし {place}") for place in range(4)]
        wrong = self.entrances.wrong("PMH 検査用数字違い")
        for number in (held[0], held[0], held[1]):
            self._expect(self._ask(ONE, number), 200)
        self._expect(self._ask(ONE, unknown[0]), 404)
        self._expect(self._ask(ONE, wrong), 404)
        mixed = [held[2], unknown[1], held[0], wrong, unknown[2], held[3], held[3]]
        self._expect(self._ask(MANY, mixed), 200)
        self._expect(self._ask(MANY, mixed), 200)

    def _member(self, entrance: str, serial: int) -> str:
        number = self.entrances.number(entrance)
        self.entrances.expect(self.entrances.door.post(REGISTER, message(serial, kojin_bango=number)), 201)
        return number

    def _mistyped(self) -> None:
        """Numbers where none belongs."""
        n = self.entrances.number
        for entrance, body in (
            ("PMH 事務区分に番号", {"jimu_kubun": n("PMH 事務区分に番号"), "kojin_bango": n("PMH 事務区分の隣")}),
            ("PMH 知らないキー", {"jimu_kubun": "01", "kojin_bango": n("PMH 余分"), n("PMH キー名に番号"): "x"}),
            ("PMH 余分なキー", {"jimu_kubun": "01", "kojin_bango": n("PMH 余分の隣"), "jusho": n("PMH 住所に番号")}),
            ("PMH 数値", {"jimu_kubun": "01", "kojin_bango": int(n("PMH 番号が数値"))}),
            ("PMH 配列", {"jimu_kubun": "01", "kojin_bango": [n("PMH 番号が配列")]}),
            ("PMH 空白入り", {"jimu_kubun": "01", "kojin_bango": f" {n('PMH 前に空白')}"}),
            ("PMH 改行入り", {"jimu_kubun": "01", "kojin_bango": f"{n('PMH 後に改行')}\n"}),
            ("PMH 入れ子", {"jimu_kubun": "01", "kojin_bango": {"kojin_bango": n("PMH 入れ子")}}),
        ):
            self._expect(self._send(ONE, body), 400, name=entrance)
        card = n("PMH 一括 1件が空白入り")
        good = n("PMH 一括 ほかの件")
        for value in (
            [good, f"{card[:4]} {card[4:8]} {card[8:]}"],
            [good, int(card)],
            [good, None],
            {good: card},
            good,
        ):
            self._expect(self._send(MANY, {"jimu_kubun": "02", "kojin_bango": value}), 400)
        over = {"jimu_kubun": "02", "kojin_bango": [n("PMH 一括 多すぎる")] * 1_001}
        self._expect(self._send(MANY, over), 400)
        self._expect(self._send(f"{ONE}/{n('PMH URL に番号')}", {}), 404)
        self._expect(self._send(f"{ONE}?bango={n('PMH 問合せ文字列')}", {"jimu_kubun": "01"}), 400, 404)
        for name in ("Idempotency-Key", "X-Request-ID", "User-Agent"):
            body = {"jimu_kubun": "01", "kojin_bango": n(f"PMH {name} の隣")}
            self._expect(self._send(ONE, body, {name: n(f"PMH {name} に番号")}), 404)

    def _bytes(self) -> None:
        """What is no message, what is not the signed one, and who is not PMH."""
        n = self.entrances.number
        for entrance, raw in (
            ("PMH JSON でない", b'{"jimu_kubun": "01", "kojin_bango": "%b"'),
            ("PMH UTF-8 でない", b'{"jimu_kubun": "01", "kojin_bango": "%b", "x": "\xff\xfe"}'),
            ("PMH 同じキー二度", b'{"jimu_kubun": "01", "kojin_bango": "%b", "kojin_bango": "x"}'),
        ):
            self._expect(self._raw(ONE, raw % n(entrance).encode()), 400)
        body = json.dumps({"jimu_kubun": "01", "kojin_bango": n("PMH 署名と違う本文")}).encode()
        url = self.entrances.stack.web_url + ONE
        signed = self.client._signer.headers_for(method="POST", url=url, headers=JSON, digest=ANOTHER_DIGEST)
        self._keep(httpx.post(url, content=body, headers=signed, trust_env=False), 401)
        bare = json.dumps({"jimu_kubun": "01", "kojin_bango": n("PMH 署名なし")}).encode()
        self._keep(httpx.post(url, content=bare, headers=JSON, trust_env=False), 401)
        other = {"jimu_kubun": "01", "kojin_bango": n("PMH 保険者のシステムから")}
        self.entrances.expect(self.entrances.door.post(ONE, other), 403)

    def _failing(self) -> None:
        """A web process that dies with a request in hand, and one whose database session is cut."""
        stack = self.entrances.stack
        for serial, (entrance, then) in enumerate(
            (
                ("PMH 処理中に web が落ちる", self.entrances._abort_web),
                ("PMH 処理中に DB が切れる", self.entrances._cut_sessions),
            )
        ):
            known, unknown = self._member(entrance, 220 + serial), self.entrances.number(f"{entrance} 該当なし")
            self._in_front_of_a_lock(partial(self._ask, MANY, [known, unknown]), then)
            stack.wait_until("the web answers again", stack.is_ready, seconds=60)
            self._expect(self._ask(MANY, [known, unknown]), 200, name=entrance)

    def _in_front_of_a_lock(self, work: Callable[[], object], then: Callable[[], None]) -> None:
        stack = self.entrances.stack
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with stack.admin() as admin:
            admin.autocommit = False
            admin.execute("LOCK TABLE pmh_hakko_rireki IN EXCLUSIVE MODE")
            asking = threading.Thread(target=work, daemon=True)
            asking.start()
            stack.wait_until("it waits", lambda: stack.count(waiting) > 0, seconds=30, pause=0.05)
            then()
            admin.rollback()
        asking.join(timeout=60)

    # --- one request

    def _ask(self, path: str, numbers: str | list[str]) -> int:
        """Ask in the form of the contract; a good answer has the numbers in their places and is kept without them."""
        try:
            response = self.client.request(
                "POST", path, body=json.dumps({"jimu_kubun": "03", "kojin_bango": numbers}).encode(), headers=JSON
            )
        except LOST:
            return 0
        if response.status_code != 200:
            self.entrances.answers.keep(response, self.entrances.answers.rest)
            return response.status_code
        body: Any = response.json()
        items = [body] if isinstance(numbers, str) else body["kekka"]
        given = [item.pop("kojin_bango") for item in items]
        assert given == ([numbers] if isinstance(numbers, str) else numbers)
        self.entrances.answers.rest[f"POST {path} {len(self.entrances.answers.rest)}"] = json.dumps(body).encode()
        self.entrances.answers.headers += [name + b": " + value for name, value in response.headers.raw]
        return response.status_code

    def _send(self, path: str, value: object, headers: dict[str, str] | None = None) -> int:
        return self._raw(path, json.dumps(value, ensure_ascii=False).encode(), headers)

    def _raw(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        try:
            response = self.client.request("POST", path, body=body, headers=JSON | (headers or {}))
        except LOST:
            return 0
        self.entrances.answers.keep(response, self.entrances.answers.rest)
        return response.status_code

    def _keep(self, response: httpx.Response, *due: int) -> None:
        self.entrances.answers.keep(response, self.entrances.answers.rest)
        self._expect(response.status_code, *due)

    def _expect(self, status: int, *due: int, name: str = "") -> None:
        if name:
            self.entrances.used.append(name)
        self.entrances.expect(status, *due)
