"""Canaries through the doors of the partners that only tell results, and of insurers who ask how their codes go.

None of these messages has a place for a number: it is put where none belongs, valid and failing.
"""

from __future__ import annotations

from uuid import uuid4

from simulators.client import ClientKey, HubClient, RequestSigner
from tests.builders.canary_entrances import Door, Entrances

JOTAI = "/api/v1/fugo/jotai"
KEKKA = "/api/v1/onshi/shori-kekka"
FUGO, IKKATSU = "/api/v1/nws/fugo", "/api/v1/nws/fugo/ikkatsu"
SENT = (
    "SELECT soshin_bango::text FROM shikaku_onshi_soshin WHERE sent_at IS NOT NULL AND shori_kekka_kubun = '' LIMIT 1"
)
HEADERS = ("Idempotency_Key", "X_Request_ID", "User_Agent")


class PartnerDoors:
    """オン資 and 情報提供NWS as callers, and an insurer's system at its own."""

    def __init__(self, entrances: Entrances) -> None:
        """Call in their names, with the keys that are registered."""
        self.on = entrances
        stage = entrances.stack.stage
        self.onshi = self._door(stage.onshi_client_id, ClientKey.load(stage.demo / "onshi" / "key.json"))
        self.nws = self._door(stage.nws_client_id, ClientKey.load(stage.demo / "keys" / "nws.json"))

    def _door(self, client_id: str | None, key: ClientKey) -> Door:
        assert client_id
        signer = RequestSigner(client_id=client_id, key=key)
        return Door(HubClient(base_url=self.on.stack.web_url, signer=signer), self.on.answers)

    def all(self) -> None:
        """Through all of them."""
        try:
            self.read()
            self.results()
            self.codes()
        finally:
            for door in (self.onshi, self.nws):
                door.client.close()

    def read(self) -> None:
        """Questions with a number in the query, and in a header."""
        n, door, expect = self.on.number, self.on.door, self.on.expect
        for name in ("cursor", "limit", "kojin_bango"):
            expect(door.send("GET", f"{JOTAI}?{name}={n(f'符号取得状況 {name} に番号')}"), 400)
        expect(door.send("GET", f"{JOTAI}?{n('符号取得状況 項目名に番号')}=1"), 400)
        for name in HEADERS:
            given = {name.replace("_", "-"): n(f"符号取得状況 {name} に番号")}
            expect(door.send("GET", JOTAI, headers=given), 200)
        for address in ("/api/schema/", "/api/docs/", "/health/live", "/health/ready", "/.well-known/jwks.json"):
            expect(door.send("GET", f"{address}?yobun={n(f'問合せ文字列 {address}')}"), 200)

    def results(self) -> None:
        """処理結果電文 with a number in each item, beside them, in the address and in a header."""
        n, post, expect = self.on.number, self.onshi.post, self.on.expect
        with self.on.stack.admin() as admin:
            row = admin.execute(SENT).fetchone()
        assert row is not None
        good = {"soshin_bango": str(row[0]), "shori_kekka_kubun": "1", "shori_kekka_meisai_code": ""}
        for name in good:
            number = n(f"処理結果 {name} に番号")
            expect(post(KEKKA, good | {name: number}), 400)
            expect(post(KEKKA, good | {name: int(number)}), 400)
        number = n("処理結果 明細コードの中に番号")
        for code in (
            f"E-{number}",
            f"{number[:4]} {number[4:8]} {number[8:]}",
            f"{number[:4]}-{number[4:8]}-{number[8:]}",
        ):
            expect(post(KEKKA, good | {"shori_kekka_kubun": "9", "shori_kekka_meisai_code": code}), 400)
        expect(post(KEKKA, good | {"kojin_bango": n("処理結果 余分な項目")}), 400)
        expect(post(KEKKA, good | {n("処理結果 キー名に番号"): "x"}), 400)
        broken = b'{"soshin_bango": "%b"' % n("処理結果 JSON でない").encode()
        expect(self.onshi.send("POST", KEKKA, body=broken, headers={"Content-Type": "application/json"}), 400)
        unknown = good | {"soshin_bango": str(uuid4())}
        expect(post(KEKKA, unknown, User_Agent=n("処理結果 知らない送信番号 見出しに番号")), 409)
        for name in HEADERS:
            expect(post(KEKKA, good, **{name: n(f"処理結果 {name} に番号")}), 204)

    def codes(self) -> None:
        """Numbers where 処理通番 and 機関別符号 stand; nothing of it is taken as a code."""
        n, post, expect = self.on.number, self.nws.post, self.on.expect
        tsuban = str(uuid4())
        number = n("符号の受領 符号に番号")
        for value in (number, int(number), [number], f" {number}", f"{number[:4]} {number[4:8]} {number[8:]}"):
            expect(post(FUGO, {"shori_tsuban": tsuban, "kikanbetsu_fugo": value}), 400)
            expect(post(IKKATSU, {"items": [{"shori_tsuban": tsuban, "kikanbetsu_fugo": value}]}), 400)
        good = {"shori_tsuban": tsuban, "kikanbetsu_fugo": "kanaria-no-fugo-de-wa-nai"}
        for entrance, given in (
            ("符号の受領 処理通番に番号", good | {"shori_tsuban": n("符号の受領 処理通番に番号")}),
            ("符号の受領 余分な項目", good | {"kojin_bango": n("符号の受領 余分な項目")}),
            ("符号の受領 キー名に番号", good | {n("符号の受領 キー名に番号"): "x"}),
        ):
            self.on.used.append(entrance)
            expect(post(FUGO, given), 400)
            expect(post(IKKATSU, {"items": [good, given]}), 400)
        expect(post(IKKATSU, {"items": n("符号の受領 一括 並びでない")}), 400)
        expect(post(IKKATSU, {"items": [n("符号の受領 一括 要素が番号")]}), 400)
        for path in (FUGO, IKKATSU):
            broken = b'{"shori_tsuban": "%b"' % n(f"符号の受領 JSON でない {path}").encode()
            expect(self.nws.send("POST", path, body=broken, headers={"Content-Type": "application/json"}), 400)
        for name in HEADERS:
            expect(post(FUGO, good, **{name: n(f"符号の受領 {name} に番号")}), 409)
            expect(post(IKKATSU, {"items": [good]}, **{name: n(f"符号の受領 一括 {name} に番号")}), 200)
