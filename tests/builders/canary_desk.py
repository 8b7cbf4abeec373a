"""Canaries at the desk of operators: authenticators, 依頼 and 承認, re-issue lists, the sending of files.

A number typed into a reason, a comment, the name of an authenticator or an id is refused and not given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.builders.canary_entrances import HOKENSHA, Entrances
from tests.journeys.clerk import Form, Page
from tests.journeys.kikin_desk import IRAI_NO_KAKUNIN, TACHIAISHA, Operator, Shokuin
from tests.support.stack import PASSWORD, Stack

NINSHOKI, KENGEN, BAITAI = "/seitai/ninshoki/", "/unyo/irai/kengen/", "/unyo/irai/baitai/"
SAIHAKKO, JOKYO = "/unyo/fugo/saihakko/", "/unyo/fugo/jokyo/"
REASON = "試験の担当者にするため"


class RecordedOperator(Operator):
    """One at the desk whose every page is kept, with a number beside what is done in order."""

    def __init__(self, stack: Stack, person: Shokuin, entrances: Entrances) -> None:
        """Sign in."""
        self._strays = entrances.strays
        super().__init__(stack, person)

    def open(self, address: str) -> Page:
        """Open a page, after it was asked for with a number in its query."""
        if again := self._strays.query(address):
            self._http.get(again)
        return super().open(address)

    def submit(self, form: Form, typed: dict[str, str], *, file: Path | None = None) -> Page:
        """Send a form with an item more, and ask for the page it led to with a number in its query."""
        after = super().submit(form, typed | self._strays.item(form.action), file=file)
        if again := self._strays.query(after.url):
            self._http.get(again)
        return after


class Vendor(RecordedOperator):
    """One of 運用保守事業者, who signs in by 生体認証 and registers the first authenticator while doing so."""

    def __init__(self, stack: Stack, person: Shokuin, entrances: Entrances) -> None:
        """Sign in, with numbers on the way."""
        self._on = entrances
        super().__init__(stack, person, entrances)

    def sign_in(self, hokensha_code: str, shokuin_id: str, password: str) -> Page:
        """Go from the password over the first authenticator to the screens."""
        typed = {"hokensha_code": hokensha_code, "shokuin_id": shokuin_id, "password": password}
        first = self.submit(self.open("/login/").form("/login/"), typed)
        made = registered_by(self, first.form("/login/seitai/toroku/"), self._on)
        asked = self.confirm(made, {"meisho": "試験の認証器"})
        for name, text in (("answer", "{}"), ("challenge_id", "{}"), ("next", "/{}/")):
            number = self._on.number(f"生体認証ログイン {name} に番号")
            asked = self.submit(asked.form("/login/seitai/kakunin/"), {name: text.format(number)})
            self._on.expect(asked.status, 422)
        after = self.confirm(asked)
        assert "/login" not in after.url, after.text[:600]
        return after


def registered_by(person: Operator, form: Form, on: Entrances) -> Page:
    """Return the page that makes a key, after numbers for those present, for the answer and for the key's name."""
    good = dict[str, str]()
    for number, name in enumerate(TACHIAISHA, start=1):
        good |= {f"witness_{number}": name, f"witness_{number}_password": PASSWORD}
    for name in good:
        on.expect(person.submit(form, good | {name: on.number(f"認証器の登録 {name} に番号")}).status, 422)
    named = person.confirm(person.submit(form, good), {"meisho": on.number("認証器の呼び名に番号")})
    on.expect(named.status, 422)
    for name in ("challenge_id", "answer"):
        asked = next(one for one in person.submit(form, good).forms if "seitai" in one.data)
        on.expect(person.submit(asked, {"meisho": "x", name: on.number(f"認証器の登録 {name} に番号")}).status, 422)
    return person.submit(form, good)


