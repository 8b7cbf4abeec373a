"""Canaries through the screens: every field a number could be typed into, right or by mistake."""

from __future__ import annotations

from typing import Any

from tests.builders.canary_entrances import HOKENSHA, TERMINAL_SEND, Entrances
from tests.journeys.clerk import Form, Page

TOROKU = "/shikaku/toroku/"
SEARCH = "/shikaku/kensaku/"
LOG = "/kanri/sosa-rireki/"
# 記号, 番号 and 世帯識別番号 may have twelve digits of their own: nobody can tell them from a number.
OWN_DIGITS = ("hihokenshasho_kigo", "hihokenshasho_bango", "setai_shikibetsu_bango")
REMEMBERED = ("kesu", "seen")
REFUSED = (409, 422)
TYPED = {
    "kihon.kanyusha_kubun_code": "01",
    "kihon.seinengappi": "S55.4.1",
    "kihon.seibetsu1": "2",
    "kihon.shimei_kenmen": "窓口　ひと美",
    "kihon.shimei_kenmen_kana": "マドグチ　ヒトミ",
    "shikaku.hokensha_bango": HOKENSHA,
    "shikaku.hihokenshasho_kigo": "窓",
    "shikaku.hihokenshasho_bango": "101",
    "shikaku.edaban": "00",
    "shikaku.shikaku_shutoku_ymd": "R8.4.1",
    "shikaku.honnin_kazoku_kubun": "1",
}


def own_form(page: Page) -> Form:
    """Return the form that goes to the page's own address."""
    return page.form("/" + page.url.partition("//")[2].partition("/")[2])


def any_form(page: Page) -> Form:
    """Return a form of a page with nothing in it but what every form of the session has."""
    token = next(form.fields["csrfmiddlewaretoken"] for form in page.forms if "csrfmiddlewaretoken" in form.fields)
    return Form(page.url, "post", {"csrfmiddlewaretoken": token})


def first_form(page: Page, ending: str) -> Form:
    """Return the first of the forms that go to an address."""
    return next(form for form in page.forms if form.action.endswith(ending))


