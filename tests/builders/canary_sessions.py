"""Canaries into what stands around the screens: locks, passwords, a held file, the staff's own pages."""

from __future__ import annotations

from tests.builders.canary_entrances import HOKENSHA, OTHER, REGISTER, Entrances, RecordedClerk
from tests.builders.canary_screens import any_form
from tests.builders.lines import file_text, known, message
from tests.journeys.clerk import Page

SCREEN = "/shikaku/kensaku/"
HELD = "SELECT id::text FROM uketsuke_uketsuke WHERE state = 'horyu' ORDER BY accepted_at DESC"
HEADERS = ("X_Request_ID", "User_Agent", "Referer", "HX_PTag", "Accept_Language", "X_Forwarded_For")
NEW_PASSWORD = "betsu-no-aikotoba-2026-kumo"


class Sessions:
    """One clerk who locks, unlocks, changes the password and leaves; two who keep staff."""

    def __init__(self, entrances: Entrances) -> None:
        """Use the doors that are open."""
        self.on = entrances

    def all(self) -> None:
        """Go through all of it."""
        self.headers()
        self.lock()
        self.staff()
        self.held_file()

    def _signed_in(self, hokensha: str, shokuin_id: str, kengen: str) -> RecordedClerk:
        self.on.stack.register_shokuin(hokensha, shokuin_id, kengen=kengen)
        clerk = self.on.stranger()
        clerk.sign_in(hokensha, shokuin_id, self.on.password)
        return clerk

    def headers(self) -> None:
        """Numbers in what a browser sends beside the address, signed in and not."""
        n, clerk, stranger = self.on.number, self.on.clerk, self.on.stranger()
        for name in HEADERS:
            self.on.expect(clerk.get(SCREEN, **{name: n(f"画面 見出し {name} に番号")}).status, 200)
            self.on.expect(stranger.get("/login/", **{name: n(f"画面 ログイン 見出し {name} に番号")}).status, 200)
        for cookie in ("chukan", "csrftoken", "yobun"):
            given = {"Cookie": f"{cookie}={n(f'画面 ログイン Cookie {cookie} に番号')}"}
            self.on.expect(stranger.get(SCREEN, **given).status, 200)
        stranger.__exit__()

    def lock(self) -> None:
        """Numbers where the password stands, and in the address that a locked session asks for."""
        n, expect, right = self.on.number, self.on.expect, self.on.password
        clerk = self._signed_in(HOKENSHA, "S0002", "shikaku:shokai")
        url = self.on.stack.web_url
        form = any_form(clerk.open(SCREEN))

        def post(path: str, typed: dict[str, str]) -> Page:
            return clerk.post(form, typed, at=f"{url}{path}")

        expect(post("/session/keepalive/", {"next": n("画面 操作の継続")}).status, 204)
        expect(post("/session/confirm/", {"password": n("画面 本人確認のパスワードに番号")}).status, 422)
        expect(post("/lock/", {"next": n("画面 ロック")}).status, 204)
        for address in (f"/shikaku/toroku-files/?ato={n('画面 ロック中の問合せ文字列')}",
                        f"/unyo/fugo/jokyo/uketsuke/{n('画面 ロック中の URL')}/",
                        f"/lock/page/?next=/{n('画面 ロック中の行き先')}/"):  # fmt: skip
            expect(clerk.get(address).status, 423)
        expect(post(SCREEN, {"kana": n("画面 ロック中の検索")}).status, 423)
        for typed in (
            {"password": n("画面 ロック解除のパスワードに番号")},
            {"password": "x", "next": f"/shikaku/kanyusha/{n('画面 ロック解除の行き先に番号')}/"},
        ):
            expect(post("/unlock/", typed).status, 422)
        expect(post("/unlock/", {"password": right, "next": f"/{n('画面 ロック解除の行き先に番号 正')}/"}).status, 200)
        expect(post("/session/confirm/", {"password": right, "next": n("画面 本人確認 正")}).status, 204)
        expect(clerk.get(f"/lock/page/?next=/{n('画面 ロックのあとの行き先')}/").status, 200)
        clerk.get(f"/?yobun={n('画面 最初の頁の問合せ文字列')}")
        form = clerk.open("/password/").form("/password/")
        typed = {"current": right, "new": NEW_PASSWORD, "repeated": NEW_PASSWORD}
        for name in typed:
            expect(clerk.post(form, {**typed, name: n(f"画面 パスワード変更 {name} に番号")}).status, 422)
        number = n("画面 新しいパスワードに番号だけ")
        expect(clerk.post(form, {**typed, "new": number, "repeated": number}).status, 422)
        expect(clerk.post(form, {**typed, "next": n("画面 パスワード変更 正")}).status, 200)
        form = any_form(clerk.open(SCREEN))
        expect(post("/logout/", {"next": f"/{n('画面 ログアウト')}/"}).status, 200)
        clerk.__exit__()

    def staff(self) -> None:
        """A member of staff registered and changed: numbers where the password and the items stand."""
        keeper, n, expect = self.on.keeper, self.on.number, self.on.expect
        form = keeper.open("/kanri/shokuin/toroku/").form("/kakunin/")
        check = keeper.post(form, {"shokuin_id": "S0098", "shimei": "見本　新", "kengen": "shikaku:shokai"})
        self._confirmed(check, "登録")
        # In the order of 職員ID: the one just registered comes last, and nobody's rights change who is needed later.
        changing = [link for link in keeper.open("/kanri/shokuin/").links if link.endswith("/henko/")][-1]
        form = keeper.open(changing).form("/henko/kakunin/")
        for name in ("shimei", "valid_from", "valid_to"):
            expect(keeper.post(form, {name: n(f"画面 職員の変更 {name}")}).status, 422)
        self._confirmed(keeper.post(form, {"shimei": "見本　改"}), "変更")

    def _confirmed(self, check: Page, what: str) -> None:
        """Go back and forth once, then store: by a number for the password first, then by the password."""
        keeper, n, expect = self.on.keeper, self.on.number, self.on.expect
        assert "/kanri/shokuin/kakunin/" in check.url, (check.status, check.text[:400])
        keeper.open(check.url.replace("/kakunin/", "/naosu/"))
        form = next(form for form in check.forms if "password" in form.fields)
        expect(keeper.post(form, {"password": n(f"画面 職員の{what} パスワードに番号")}).status, 422)
        done = keeper.post(form, {"password": self.on.password, "memo": n(f"画面 職員の{what} 余分な項目")})
        assert "/kanryo/" in done.url, (done.status, done.text[:400])

    def held_file(self) -> None:
        """A file that would take everybody away: numbers for the password, then taken back; another one goes on."""
        n, expect, right = self.on.number, self.on.expect, self.on.password
        for serial in (60, 61):
            body = message(serial, hokensha=OTHER, kojin_bango=n("REST 保留になるファイルの加入者"))
            expect(self.on.other.post(REGISTER, body), 201)
        keeper = self._signed_in(OTHER, "K0002", "all")
        withdrawn = f"{self._held('2026-10-01')}/horyu/"
        page = keeper.open(withdrawn)
        form = page.form("/horyu/")
        expect(keeper.post(form, {"password": n("画面 保留のパスワードに番号")}).status, 422)
        expect(keeper.post(form, {n("画面 保留の項目名に番号"): "x"}).status, 422)
        expect(keeper.post(page.form("/torisage/"), {"riyu": n("画面 保留の取下げ 余分な項目")}).status, 200)
        form = keeper.open(f"{self._held('2026-10-02')}/horyu/").form("/horyu/")
        expect(keeper.post(form, {"password": right, "riyu": n("画面 保留を続ける 余分な項目")}).status, 200)
        keeper.__exit__()

    def _held(self, on: str) -> str:
        """Return the address of a file that is held."""
        given = {"shikaku": {"shikaku_soshitsu_ymd": on}}
        losses = [known("04", hokensha=OTHER, edaban=edaban, **given) for edaban in (1, 2)]
        assert self.on.other.send_file(file_text(losses).encode())
        held: list[str] = []

        def is_held() -> bool:
            with self.on.stack.admin() as admin:
                held[:] = [str(row[0]) for row in admin.execute(HELD)]
            return bool(held)

        self.on.stack.wait_until("the file is held", is_held, seconds=60)
        return f"/shikaku/toroku-files/{held[0]}"