class Desk:
    """The people of the desk beside the one who sends, over one product with its family of numbers."""

    def __init__(self, entrances: Entrances) -> None:
        """Nobody is there yet."""
        self.on = entrances
        self.people: list[RecordedOperator] = []

    def made(self, stack: Stack, person: Shokuin) -> RecordedOperator:
        """Seat a person at a browser whose pages are kept."""
        self.people.append(RecordedOperator(stack, person, self.on))
        return self.people[-1]

    def _seated(self, shokuin_id: str, kengen: str) -> RecordedOperator:
        return self.made(self.on.stack, Shokuin.registered(self.on.stack, shokuin_id, kengen=kengen))

    def keep(self) -> None:
        """Keep every page these people were shown."""
        for one in self.people:
            one.__exit__()
            for answer in one.answers:
                self.on.answers.keep(answer, self.on.answers.pages)

    def before_sending(self, sender: Operator, files: Sequence[str]) -> None:
        """Everything that needs no code; then the files themselves."""
        self.approves = self._seated("SK604", "shonin:shokai,shonin:koshin")
        self.authenticators(self.approves)
        self.permissions()
        self.vendor()
        self.searches(sender)
        self.mistaken_sending(sender, files[0])

    def _refused(self, person: Operator, form: Form, good: dict[str, str], names: Iterable[str], where: str) -> None:
        """Send a form once for each of its items with a number there; nothing of it is taken."""
        for name in names:
            number = self.on.number(f"{where} {name} に番号")
            self.on.expect(person.submit(form, good | {name: number}).status, 422)

    def authenticators(self, person: Operator) -> None:
        """The own authenticators: registered and tried out, with numbers in between."""
        made = registered_by(person, person.open(NINSHOKI).form("/seitai/ninshoki/toroku/"), self.on)
        person.confirm(made, {"meisho": "試験の認証器"})
        asked = person.submit(person.open(NINSHOKI).form("/tameshi/"), {})
        for name in ("challenge_id", "answer"):
            self._refused(person, asked.form("/tameshi/kanryo/"), {}, [name], "認証器の確かめ")
            asked = person.submit(person.open(NINSHOKI).form("/tameshi/"), {})
        person.confirm(asked)

    def permissions(self) -> None:
        """AP-101 to 103: a right asked for, taken back, sent back, given; numbers in every item and every comment."""
        asks = self._seated("SK603", "shonin:shokai")
        holder = Shokuin.registered(self.on.stack, "SK605", kengen="shonin:shokai")
        form = asks.open(KENGEN).form(KENGEN)
        good = {"shokuin_id": holder.shokuin_id, "jimu": "fugo", "action": "koshin", "riyu": REASON}
        self._refused(asks, form, good, (*good, "kigen"), "権限の依頼")
        card = self.on.number("権限の依頼 理由に四桁ずつ")
        for reason in (f"照合 {card[:4]} {card[4:8]} {card[8:]}", f"照合 {card[:4]}－{card[4:8]}－{card[8:]} の件"):
            self.on.expect(asks.submit(form, good | {"riyu": reason}).status, 422)
        asks.submit(form, good)
        taken_back = next(one for one in asks.open("/unyo/irai/").forms if one.action.endswith("/torisage/"))
        asks.submit(taken_back, {"riyu": self.on.number("依頼の取下げ 余分な項目")})
        asks.submit(form, good)
        self._sent_back()
        for action in ("shokai", "koshin"):
            asks.submit(form, good | {"action": action})
            self.approves.approve_next()
        self.holds = self.made(self.on.stack, holder)
        form = self.holds.open(BAITAI).form(BAITAI)
        good = {"baitai_id": "USB-CK1", "shurui": "usb", "riyu": REASON}
        self._refused(self.holds, form, good, (*good, "kigen"), "媒体の依頼")
        after = self.holds.submit(form, good)
        assert after.url.endswith("/unyo/irai/"), after.text[:600]

    def _sent_back(self) -> None:
        first = next(link for link in self.approves.open("/unyo/shonin/").links if IRAI_NO_KAKUNIN.search(link))
        agree = self.approves.open(first).form("/shonin/")
        reject = Form(f"{agree.action.removesuffix('shonin/')}sashimodoshi/", "post", dict(agree.fields))
        self._refused(self.approves, agree, {}, ["comment"], "承認")
        asked = self.approves.submit(agree, {"ninzu": self.on.number("承認 対象者数に番号")})
        for name in ("challenge_id", "answer", "comment"):
            confirming = next((one for one in asked.forms if "seitai" in one.data), agree)
            self._refused(self.approves, confirming, {}, [name], "承認の生体認証")
            asked = self.approves.submit(agree, {})
        self._refused(self.approves, reject, {}, ["comment"], "差戻し")
        number = self.on.number("差戻し 理由の途中に番号")
        self.on.expect(self.approves.submit(reject, {"comment": f"番号{number}の件"}).status, 422)
        after = self.approves.submit(reject, {"comment": "対象の職員が違う", "ninzu": self.on.number("差戻し 正")})
        assert "差し戻しました。" in after.text, after.text[:600]

    def vendor(self) -> None:
        """Somebody of 運用保守事業者 signs in."""
        told = self.on.stack.command(
            *("register_shokuin", "--soshiki", "unyo_hoshu", "--id", "UH901", "--shimei", "試験　保守"),
            *("--password-stdin", "--kengen", "unyo:shokai"),
            stdin=f"{PASSWORD}\n",
        )
        assert told == {"shokuin_id": "UH901"}
        self.people.append(Vendor(self.on.stack, Shokuin("UH901", PASSWORD), self.on))

    def searches(self, sender: Operator) -> None:
        """KA-102: numbers for a 処理通番 or a 受付番号, as the card prints them too, and in the address."""
        form = sender.open(JOKYO).form(JOKYO)
        number = self.on.number("符号取得の状況 番号の検索")
        wide = number.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
        for typed in (number, f"{number[:4]} {number[4:8]} {number[8:]}", wide, f"受付 {number}"):
            self.on.expect(sender.submit(form, {"bango": typed}).status, 422)
        address = f"{JOKYO}uketsuke/{self.on.number('符号取得の状況 URL に番号')}/"
        self.on.expect(sender.try_open(address).status, 404)

    def mistaken_sending(self, sender: Operator, file_id: str) -> None:
        """IP-101: numbers for the question and for its answer; the file stays where it is."""
        for name in ("challenge_id", "answer"):
            asked = sender.choose(file_id)
            self._refused(
                sender, next(one for one in asked.forms if "seitai" in one.data), {}, [name], "送信の生体認証"
            )

    def after_sending(self) -> None:
        """KA-201, 202: a list registered, asked for by a number, taken back; then an authenticator ended."""
        holds = self.holds
        form = holds.open(SAIHAKKO).form("/toroku/")
        good = {"genin": "kitaika", "reason": "符号の漏えいが確認されたため", "hokensha_code": HOKENSHA}
        self._refused(holds, form, good, (*good, "issued_from", "issued_to", "shori_tsuban"), "再発行リスト")
        card = self.on.number("再発行リスト 理由に四桁ずつ")
        self.on.expect(holds.submit(form, good | {"reason": f"{card[:4]}-{card[4:8]}-{card[8:]}"}).status, 422)
        shown = holds.submit(form, good)
        assert shown.url.rstrip("/") != f"{self.on.stack.stage.web_url}{SAIHAKKO}".rstrip("/"), shown.text[:600]
        bare = {"csrfmiddlewaretoken": form.fields["csrfmiddlewaretoken"]}
        for act, name, due in (
            ("irai", "baitai_id", 422),
            ("jikko", "baitai_id", 403),
            ("kakidashi", "baitai_id", 403),
            ("kakidashi", "mokuteki", 400),
            ("kakunin", "riyu", 409),
            ("torikeshi", "riyu", 200),
        ):
            typed = {"mokuteki": "saishutoku_taishosha", name: self.on.number(f"再発行の{act} {name} に番号")}
            self.on.expect(holds.submit(Form(f"{shown.url}{act}/", "post", dict(bare)), typed).status, due)
        ended = next(one for one in self.approves.open(NINSHOKI).forms if one.action.endswith("/shuryo/"))
        self.approves.submit(ended, {"riyu": self.on.number("認証器の終了 余分な項目")})

    def look_around(self, sender: Operator, file_id: str) -> None:
        """Open every screen of the desk, as the sender of a file does."""
        with self.on.stack.admin() as admin:
            query = "SELECT shori_tsuban::text FROM fugo_shutoku_yokyu WHERE yokyu_file_id = %s LIMIT 1"
            ((shori_tsuban,),) = admin.execute(query, [file_id]).fetchall()
            taken = "SELECT uketsuke_bango FROM uketsuke_uketsuke WHERE hokensha_code = %s LIMIT 1"
            ((uketsuke_bango,),) = admin.execute(taken, [HOKENSHA]).fetchall()
        sender.look_around(file_id, shori_tsuban)
        sender.open(f"{JOKYO}uketsuke/{uketsuke_bango}/")
