"""The terminal's pages from outside: whose rows they show, what stands in addresses, what is kept and recorded."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from chukan.kernel import clock
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.register_one import register_one
from shikaku.http.terminal_urls import urlpatterns
from tests.support.members import NOW, asked, bango, file_line, join_line, joined, known, row_id_of, sent, taken
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.staff import PASSWORD, a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/shikaku/kensaku/"
READ = frozenset({("shikaku", "shokai")})
BANGO = frozenset({"shikaku"})


def clerk_window(*, kojin_bango: frozenset[str] = BANGO) -> Client:
    """A signed-in clerk who may register."""
    return browser(a_staff(kojin_bango=kojin_bango))


def member_url(edaban: int = 1) -> str:
    return f"/shikaku/kanyusha/{row_id_of(edaban)}/"


def new_form(**over: str) -> dict[str, str]:
    """What a clerk types for member 7."""
    typed = {
        "kojin_bango": bango(7),
        "kojin_bango_again": bango(7),
        "fugo_shutoku_yokyu_kubun": "1",
        "kihon.kanyusha_kubun_code": "01",
        "kihon.seinengappi": "S55.4.1",
        "kihon.seibetsu1": "1",
        "kihon.shimei_kenmen": "画面　試太",
        "kihon.shimei_kenmen_kana": "ガメン　シタ",
        "shikaku.hokensha_bango": "06132013",
        "shikaku.hihokenshasho_kigo": "画面",
        "shikaku.hihokenshasho_bango": "7",
        "shikaku.edaban": "00",
        "shikaku.shikaku_shutoku_ymd": "R8.4.1",
        "shikaku.honnin_kazoku_kubun": "1",
    }
    return {**typed, **over}


class TestSearch:
    def test_criteria_are_in_no_address(self) -> None:
        joined()
        client = clerk_window()

        sent = client.post(SEARCH, {"kana": "ミホン"})
        page = client.get(sent["Location"])

        assert sent.status_code == 303
        assert re.fullmatch(r"/shikaku/kensaku/[0-9a-f-]{36}/", sent["Location"])
        assert "見本　太郎" in page.content.decode()

    def test_a_number_is_no_criterion_and_not_given_back(self, world: World) -> None:
        answer = clerk_window().post(SEARCH, {"bango": bango(1)})

        assert answer.status_code == 422
        assert bango(1) not in answer.content.decode()
        assert asked(world, "SELECT 1 FROM shikaku_terminal_slip") == []

    def test_another_clerk_cannot_open_the_search(self) -> None:
        joined()
        address = clerk_window().post(SEARCH, {"kana": "ミホン"})["Location"]

        assert browser(a_staff("S0002")).get(address).status_code == 404

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-06")
    def test_only_members_of_the_own_zone_are_found(self) -> None:
        joined(by=clerk(OTHER_KENPO))
        client = clerk_window()

        page = client.get(client.post(SEARCH, {"kana": "ミホン"})["Location"])

        assert "0件" in page.content.decode()

    @pytest.mark.kj("KJ-LOG-01")
    def test_a_search_is_on_record_without_its_values(self, world: World) -> None:
        joined()
        client = clerk_window()
        client.get(client.post(SEARCH, {"kana": "ミホン"})["Location"])

        rows = asked(world, "SELECT convert_from(body, 'UTF8') FROM sosa_log_event WHERE kind = 'kensaku'")

        assert len(rows) == 1
        assert "kana" in rows[0][0]
        assert "ミホン" not in rows[0][0]


class TestMember:
    @pytest.mark.kj("KJ-ZONE-05", "KJ-ZONE-06")
    def test_a_member_of_another_insurer_looks_like_nobody(self) -> None:
        joined(by=clerk(OTHER_KENPO))
        theirs = f"/shikaku/kanyusha/{row_id_of(1, by=clerk(OTHER_KENPO))}/"
        nobody = "/shikaku/kanyusha/00000000-0000-4000-8000-000000000000/"
        client = clerk_window()

        def same(address: str) -> str:
            page = client.get(address)
            assert page.status_code == 404
            return re.sub(r'value="\w{64}"|[0-9a-f-]{36}', "", page.content.decode())

        for tail in ("", "rireki/", "shusei/", "soshitsu/", "torikeshi/"):
            assert same(theirs + tail) == same(nobody + tail)

    @pytest.mark.kj("KJ-ZONE-05", "KJ-ZONE-06")
    @pytest.mark.parametrize("typed", [{"on": "20260401"}, {"on": "unreadable"}, {}])
    def test_no_day_can_be_asked_of_another_insurers_member(self, world: World, typed: dict[str, str]) -> None:
        joined(by=clerk(OTHER_KENPO))
        theirs = row_id_of(1, by=clerk(OTHER_KENPO))

        assert clerk_window().post(f"/shikaku/kanyusha/{theirs}/rireki/", typed).status_code == 404

        with world.admin() as admin:
            kept = admin.execute("SELECT count(*) FROM shikaku_terminal_slip").fetchone()
        assert kept == (0,)

    @pytest.mark.kj("KJ-ZONE-05")
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_what_a_colleague_asked_of_a_history_is_nobody_elses(self, method: str) -> None:
        joined()
        typed = {"on": "20260401"}
        first = clerk_window().post(f"{member_url()}rireki/", typed)["Location"]
        second = browser(a_staff("S0002"))

        assert getattr(second, method)(first, typed).status_code == 404
        assert second.post(f"{member_url()}rireki/", typed).status_code == 303

    @pytest.mark.kj("KJ-UI-08")
    def test_no_cache_keeps_a_page(self) -> None:
        joined()
        client = clerk_window()

        for address in (member_url(), f"{member_url()}rireki/", SEARCH, "/home/", "/shikaku/toroku/"):
            assert client.get(address)["Cache-Control"] == "no-store"

    @pytest.mark.kj("KJ-UI-04")
    def test_the_first_html_has_no_number(self) -> None:
        joined()

        page = clerk_window().get(member_url()).content.decode()

        assert bango(1) not in page
        assert "登録あり（非表示）" in page


class TestReveal:
    def reveal(self, client: Client, **over: str) -> tuple[int, str]:
        typed = {"riyu": "shinsei_kakunin", "memo": "", "password": PASSWORD, **over}
        answer = client.post(f"{member_url()}kojin-bango/", typed)
        return answer.status_code, answer.content.decode()

    def test_a_number_in_the_note_is_not_given_back(self, world: World) -> None:
        joined()

        status, page = self.reveal(clerk_window(), riyu="sonota", memo=f"照合 {bango(2)}", password="")

        assert status == 422
        assert bango(2) not in page

    @pytest.mark.kj("KJ-UI-04", "KJ-LOG-08")
    def test_a_number_is_shown_with_reason_and_password_and_on_record(self, world: World) -> None:
        joined()

        status, page = self.reveal(clerk_window())

        number = bango(1)
        assert status == 200
        assert f"{number[:4]} {number[4:8]} {number[8:]}" in page
        kinds = [
            row[0]
            for row in asked(
                world, "SELECT kind FROM sosa_log_event WHERE starts_with(kind, 'bango_reveal') ORDER BY 1"
            )
        ]
        assert kinds == ["bango_reveal", "bango_reveal_intent"]

    @pytest.mark.parametrize("over", [{"riyu": ""}, {"password": "wrong"}, {"riyu": "sonota", "memo": "短い"}])
    def test_without_reason_or_password_there_is_no_number_and_no_record_of_one(
        self, world: World, over: dict[str, str]
    ) -> None:
        joined()

        status, page = self.reveal(clerk_window(), **over)

        assert status == 422
        assert bango(1)[:4] not in page
        assert asked(world, "SELECT 1 FROM sosa_log_event WHERE starts_with(kind, 'bango_reveal')") == []

    @pytest.mark.kj("KJ-AUTH-14")
    def test_without_the_right_there_is_neither_button_nor_number(self) -> None:
        joined()
        client = clerk_window(kojin_bango=frozenset())

        assert "理由を記録して表示" not in client.get(member_url()).content.decode()
        status, page = self.reveal(client)
        assert status == 403
        assert bango(1)[:4] not in page


class TestForms:
    def test_input_check_done(self) -> None:
        client = clerk_window()

        check = client.post("/shikaku/toroku/", new_form())
        assert check.status_code == 303
        page = client.get(check["Location"]).content.decode()
        assert "画面　試太" in page
        assert bango(7) not in page
        done = client.post(check["Location"])

        assert "受付番号" in client.get(done["Location"]).content.decode()
        assert "画面　試太" in client.get(member_url(1)).content.decode()

    def test_nothing_is_registered_before_the_check_page(self, world: World) -> None:
        clerk_window().post("/shikaku/toroku/", new_form())

        assert asked(world, "SELECT 1 FROM shikaku_itaku_kukaku_kanyusha") == []

    def test_every_violation_comes_back_at_its_field_without_the_number(self) -> None:
        typed = new_form(**{"kihon.seibetsu1": "", "shikaku.shikaku_shutoku_ymd": "R20.4.1", "shikaku.edaban": "1"})

        answer = clerk_window().post("/shikaku/toroku/", typed)
        page = answer.content.decode()

        assert answer.status_code == 422
        for field in ("f-kihon-seibetsu1", "f-shikaku-shikaku_shutoku_ymd", "f-shikaku-edaban"):
            assert f'href="#{field}"' in page
        assert 'value="画面　試太"' in page
        assert bango(7) not in page

    def test_a_number_typed_into_an_address_is_refused_and_not_given_back(self) -> None:
        answer = clerk_window().post("/shikaku/toroku/", new_form(**{"kihon.jusho": f"見本県{bango(8)}番地"}))

        assert answer.status_code == 422
        assert "E215" in answer.content.decode()
        assert bango(8) not in answer.content.decode()

    @pytest.mark.kj("KJ-AUTH-14")
    def test_a_number_cannot_be_entered_without_the_right(self, world: World) -> None:
        client = clerk_window(kojin_bango=frozenset())

        answer = client.post("/shikaku/toroku/", new_form())

        assert answer.status_code in {403, 422}
        assert asked(world, "SELECT 1 FROM shikaku_terminal_slip") == []

    def test_a_change_made_meanwhile_is_told_and_what_was_typed_is_kept(self) -> None:
        joined(jusho="見本県旧町1")
        client = clerk_window()
        form = f"{member_url()}shusei/"
        typed = {"kihon.jusho": "見本県新町2", "kihon.jusho_henko_ymd": "R8.4.1"}
        held = _values(client.get(form).content.decode())
        first = client.post(form, {**held, **typed})["Location"]
        second = client.post(form, {**held, **typed, "kihon.jusho": "見本県別町3"})["Location"]
        client.post(second)

        late = client.post(first)
        page = client.get(late["Location"]).content.decode()

        assert "見本花子が変更しました" in page
        assert "見本県新町2" in page

    def test_an_item_that_is_never_empty_shows_its_value_again_and_names_no_button(self) -> None:
        joined()
        client, form = clerk_window(), f"{member_url()}shusei/"
        held = _values(client.get(form).content.decode())

        page = client.post(form, {**held, "shikaku.edaban": ""}).content.decode()

        assert "枝番は空にできません。値を入力してください。" in page
        assert _values(page)["shikaku.edaban"] == "00"

    def test_a_kanyu_yoteisha_whose_only_period_was_withdrawn_can_be_amended(self) -> None:
        joined()
        register_one(by=clerk(), line=known("05", 1), now=NOW)
        no_period = dict.fromkeys(join_line().shikaku)
        register_one(by=clerk(), line=join_line(1, kanyusha_kubun_code="02", **no_period), now=NOW)
        client, form = clerk_window(), f"{member_url()}shusei/"

        held = _values(client.get(form).content.decode())
        check = client.post(form, {**held, "kihon.jusho": "見本県新町2", "kihon.jusho_henko_ymd": "R8.4.1"})
        client.post(check["Location"])

        assert "見本県新町2" in client.get(member_url()).content.decode()

    @pytest.mark.kj("KJ-MENU-02")
    def test_who_may_only_read_can_open_no_form(self) -> None:
        joined()
        client = browser(a_staff(kengen=READ))

        for address in ("/shikaku/toroku/", f"{member_url()}shusei/", "/shikaku/toroku-files/soshin/"):
            assert client.get(address).status_code == 403
            assert client.post(address, new_form()).status_code == 403


class TestFiles:
    def test_the_part_that_is_polled_brings_the_dialog_of_its_button(self, world: World) -> None:
        with as_role(world, "worker"):
            file = sent(file_line(1, shutoku="20270401"), now=clock.now()).uketsuke_id
        client, address = clerk_window(), f"/shikaku/toroku-files/{file}/"

        page = client.get(address).content.decode()
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()

        for shown in (page, part):
            assert shown.count('data-dialog="discard-dialog"') == shown.count('id="discard-dialog"') == 1
            assert f'action="{address}haki/"' in shown

    @pytest.mark.kj("KJ-LOG-01")
    def test_a_look_is_on_record_once_and_a_poll_goes_on_with_it(self, world: World) -> None:
        with as_role(world, "worker"):
            file = taken(file_line(1), file_line(2, shutoku="20270401"), now=clock.now()).uketsuke_id
        client, address = clerk_window(), f"/shikaku/toroku-files/{file}/"

        def poll(url: str, mark: str) -> int:
            answer = client.get(url, headers={"HX-Request": "true", "HX-PTag": mark})
            marks.append(answer.headers["HX-PTag"])
            return answer.status_code

        def looks() -> int:
            return len(asked(world, "SELECT FROM sosa_log_event WHERE screen_id = 'HS-302'"))

        marks = [client.get(address).headers["HX-PTag"]]
        assert [poll(address, marks[-1]), poll(address, marks[-1]), looks()] == [304, 304, 1]
        with as_role(world, "worker"):
            process_toroku_file(by=clerk(), uketsuke_id=file, now=clock.now)
        assert [poll(address, marks[-1]), poll(address, marks[-1]), looks()] == [200, 304, 1]
        assert [poll(f"{address}?miru=subete", marks[-1]), looks()] == [200, 2]  # other lines: another look
        assert [poll(address, "5-2-1-False-"), looks()] == [200, 3]

    @pytest.mark.kj("KJ-UI-04")
    def test_a_number_in_the_address_is_not_given_back_and_a_poll_keeps_what_was_read(self, world: World) -> None:
        with as_role(world, "worker"):
            file = taken(file_line(1), now=clock.now()).uketsuke_id
        client, address = clerk_window(), f"/shikaku/toroku-files/{file}/"
        number = bango(1)

        for query in (f"naoshita={number}", f"ato={number}.{number}", f"miru=subete&code={number}", f"{number}=1"):
            page = client.get(f"{address}?{query}").content.decode()
            assert number not in page
            assert f"{int(number):,}" not in page
        page = client.get(f"{address}?ato=1.50&miru=subete&naoshita=2").content.decode()
        assert f'hx-get="{address}?ato=1.50&amp;miru=subete&amp;naoshita=2"' in page
        assert "2行目を登録しました。" in page

    def test_what_waits_is_told_of_more_files_than_are_listed(self, world: World) -> None:
        with as_role(world, "worker"):
            for serial in range(1, 23):
                row_id = taken(file_line(serial, shutoku="20991231"), now=clock.now()).uketsuke_id
                process_toroku_file(by=clerk(), uketsuke_id=row_id, now=clock.now)

        page = clerk_window().get("/home/").content.decode()

        assert "対応が必要なもの 22件" in page
        assert page.count("に直していないエラーが1件あります。") == 10
        assert "ほかは登録の履歴にあります。" in page

    def test_a_file_that_waits_for_the_one_before_names_it(self, world: World) -> None:
        came = clock.now() - timedelta(minutes=9)
        with as_role(world, "worker"):
            before = taken(file_line(1), now=came).uketsuke_bango
            file = taken(file_line(2), now=came + timedelta(minutes=1)).uketsuke_id
        client = clerk_window()

        page = client.get(f"/shikaku/toroku-files/{file}/").content.decode()
        files = client.get("/shikaku/toroku-files/").content.decode()

        assert "先に送られたファイルの終わりを待っています" in page
        assert f"受付番号 {before} の処理が終わると、自動で始めます。" in page
        assert "処理が進んでいません" not in page
        assert files.count("停滞") == 1, "the one before stands still, the one that waits does not"

    @pytest.mark.kj("KJ-AUTH-14")
    def test_who_has_no_right_for_numbers_is_told_before_a_file_is_chosen_or_read(self) -> None:
        client, address = clerk_window(kojin_bango=frozenset()), "/shikaku/toroku-files/soshin/"

        opened = client.get(address)
        unread = client.generic("POST", address, b"file", content_type="multipart/form-data")

        for answer in (opened, unread):
            assert answer.status_code == 403
            assert "個人番号取扱権限が要ります" in answer.content.decode()


_TEXT = re.compile(r'<input class="control[^"]*" id="[^"]+" name="([^"]+)" type="text" value="([^"]*)"')
_LIST = re.compile(r'<select class="control" id="[^"]+" name="([^"]+)".*?>(.*?)</select>', re.DOTALL)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected')
_SEEN = re.compile(r'<input type="hidden" name="(seen)" value="([^"]*)"')
_TICKED = re.compile(r'<input type="radio" name="([^"]+)" value="([^"]*)" checked')


def _values(page: str) -> dict[str, str]:
    """Return the fields of a form as a browser would send them."""
    chosen = {name: _CHOSEN.search(body) for name, body in _LIST.findall(page)}
    lists = {name: found.group(1) if found else "" for name, found in chosen.items()}
    return {**dict(_SEEN.findall(page)), **dict(_TEXT.findall(page)), **lists, **dict(_TICKED.findall(page))}


def test_no_address_of_the_terminal_has_a_place_for_a_personal_number() -> None:
    converters = {str(part) for pattern in urlpatterns for part in re.findall(r"<(\w+):", str(pattern.pattern))}

    assert converters == {"uuid", "int"}
    assert {found for p in urlpatterns for found in re.findall(r"<int:(\w+)>", str(p.pattern))} == {
        "tsuban",
        "meisai_no",
    }
