"""Canaries through every entrance of a running product, and through the ways it fails there.

Nothing of what is sent is written to a disk of ours: files go out of memory. Every answer is kept, with its headers
and the addresses it led to.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from simulators.client import HubClient
from simulators.client.signing import content_digest
from tests.builders.canary_doors import READS, WRITES, Asked, due_doors, route_of
from tests.builders.canary_family import Family
from tests.builders.lines import NOT_YET, file_text, known, message
from tests.journeys.clerk import Clerk, Form, Page
from tests.support.stack import Stack

HOKENSHA = "06132013"
OTHER = "06140024"
REGISTER = "/api/v1/itaku/kanyusha"
ASK = "/api/v1/shikaku/rireki/kensaku"
FILES = "/api/v1/uketsuke"
TERMINAL_SEND = "/shikaku/toroku-files/soshin/"
ANOTHER_DIGEST = content_digest(b"what was signed")
LOST = (httpx.TransportError,)
ENDED = {"kanryo", "kyohi"}
# What pages read from their query, and a name that none reads.
QUERY_NAMES = ("yobun", "after", "code", "format", "jotai", "kekka", "miru", "naoshita", "saishiko")


@dataclass
class Answers:
    """What the product served: body and headers of every answer, and the addresses it gave."""

    pages: dict[str, bytes] = field(default_factory=dict)
    rest: dict[str, bytes] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)
    headers: list[bytes] = field(default_factory=list)
    addresses: list[bytes] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def keep(self, response: httpx.Response, where: dict[str, bytes]) -> None:
        """Keep one answer and those that led to it; an address that was asked for counts where the product gave it."""
        for one in (*response.history, response):
            one.read()
            place = self.downloads if "attachment" in one.headers.get("content-disposition", "") else where
            place[f"{one.request.method} {len(place)} {one.status_code}"] = one.content
            self.headers += [name + b": " + value for name, value in one.headers.raw]
            self.statuses.append(one.status_code)
            self.asked.append(Asked.of(one))
        if response.history:
            self.addresses.append(str(response.url).encode())


class Strays:
    """A number in an item that nobody asks for, and in the query of a page: once for each route, by whoever gets there.

    What the screens do in order is so done with a number beside it, and every address they lead to is asked for again.
    """

    def __init__(self, number: Callable[[str], str]) -> None:
        """Take numbers from there."""
        self._number = number
        self._left = {(door.route, door.method) for door in due_doors()}

    def item(self, action: str) -> dict[str, str]:
        """Return an item more for a form."""
        return {"yobun": number} if (number := self._taken("余分な項目", WRITES, action)) else {}

    def query(self, address: str) -> str:
        """Return the address with a query more, '' when its route has had one."""
        number = self._taken("問合せ文字列", READS, address)
        address = address.partition("#")[0]
        given = dict.fromkeys(QUERY_NAMES, number) | {"ato": f"{number}.{number}", "next": f"/{number}/"}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}" if number else ""

    def _taken(self, place: str, method: str, address: str) -> str:
        route = route_of(urlsplit(address).path)
        if route is None or (route, method) not in self._left:
            return ""
        self._left.remove((route, method))
        return self._number(f"{place} /{route}")


class RecordedClerk(Clerk):
    """A clerk whose every page is kept."""

    def __init__(self, web_url: str, answers: Answers, strays: Strays) -> None:
        """Keep from the first page on."""
        super().__init__(web_url)
        self._answers = answers
        self._strays = strays

    def get(self, address: str, **headers: str) -> Page:
        """Open an address, whatever the answer."""
        return self._kept(self._http.get(address, headers={k.replace("_", "-"): v for k, v in headers.items()}))

    def _kept(self, response: httpx.Response) -> Page:
        """Keep an answer; a page that was shown is asked for once more with a number in its query."""
        self._answers.keep(response, self._answers.pages)
        shown = response.request.method == "GET" and response.status_code == httpx.codes.OK
        if shown and (again := self._strays.query(str(response.url))):
            self._answers.keep(self._http.get(again), self._answers.pages)
        return Page(response)

    def open(self, address: str) -> Page:
        """Open a page that must be there."""
        page = self.get(address)
        assert page.status == 200, (page.status, page.text[:200])
        return page

    def post(self, form: Form, typed: dict[str, str], *, at: str = "", file: tuple[str, bytes] | None = None) -> Page:
        """Send a form, whatever the answer."""
        files = None if file is None else {"file": (file[0], file[1], "text/csv")}
        where = at or form.action
        more = self._strays.item(where) if file is None else {}
        return self._kept(self._http.post(where, data=form.fields | typed | more, files=files))

    def submit(self, form: Form, typed: dict[str, str], *, file: Path | None = None) -> Page:
        """Send a form as `post` does; files go out of memory."""
        assert file is None
        return self.post(form, typed)

    def reveal(self, form: Form, typed: dict[str, str]) -> str:
        """Return the one fragment that may show a number; its headers are kept, its body is not."""
        response = self._http.post(form.action, data=form.fields | typed)
        self._answers.asked.append(Asked.of(response))
        self._answers.headers += [name + b": " + value for name, value in response.headers.raw]
        return response.text

    def fetch(self, address: str) -> bytes:
        """Return a file without keeping it: the one thing its sender may have back."""
        response = self._http.get(address)
        self._answers.asked.append(Asked.of(response))
        return response.content


class Door:
    """An insurer's own system."""

    def __init__(self, client: HubClient, answers: Answers) -> None:
        """Keep every answer."""
        self.client = client
        self._answers = answers

    def send(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> int:
        """Send bytes as they are; 0 when no answer came."""
        try:
            response = self.client.request(method, path, body=body, headers=headers)
        except LOST:
            return 0
        self._answers.keep(response, self._answers.rest)
        self.last = response
        return response.status_code

    def post(self, path: str, value: object, **headers: str) -> int:
        """Send a JSON message with a fresh Idempotency-Key."""
        given = {"Idempotency-Key": secrets.token_hex(16)} | {k.replace("_", "-"): v for k, v in headers.items()}
        body = json.dumps(value, ensure_ascii=False).encode()
        return self.send("POST", path, body=body, headers={"Content-Type": "application/json", **given})

    def send_file(
        self,
        content: bytes,
        *,
        name: str = "kanyusha.csv",
        part: str = "file",
        key: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> str:
        """Send a file and return its 受付番号, '' when it was not taken."""
        boundary = secrets.token_hex(16)
        given = {"shubetsu": "kanyusha", **(fields or {})}
        texts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{word}"\r\n\r\n{value}\r\n'
            for word, value in given.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        body = "".join([*texts, head, "Content-Type: text/csv\r\n\r\n"]).encode() + content
        status = self.send(
            "POST",
            FILES,
            body=body + f"\r\n--{boundary}--\r\n".encode(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Idempotency-Key": key or secrets.token_hex(16),
            },
        )
        return str(self.last.json()["uketsuke_bango"]) if status == 202 else ""

    def wait(self, bango: str, *, seconds: float = 60) -> dict[str, Any]:
        """Return the last state of a file and fetch its results."""
        deadline = time.monotonic() + seconds
        while True:
            self.send("GET", f"{FILES}/{bango}")
            state: dict[str, Any] = self.last.json()
            if state["jotai"] in ENDED:
                self.send("GET", f"{FILES}/{bango}/kekka")
                return state
            assert time.monotonic() < deadline, state
            time.sleep(0.2)


@dataclass
class Entrances:
    """One product, one family of numbers, all doors."""

    stack: Stack
    family: Family
    answers: Answers = field(default_factory=Answers)
    used: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody has strayed yet."""
        self.strays = Strays(self.number)

    def expect(self, status: int, *due: int) -> None:
        """Note an answer that was not due: the canary would not have gone where its entrance says."""
        if status not in due:
            self.surprises.append(f"{self.used[-1]}: {status}, not {due}")

    def number(self, entrance: str) -> str:
        """Return a number for an entrance."""
        self.used.append(entrance)
        return self.family.take(entrance)

    def wrong(self, entrance: str) -> str:
        """Return a number with a wrong check digit for an entrance."""
        self.used.append(entrance)
        return self.family.take_wrong(entrance)

    def open_doors(self) -> None:
        """Register two insurers, their systems, a clerk, an administrator and an operator."""
        stack = self.stack
        for code, name in ((HOKENSHA, "見本健康保険組合"), (OTHER, "別見本健康保険組合")):
            stack.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho=name)
        self.door, self.other = (Door(stack.hub_client("hokensha", code), self.answers) for code in (HOKENSHA, OTHER))
        rights = "shikaku:shokai,shikaku:koshin"
        stack.register_shokuin(HOKENSHA, "S0001", kengen=rights, kojin_bango="shikaku")
        self.password = stack.register_shokuin(HOKENSHA, "K0001", kengen="all")
        stack.command(
            *("register_shokuin", "--soshiki", "shiharai_kikin", "--id", "SK900", "--shimei", "見本　運用"),
            *("--password-stdin", "--kengen", "all"),
            stdin=f"{self.password}\n",
        )
        self.clerk = self._signed_in(HOKENSHA, "S0001")
        self.keeper = self._signed_in(HOKENSHA, "K0001")
        self.operator = self._signed_in("", "SK900")

    def close(self) -> None:
        """Close the lines."""
        for one in (self.clerk, self.keeper, self.operator):
            one.__exit__()
        for door in (self.door, self.other):
            door.client.close()

    def stranger(self) -> RecordedClerk:
        """Return a browser that nobody has signed in with."""
        return RecordedClerk(self.stack.web_url, self.answers, self.strays)

    def _signed_in(self, hokensha: str, shokuin_id: str) -> RecordedClerk:
        clerk = RecordedClerk(self.stack.web_url, self.answers, self.strays)
        clerk.sign_in(hokensha, shokuin_id, self.password)
        return clerk

    # --- REST

    def message(self, entrance: str, n: int, **over: Any) -> dict[str, Any]:
        """Return a 新規取得 with a canary."""
        return message(n, kojin_bango=self.number(entrance), **over)

    def rest_messages(self) -> None:
        """One person a message: registered, changed, refused for every reason, mistyped."""
        post, n = self.door.post, self.number
        first = self.message("REST 新規取得", 1)
        self.expect(post(REGISTER, first, Idempotency_Key="canary-1"), 201)
        self.expect(post(REGISTER, first, Idempotency_Key="canary-1"), 201)
        again = self.message("REST 同じ鍵で別の内容", 2)
        self.expect(post(REGISTER, again, Idempotency_Key="canary-1"), 409, 422)
        second = self.message("REST 二人目", 2)
        self.expect(post(REGISTER, second), 201)
        held = second["kojin_bango"]
        change: dict[str, Any] = {"edaban": 1, "kojin_bango_koshin_kubun": "1"}
        self.expect(post(REGISTER, known("03", koshingo_kojin_bango=held, **change)), 422)  # E214
        self.expect(post(REGISTER, known("03", koshingo_kojin_bango=n("REST 変更"), **change)), 200)
        teisei = change | {"kojin_bango_koshin_kubun": "2"}
        self.expect(post(REGISTER, known("03", koshingo_kojin_bango=n("REST 訂正"), **teisei)), 200)
        wrong = self.wrong("REST 訂正 検査用数字違い")
        self.expect(post(REGISTER, known("03", koshingo_kojin_bango=wrong, **teisei)), 422)
        self.expect(post(REGISTER, message(3, kojin_bango=self.wrong("REST 検査用数字違い"))), 422)
        self.expect(post(REGISTER, self.message("REST 未来の取得日", 4, shikaku={"shikaku_shutoku_ymd": NOT_YET})), 422)
        self.expect(self.other.post(REGISTER, self.message("REST 他人の委託区画", 5)), 422)
        for place, key in (("kihon", "jusho"), ("kihon", "shimei_kenmen"), ("kihon", "yubin_bango"),
                           ("kihon", "seinengappi"), ("shikaku", "edaban"), ("shikaku", "shikaku_shutoku_ymd"),
                           ("kihon", "seibetsu1"), ("shikaku", "hokensha_bango")):  # fmt: skip
            number = n(f"REST {place}/{key} に番号")
            over: dict[str, Any] = {place: {key: number}}
            self.expect(post(REGISTER, message(6, kojin_bango=number, **over)), 400, 422)
        number = n("REST キー名に番号")
        self.expect(post(REGISTER, {number: "x"}), 400, 422)
        self.expect(post(REGISTER, message(7, kojin_bango=number) | {"kihon": {number: number}}), 400, 422)
        self.expect(post(REGISTER, message(7) | {"kojin_bango": int(n("REST 番号が数値"))}), 400, 422)
        self.expect(post(REGISTER, message(7) | {"kojin_bango": [n("REST 番号が配列")]}), 400, 422)
        self.expect(post(REGISTER, message(7) | {"hokensha_code": n("REST 保険者コードに番号")}), 400, 422)
        card = n("REST 空白入り")
        self.expect(post(REGISTER, message(7) | {"kojin_bango": f"{card[:4]} {card[4:8]} {card[8:]}"}), 400, 422)
        self.expect(post(REGISTER, message(7, kihon={"jusho": f"番地 {card[:4]}-{card[4:8]}-{card[8:]}"})), 400, 422)

    def rest_bytes(self) -> None:
        """What is no message at all, and numbers where no number belongs."""
        send, n = self.door.send, self.number
        head = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        for entrance, body in (
            ("REST JSON でない", b'{"kojin_bango": "%b"'),
            ("REST UTF-8 でない", b'{"kojin_bango": "%b", "x": "\xff\xfe"}'),
            ("REST 同じキー二度", b'{"kojin_bango": "%b", "kojin_bango": "x"}'),
        ):
            self.expect(send("POST", REGISTER, body=body % n(entrance).encode(), headers=head), 400, 422)
        text = json.dumps(self.message("REST Content-Type 違い", 8)).encode()
        self.expect(send("POST", REGISTER, body=text, headers=head | {"Content-Type": "text/plain"}), 400, 415, 422)
        self.expect(send("PUT", REGISTER, body=text, headers=head), 405)
        key = n("REST Idempotency-Key に番号")
        self.door.post(REGISTER, self.message("REST 鍵が番号", 9), Idempotency_Key=key)
        for name in ("If_Match", "X_Request_ID", "Chukan_Sosasha", "User_Agent"):
            self.door.post(REGISTER, known("03", edaban=1), **{name: n(f"REST {name} に番号")})
        for path in (
            f"{FILES}/{n('REST URL に番号')}",
            f"{FILES}/{n('REST 結果の URL に番号')}/kekka",
            f"/api/v1/{n('REST 知らない URL')}",
            f"{FILES}?bango={n('REST 問合せ文字列')}",
        ):
            self.expect(send("GET", path), 400, 404, 405)
        self._tampered()

    def _tampered(self) -> None:
        """A body that is not the signed one."""
        body = json.dumps(self.message("REST 署名と違う本文", 10)).encode()
        client = self.door.client
        url = self.stack.web_url + REGISTER
        given = {"Content-Type": "application/json", "Idempotency-Key": "canary-t"}
        signed = client._signer.headers_for(method="POST", url=url, headers=given, digest=ANOTHER_DIGEST)
        self.answers.keep(httpx.post(url, content=body, headers=signed, trust_env=False), self.answers.rest)

    def rest_questions(self) -> None:
        """Questions by number: found, not found, mistyped."""
        post, n = self.door.post, self.number
        held = self.message("REST 照会 見つかる", 11)
        self.expect(post(REGISTER, held), 201)
        self.expect(post(ASK, {"kojin_bango": held["kojin_bango"]}), 200)
        self.expect(post(ASK, {"kojin_bango": n("REST 照会 見つからない")}), 404)
        self.expect(self.other.post(ASK, {"kojin_bango": held["kojin_bango"]}), 404)
        self.expect(post(ASK, {"kojin_bango": self.wrong("REST 照会 検査用数字違い")}), 400, 404, 422)
        for key in ("hihokensha_edaban", "on", "known_at"):
            number = n(f"REST 照会 {key} に番号")
            self.expect(post(ASK, {"kojin_bango": number, key: number}), 400)
            self.expect(post(ASK, {"hihokensha_edaban": "0000000001", key: number}), 400)
        self.expect(post(ASK, {n("REST 照会 知らないキー"): "x"}), 400)

    # --- files

    def file_bytes(self, entrance: str, count: int) -> str:
        """Return a file of good lines and of one line of each kind that is refused."""
        # Each line is of a card of its own: one that is taken would be refused before it is written.
        first = 1_000 + len(self.family.names)
        bodies = [message(first + n, kojin_bango=self.number(entrance)) for n in range(count)]
        refused: tuple[dict[str, Any], ...] = (
            {"shikaku": {"shikaku_shutoku_ymd": NOT_YET}},
            {"shori_shubetsu_code": "99"},
            {"hokensha_code": OTHER},
            {"kihon": {"seinengappi": "1999-99-99"}},
        )
        for n, over in enumerate(refused):
            bodies.append(message(first + count + n, kojin_bango=self.number(f"{entrance} 異常の行"), **over))
        bodies.append(message(first + count + 10, kojin_bango=self.wrong(f"{entrance} 検査用数字違い")))
        inside = self.number(f"{entrance} 住所に番号")
        bodies.append(message(first + count + 11, kojin_bango=inside, kihon={"jusho": inside}))
        bodies.append(message(first + count + 12, kojin_bango=inside, shikaku={"edaban": inside}))
        text = file_text(bodies)
        rows = text.splitlines()
        shifted, quoted = self.number(f"{entrance} 列ずれ"), self.number(f"{entrance} 閉じない引用符")
        return "\r\n".join([*rows, f"01,{shifted}", f",{rows[1]}", f'01,"{quoted}', ""])

    def rest_files(self, *, lines: int) -> None:
        """Files over REST: good, refused in part, refused as a whole, cut off, sent twice."""
        door, n = self.door, self.number
        good = self.file_bytes("ファイル UTF-8", lines)
        bango = door.send_file(good.encode(), key="canary-file")
        assert door.wait(bango)["ijo"] >= 8
        for path in (f"{FILES}/{bango}", f"{FILES}/{bango}/kekka"):
            self.expect(door.send("GET", f"{path}?yobun={n(f'問合せ文字列 {path}')}"), 200)
        assert door.send_file(good.encode()) == ""  # the same again
        assert door.send_file(self.file_bytes("ファイル 同じ鍵", 1).encode(), key="canary-file") == ""
        for entrance, coded in (
            ("ファイル CP932", lambda text: text.encode("cp932")),
            ("ファイル BOM", lambda text: text.encode("utf-8-sig")),
            ("ファイル UTF-16", lambda text: text.encode("utf-16")),
            ("ファイル gzip", lambda text: gzip.compress(text.encode())),
            ("ファイル gzip 途中まで", lambda text: gzip.compress(text.encode())[:-20]),
            ("ファイル 文字コード混在", lambda text: text.encode().replace("花".encode(), b"\x89\xd4", 3)),
            ("ファイル 見出しなし", lambda text: "\r\n".join(text.splitlines()[1:]).encode()),
            ("ファイル 全部引用符", lambda text: ('"' + text.replace("\r\n", '"\r\n"')).encode()),
        ):
            self._sent(coded, entrance)
        header = file_text([message(1)]).splitlines()[0]
        number = n("ファイル 見出しに番号")
        self._wait(door.send_file(f"{header},{number}\r\n{number}\r\n".encode()))
        self._wait(door.send_file(f"{number}\r\n".encode()))
        name = f"{n('ファイル名に番号')}.csv"
        self._wait(door.send_file(self.file_bytes("ファイル 名前に番号", 1).encode(), name=name))
        assert door.send_file(b"x", part=n("ファイル 部品名に番号")) == ""
        assert door.send_file(b"x", fields={n("ファイル 項目名に番号"): "x"}) == ""
        assert door.send_file(b"x", fields={"shubetsu": n("ファイル 種別に番号")}) == ""
        self._cut_off()

    def _sent(self, coded: Callable[[str], bytes], entrance: str) -> None:
        self._wait(self.door.send_file(coded(self.file_bytes(entrance, 2))))

    def _wait(self, bango: str) -> None:
        if bango:
            self.door.wait(bango)

    def _cut_off(self) -> None:
        """A caller that hangs up in the middle of a file."""
        text = self.file_bytes("ファイル 途中で切れる", 2).encode()
        boundary = secrets.token_hex(8)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'.encode()
        url = self.stack.web_url + FILES
        given = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(text) * 100),
            "Idempotency-Key": "canary-cut",
        }
        signed = self.door.client._signer.headers_for(method="POST", url=url, headers=given, digest=ANOTHER_DIGEST)
        request = b"POST " + FILES.encode() + b" HTTP/1.1\r\n"
        host = self.stack.web_url.removeprefix("http://")
        lines = [f"{name}: {value}".encode() for name, value in {"Host": host, **signed}.items()]
        with socket.create_connection(("127.0.0.1", self.stack.stage.port)) as line:
            line.sendall(request + b"\r\n".join(lines) + b"\r\n\r\n" + head + text)

    # --- what fails under the hand

    def in_front_of_a_lock(self, work: Callable[[], object], then: Callable[[], None]) -> None:
        """Begin a piece of work, wait until the database keeps it waiting in the middle, and do something to it."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with self.stack.admin() as admin:
            admin.autocommit = False
            admin.execute("LOCK TABLE shikaku_rireki IN EXCLUSIVE MODE")
            worker = threading.Thread(target=work, daemon=True)
            worker.start()
            self.stack.wait_until("it waits", lambda: self.stack.count(waiting) > 0, seconds=30, pause=0.05)
            then()
            admin.rollback()
        worker.join(timeout=60)

    def killed_worker(self) -> None:
        """A worker that aborts in the middle of a file, as a crash would; the file is worked through afterwards."""
        bango = ""

        def send() -> None:
            nonlocal bango
            bango = self.door.send_file(self.file_bytes("ファイル 処理中に落ちる", 3).encode())

        # SIGABRT asks for a core file where the system writes any.
        self.in_front_of_a_lock(send, lambda: self.stack.send_signal("worker_bulk", signal.SIGABRT))
        assert bango
        with self.stack.admin() as admin:  # nobody waits for the dead worker's lease to run out
            admin.execute("UPDATE uketsuke_uketsuke SET lease_until = now() WHERE lease_until IS NOT NULL")
        assert self.door.wait(bango, seconds=120)["jotai"] == "kanryo"

    def killed_web(self) -> None:
        """A web process that dies with a registration in hand, and one whose database session is cut."""
        body = self.message("REST 処理中に web が落ちる", 30)
        self.in_front_of_a_lock(lambda: self.door.post(REGISTER, body), self._abort_web)
        self.stack.wait_until("the web answers again", self.stack.is_ready, seconds=60)
        cut = self.message("REST 処理中に DB が切れる", 31)
        self.in_front_of_a_lock(lambda: self.door.post(REGISTER, cut), self._cut_sessions)
        self.stack.wait_until("the web answers", self.stack.is_ready, seconds=60)

    def _abort_web(self) -> None:
        """Abort the processes that have requests in hand; gunicorn's master, which has none, starts others."""
        master = self.stack.pid("web")
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        assert children
        for child in children:
            os.kill(int(child), signal.SIGABRT)

    def _cut_sessions(self) -> None:
        cut = self.stack.count(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND usename = 'chukan_web'"
        )
        assert cut > 0