class Screens:
    """The 統合専用端末 and the operators' console."""

    def __init__(self, entrances: Entrances) -> None:
        """Use the doors that are open."""
        self.on = entrances
        self.clerk = entrances.clerk

    def all(self) -> None:
        """Go through every screen."""
        self.sign_in()
        self.register()
        person = self.find()
        self.reveal(person)
        self.mistaken_search(person)
        self.change(person)
        self.files()
        self.keep_staff()
        self.look_at_everything()

    # --- HS-201, 202, 203, 205

    def typed(self, number: str, again: str = "", **over: str) -> dict[str, str]:
        """Return a filled-in form."""
        words = {name.replace("__", "."): value for name, value in over.items()}
        return {**TYPED, "kojin_bango": number, "kojin_bango_again": again or number, **words}

    def register(self) -> None:
        """Register: in order, as the card prints it, full-width; with a wrong digit, two different ones, elsewhere."""
        n = self.on.number
        form = self.clerk.open(TOROKU).form(TOROKU)
        number = n("画面 登録")
        check = self.clerk.post(form, self.typed(number))
        assert "/kakunin/" in check.url, check.status
        back = self.clerk.get(check.url.replace("/kakunin/", "/"))
        self._in_all_fields(own_form(back), "登録に戻って")
        check = self.clerk.post(own_form(back), {})
        done = self.clerk.post(check.form("/kakunin/"), {})
        assert "/kanryo/" in done.url, done.status
        self.number = number
        wide = n("画面 登録 全角").translate({ord("0") + d: 0xFF10 + d for d in range(10)})
        card = n("画面 登録 四桁ずつ")
        wrong = self.on.wrong("画面 登録 検査用数字違い")
        for typed in (
            self.typed(wide, shikaku__hihokenshasho_bango="102"),
            self.typed(f"{card[:4]} {card[4:8]} {card[8:]}", shikaku__hihokenshasho_bango="103"),
            self.typed(wrong),
            self.typed(n("画面 登録 一度目"), n("画面 登録 二度目が違う")),
            self.typed(n("画面 登録 一度だけ"), " "),
            self.typed(f"{n('画面 登録 13桁')}1"),
            self.typed(number),
        ):
            self.clerk.post(form, typed)
        self._in_every_field()
        self.clerk.post(form, {n("画面 登録 知らない項目名"): "x"})
        self.clerk.get(f"/shikaku/toroku/?{n('画面 URL の問合せ文字列')}")
        self.clerk.get(f"/shikaku/kanyusha/{n('画面 知らない URL')}/")

    def _in_every_field(self) -> None:
        """A number in each field of the form where none belongs; a field that is wrong does not give it back."""
        form = self.clerk.open(TOROKU).form(TOROKU)
        for name in sorted(form.fields):
            if "." in name and not name.endswith(OWN_DIGITS):
                number = self.on.number(f"画面 登録 {name}")
                self.clerk.post(form, {**self.typed(number, kihon__seibetsu1=""), name: number})

    def _in_all_fields(self, form: Form, where: str) -> None:
        """Numbers in all fields of a form at once, and one in what the page remembers; it is refused."""
        names = sorted(name for name in form.fields if name != "csrfmiddlewaretoken" and not name.endswith(OWN_DIGITS))
        shown = [name for name in names if name not in REMEMBERED]
        remembered = [name for name in names if name in REMEMBERED]
        for some in (shown, *([name] for name in remembered)):
            if some:
                number = self.on.number(f"画面 {where} すべての項目に番号")
                due = REFUSED if some is shown else (200, *REFUSED)
                self.on.expect(self.clerk.post(form, dict.fromkeys(some, number)).status, *due)

    def find(self) -> Page:
        """Find the person by name, as clerks do."""
        search = self.clerk.open(SEARCH)
        found = self.clerk.post(search.form(SEARCH), {"kana": "マドグチ", "bango": "101", "kigo": "窓"})
        links = sorted({link for link in found.links if "/shikaku/kanyusha/" in link})
        assert links, found.status
        return self.clerk.open(links[0])

    def _entered(self, address: str, typed: dict[str, str]) -> None:
        page = self.clerk.open(address)
        check = self.clerk.post(own_form(page), typed)
        if "/kakunin/" in check.url:
            self.clerk.post(check.form("/kakunin/"), {})

    def change(self, person: Page) -> None:
        """Number changed, mended, to one of somebody else; numbers where days belong; the ways to the end."""
        n, shusei = self.on.number, person.link("/shusei/")
        self._of_one_period(person)
        for entrance, kubun in (("画面 番号の変更", "1"), ("画面 番号の訂正", "2")):
            number = n(entrance)
            given = {"koshingo_kojin_bango": number, "koshingo_kojin_bango_again": number}
            self._entered(shusei, {**given, "kojin_bango_koshin_kubun": kubun})
        # E214: the number of somebody else, who was registered by REST.
        taken = self.on.message("画面 他の人の番号", 40)
        assert self.on.door.post("/api/v1/itaku/kanyusha", taken) == 201
        other = taken["kojin_bango"]
        given = {"koshingo_kojin_bango": other, "koshingo_kojin_bango_again": other}
        self._entered(shusei, {**given, "kojin_bango_koshin_kubun": "1"})
        wrong = self.on.wrong("画面 訂正 検査用数字違い")
        self._entered(shusei, {"koshingo_kojin_bango": wrong, "koshingo_kojin_bango_again": wrong})
        for name in ("kihon.jusho", "kihon.shimei_kenmen", "kihon.jusho_henko_ymd"):
            self._entered(shusei, {name: n(f"画面 修正 {name}")})
        self._entered(person.link("/soshitsu/"), {"shikaku.shikaku_soshitsu_ymd": n("画面 喪失日に番号")})
        self._lose_many()
        self._entered(person.link("/torikeshi/"), {"memo": n("画面 取消に余分な項目")})
        self._back_and_forth()

    def _of_one_period(self, person: Page) -> None:
        """The forms of one 資格通番 of a person: in order, and with a number for the 資格通番."""
        n = self.on.number
        for act in ("shusei", "soshitsu", "torikeshi"):
            address = person.link(f"/{act}/")
            page = self.clerk.open(f"{address}1/")
            self._in_all_fields(own_form(page), f"資格通番の{act}")
            self.clerk.post(own_form(page), {"memo": n(f"画面 資格通番の{act} 余分な項目")})
            self.on.expect(self.clerk.get(f"{address}{n(f'画面 資格通番に番号 {act}')}/").status, 404)

    def _back_and_forth(self) -> None:
        """From the check page of each act back to its form, on to the check again and to the end."""
        n, clerk = self.on.number, self.clerk
        taken = self.on.message("画面 行き来する人", 41, kihon={"shimei_kenmen_kana": "イキキ　ハナ"})
        assert self.on.door.post("/api/v1/itaku/kanyusha", taken) == 201
        search = clerk.open(SEARCH)
        found = clerk.post(search.form(SEARCH), {"kana": "イキキ"})
        clerk.post(first_form(found, found.url.partition("/shikaku/")[2]), {"kana": n("画面 検索の絞り込み")})
        person = clerk.open(next(link for link in sorted(found.links) if "/shikaku/kanyusha/" in link))
        at = clerk.post(clerk.open(person.link("/rireki/")).form("/rireki/"), {"on": "R8.5.1"})
        clerk.post(Form(at.url, "post", dict(at.form("/rireki/").fields)), {"on": n("画面 履歴の時点 絞り込み")})
        for act, typed in (
            ("shusei", {"kihon.jusho": "見本町", "kihon.jusho_henko_ymd": "R8.10.1"}),
            ("soshitsu", {"shikaku.shikaku_soshitsu_ymd": "R8.11.1"}),
            ("torikeshi", {}),
        ):
            form = own_form(clerk.open(person.link(f"/{act}/")))
            self._in_all_fields(form, act)
            check = clerk.post(form, typed)
            assert "/kakunin/" in check.url, (act, check.status, check.text[:400])
            back = clerk.open(check.url.replace("/kakunin/", "/"))
            self._in_all_fields(own_form(back), f"{act}に戻って")
            check = clerk.post(own_form(back), {"memo": n(f"画面 {act} 戻って")})
            assert "/kakunin/" in check.url, (act, check.status, check.text[:400])
            clerk.post(check.form("/kakunin/"), {"memo": n(f"画面 {act} 登録")})

    def _lose_many(self) -> None:
        """一括喪失: numbers for rows, a number for the day, then in order."""
        n = self.on.number
        search = self.clerk.open(SEARCH)
        found = self.clerk.post(search.form(SEARCH), {"kana": "マドグチ"})
        form = found.form("/ikkatsu-soshitsu/")
        self.clerk.post(form, {"row": n("画面 一括喪失の行に番号")})
        self.clerk.get(f"/shikaku/ikkatsu-soshitsu/?row={n('画面 一括喪失の問合せ文字列')}")
        rows = [link.rstrip("/").rsplit("/", 1)[-1] for link in found.links if "/shikaku/kanyusha/" in link]
        page = self.clerk.post(form, {"row": rows[-1]})
        entry = own_form(page)
        self.clerk.post(entry, {"shikaku.shikaku_soshitsu_ymd": n("画面 一括喪失の日に番号")})
        check = self.clerk.post(entry, {"shikaku.shikaku_soshitsu_ymd": "R8.11.1"})
        assert "/kakunin/" in check.url, check.status
        self.clerk.post(check.form("/kakunin/"), {})

    # --- HS-101, 102, 103

    def reveal(self, person: Page) -> None:
        """Reveal one number: refused with a number in the note, then in order; that one fragment may show it."""
        form = next(form for form in person.forms if form.action.endswith("/kojin-bango/"))
        typed = {"riyu": "sonota", "memo": f"照合 {self.on.number('画面 表示の補足に番号')}", "password": ""}
        self.clerk.post(form, typed)
        self.clerk.post(form, {**typed, "password": self.on.number("画面 表示のパスワードに番号")})
        note = f"照合 {self.on.number('画面 表示の補足に番号 記録')}"
        shown = self.clerk.reveal(form, {"riyu": "sonota", "memo": note, "password": self.on.password})
        number = self.number
        assert f"{number[:4]} {number[4:8]} {number[8:]}" in shown, "nothing was revealed"

    def mistaken_search(self, person: Page) -> None:
        """Numbers typed into every search."""
        n = self.on.number
        search = self.clerk.open(SEARCH).form(SEARCH)
        for name in ("kana", "kigo", "bango", "edaban", "seinengappi", "jotai"):
            number = n(f"画面 検索 {name}")
            self.clerk.post(search, {name: number})
            self.clerk.post(search, {name: f"{number[:4]}-{number[4:8]}-{number[8:]}"})
        rireki = self.clerk.open(person.link("/rireki/"))
        for name in ("on", "known_on", "known_time"):
            self.clerk.post(rireki.form("/rireki/"), {name: n(f"画面 履歴 {name}")})

    # --- HS-301 to 304

    def files(self) -> None:
        """Send a file, mend one of its lines, discard; a name with a number; the sender's own refused lines."""
        n = self.on.number
        send = self.clerk.open(TERMINAL_SEND).form(TERMINAL_SEND)
        content = self.on.file_bytes("画面 ファイル", 2).encode()
        page = self.clerk.post(send, {}, file=("kanyusha.csv", content))
        page = self._finished(page)
        self.clerk.post(send, {}, file=("kanyusha.csv", content))
        again = self.clerk.post(
            send, {}, file=(f"{n('画面 ファイル名')}.csv", self.on.file_bytes("画面 二", 1).encode())
        )
        self._finished(again)
        self.clerk.post(send, {n("画面 ファイルの項目名"): "x"}, file=("x.csv", b"x"))
        self.clerk.get(page.link("/kekka/"))
        typed_in = n("画面 異常の行の問合せ文字列")
        returned = self.clerk.fetch(f"{page.link('/error/')}?yobun={typed_in}")
        assert self.on.family.found_in(returned), "the sender's own lines are not there"
        assert typed_in.encode() not in returned
        for link in sorted({one for one in page.links if "/error/" in one and one.rstrip("/")[-1].isdigit()}):
            fix = self.clerk.get(link)
            number = n("画面 エラー行の修正")
            form = next(form for form in fix.forms if form.method == "post" and "/error/" in form.action)
            typed = {"kojin_bango": number, "kojin_bango_again": number}
            self.clerk.post(form, {**typed, "kihon.jusho": number, "kihon.seinengappi": number})
            self._in_all_fields(form, "エラー行の修正")
            good: dict[str, Any] = {"shikaku.shikaku_shutoku_ymd": "R8.4.1", "kihon.jusho": ""}
            check = self.clerk.post(form, {**typed, **good})
            if "/error-kakunin/" in check.url:
                self._mended(link, check, {**typed, **good})
        self.clerk.get(f"{page.url}error/{n('画面 エラー行の番号に番号')}/")
        form = first_form(self.clerk.open(again.url), "/haki/")
        self.clerk.post(form, {"riyu": n("画面 破棄 余分な項目")})

    def _mended(self, line: str, check: Page, typed: dict[str, str]) -> None:
        """Go back from the check page to the form, to the check again, and register the line."""
        back = next(link.partition("#")[0] for link in check.links if link.startswith(line) and link != line)
        slip = back.removeprefix(line)
        number = self.on.number("画面 エラー行の修正 番号に番号")
        self.on.expect(self.clerk.get(f"{line.rstrip('/').rpartition('/')[0]}/{number}/{slip}").status, 404)
        form = own_form(self.clerk.open(back))
        self._in_all_fields(form, "エラー行の修正に戻って")
        check = self.clerk.post(form, typed)
        assert "/error-kakunin/" in check.url, (check.status, check.text[:400])
        self.clerk.post(own_form(check), {"memo": self.on.number("画面 エラー行の登録 余分な項目")})

    def _finished(self, page: Page) -> Page:
        def ended() -> bool:
            nonlocal page
            page = self.clerk.open(page.url)
            return any(link.endswith("/kekka/") for link in page.links)

        self.on.stack.wait_until("the file of the screen ends", ended, seconds=60)
        return page

    # --- AU-001, KR-101 to 201, OP

    def sign_in(self) -> None:
        """Numbers in the three fields of the sign-in."""
        login = self.on.stranger()
        form = login.open("/login/").form("/login/")
        for name in ("hokensha_code", "shokuin_id", "password"):
            typed = {"hokensha_code": HOKENSHA, "shokuin_id": "S0009", "password": "x"}
            login.post(form, {**typed, name: self.on.number(f"画面 ログイン {name}")})
        typed = {"hokensha_code": HOKENSHA, "shokuin_id": "S0009", "password": "x"}
        login.post(form, {**typed, "next": f"/{self.on.number('画面 ログインのあとの行き先')}/"})
        login.get(f"/shikaku/kensaku/?{self.on.number('画面 ログイン前の問合せ文字列')}=1")
        login.get(f"/shikaku/kensaku/{self.on.number('画面 ログイン前の URL')}/")
        login.__exit__()

    def keep_staff(self) -> None:
        """Numbers in the form of 職員ID and in the search of the operation log."""
        keeper, n = self.on.keeper, self.on.number
        form = keeper.open("/kanri/shokuin/toroku/").form("/kakunin/")
        for name in ("shimei", "valid_from", "valid_to", "shokuin_id"):
            typed = {"shokuin_id": "S0099", "shimei": "見本　新", "kengen": "shikaku:shokai"}
            keeper.post(form, {**typed, name: n(f"画面 職員 {name}")})
        log = first_form(keeper.open(LOG), LOG)
        for name in ("actor_id", "target", "day_from", "day_to", "kind", "result"):
            keeper.post(log, {name: n(f"画面 操作履歴 {name}")})

    def look_at_everything(self) -> None:
        """Open every list there is, and take the operation log as CSV."""
        for address in ("/home/", "/shikaku/toroku-files/", SEARCH, "/fugo/jotai/"):
            self.clerk.open(address)
        log = first_form(self.on.keeper.open(LOG), LOG)
        self.on.keeper.post(log, {}, at=f"{self.on.stack.web_url}{LOG}csv/")
        self.on.keeper.get("/kanri/shokuin/")
        operator = self.on.operator
        for address in (
            "/unyo/",
            "/unyo/shori/",
            "/unyo/haishin/",
            "/unyo/sosa-kiroku/",
            "/unyo/pmh/",
            "/unyo/pmh/reigai/",
        ):
            operator.open(address)
        retry = f"{self.on.stack.web_url}/unyo/haishin/saishiko/"
        form = any_form(operator.open("/unyo/haishin/"))
        number = self.on.number("画面 配信の再試行 保険者コードに番号")
        self.on.expect(operator.post(form, {"hokensha_code": number}, at=retry).status, 404)
        number = self.on.number("画面 配信の再試行 余分な項目")
        self.on.expect(operator.post(form, {"hokensha_code": HOKENSHA, "riyu": number}, at=retry).status, 200)
        form = first_form(operator.open("/unyo/sosa-kiroku/"), "/unyo/sosa-kiroku/")
        for name in ("target", "terminal", "hokensha_code", "actor_id", "day_from", "day_to", "kind", "result"):
            operator.post(form, {name: self.on.number(f"画面 操作記録 {name}")})
        operator.post(form, {}, at=f"{self.on.stack.web_url}/unyo/sosa-kiroku/csv/")
