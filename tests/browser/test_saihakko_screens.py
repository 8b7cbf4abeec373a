"""KA-201 and KA-202 in a real browser: a list from its form to its confirmed result, and the pages full and refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.browser.conftest import World
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LISTS = "/unyo/fugo/saihakko/"
PERSONS = 3
# Rows of before: a medium, persons whose codes are there. What is tried here comes after that. Triggers hold the order
# of steps; these rows have gone theirs.
_AS_IF_BEFORE = "SET session_replication_role = replica"
_IRAI = """
INSERT INTO shonin_irai (id, zone, kind, payload, payload_hash, riyu, hitsuyo_ninzu, shinseisha_id, state, created_at,
  expires_at, used_at, used_by)
SELECT gen_random_uuid(), zone, 'baitai', '{}', sha256('x'), '抽出のため', 1, id, 'kanryo', now(),
  now() + interval '1 day', now(), 'SK002' FROM shokuin_shokuin WHERE zone = 'shiharai_kikin' AND shokuin_id = 'SK002'
"""
_BAITAI = """
INSERT INTO shonin_baitai (id, zone, baitai_id, shurui, irai_id, registered_at)
SELECT gen_random_uuid(), zone, 'USB-2026-001', 'usb', id, now() FROM shonin_irai WHERE kind = 'baitai'
"""
_FIRST_CODES = """
INSERT INTO fugo_kikanbetsu_fugo (id, himozuke_bango, ct_kikanbetsu_fugo, bi_kikanbetsu_fugo, shori_tsuban, hakko_no,
  yoto, fugo_saihakko_flag, fugo_uketsuke_nichiji, fugo_settei_nichiji)
SELECT gen_random_uuid(), k.himozuke_bango, '\\x00', sha256(k.id::text::bytea), uuidv7(), 1, '1', false,
  now() - interval '1 day', now() - interval '1 day'
FROM fugo_edaban_himozuke k WHERE k.hokensha_code = '06132013' ORDER BY k.hihokensha_edaban LIMIT %s
"""
# The first requests of the demo are open: they would be waited for.
_ANSWERED = """
UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '5', fugo_tenso_nichiji = now(), fugo_soshin_nichiji = now(),
  fugo_uketsuke_nichiji = now(), fugo_settei_nichiji = now(), last_sent_at = now(), asked_count = 1
WHERE himozuke_bango IN (SELECT himozuke_bango FROM fugo_kikanbetsu_fugo)
"""
_AGREE = """
INSERT INTO shonin_shonin (id, zone, irai_id, shinseisha_id, payload_hash, shoninsha_id, handan, comment, ninsho_id, at)
SELECT gen_random_uuid(), i.zone, i.id, i.shinseisha_id, i.payload_hash, s.id, 'shonin', '', gen_random_uuid(), now()
FROM shonin_irai i JOIN shokuin_shokuin s ON s.zone = i.zone AND s.shokuin_id IN ('SK900', 'SK901')
WHERE i.kind = 'fugo_saihakko'
"""
_AGREED = "UPDATE shonin_irai SET state = 'shonin_zumi' WHERE kind = 'fugo_saihakko'"
_LISTS = """
INSERT INTO fugo_saihakko_list (id, state, reason_code, reason_text, of_hokensha, of_shori_tsuban, taisho_count,
  requested_count, left_out_count, created_at, created_by, medium_id, shonin_id, executed_at, executed_by,
  write_until, instructed_at, confirmed_at, confirmed_by)
SELECT uuidv7(), s, g, %(text)s, '{06132013}', '{}', 2128123 - 997 * n, CASE WHEN d THEN 2128000 - 997 * n ELSE 0 END,
  CASE WHEN d THEN 123 ELSE 0 END, now() - n * interval '7 hours', 'SK002', CASE WHEN d THEN 'USB-2026-001' ELSE '' END,
  CASE WHEN d THEN (SELECT id FROM shonin_irai LIMIT 1) END, CASE WHEN d THEN now() END,
  CASE WHEN d THEN 'SK002' ELSE '' END,
  CASE WHEN d THEN now() END, CASE WHEN d THEN now() END, CASE WHEN s = 'kakunin_zumi' THEN now() END, ''
FROM generate_series(1, 60) AS n,
  LATERAL (SELECT (ARRAY['toroku', 'kakunin_zumi', 'torikeshi', 'kakunin_zumi'])[n %% 4 + 1],
                  (ARRAY['kitaika', 'kitaika_osore', 'nws_irai'])[n %% 3 + 1]) AS w (s, g),
  LATERAL (SELECT s = 'kakunin_zumi') AS x (d)
"""
_TIDY = (
    "DELETE FROM fugo_saihakko_taisho",
    "DELETE FROM fugo_saihakko_list",
    "DELETE FROM fugo_shutoku_yokyu WHERE fugo_saihakko_flag",
    "DELETE FROM fugo_yokyu_file WHERE kind = 'saihakko'",
    "DELETE FROM fugo_kikanbetsu_fugo WHERE ct_kikanbetsu_fugo = '\\x00'",
    "DELETE FROM shonin_baitai",
    "DELETE FROM shonin_shonin",
    "DELETE FROM shonin_irai",
)


@contextmanager
def admin_of(demo: World) -> Iterator[psycopg.Connection]:
    """Connect to the demo's database as its administrator, past the order of steps."""
    services = json.loads((demo.home / "run" / "services.json").read_text(encoding="utf-8"))
    with psycopg.connect(services["database_url"], autocommit=True) as admin:
        admin.execute(_AS_IF_BEFORE)
        yield admin


@pytest.fixture
def handler(sender: Window, demo: World) -> Iterator[Window]:
    """Who has the rights in the demo; nobody has a code, and there is one medium."""
    with admin_of(demo) as admin:
        for statement in (_IRAI, _BAITAI):
            admin.execute(statement.encode())
        try:
            yield sender
        finally:
            for statement in _TIDY:
                admin.execute(statement.encode())


@contextmanager
def codes_of_some(demo: World) -> Iterator[psycopg.Connection]:
    """Give some members of the demo a code, as soon as they are there; nobody else has one."""
    with admin_of(demo) as admin:
        admin.execute("DELETE FROM fugo_kikanbetsu_fugo")  # what other tests brought
        deadline = time.monotonic() + 120
        while admin.execute(_FIRST_CODES, [PERSONS]).rowcount < PERSONS:
            admin.execute(_TIDY[4].encode())
            assert time.monotonic() < deadline
            time.sleep(1)
        admin.execute(_ANSWERED.encode())
        yield admin


def until(window: Window, says: str, seconds: float = 60) -> None:
    """Look at the page again and again until it says something."""
    deadline = time.monotonic() + seconds
    while says not in window.page.inner_text("main"):
        assert time.monotonic() < deadline, window.page.inner_text("main")
        window.page.wait_for_timeout(1000)
        window.page.reload()


def fill_in(window: Window) -> None:
    """Type a new list with the keyboard alone."""
    window.press("F4")
    assert window.focused() == "f-genin"
    window.page.keyboard.press("ArrowDown")
    window.press("Tab")
    window.type("符号の漏えいが確認されたため、対象の保険者の加入者の符号を取り直す")
    window.press("Tab")
    window.type("06132013")


@pytest.mark.kj("KJ-FUGO-06", "KJ-FUGO-07", "KJ-MENU-07", "KJ-DUAL-06")
def test_from_the_form_to_the_confirmed_result(handler: Window, demo: World) -> None:
    window, page = handler, handler.page
    assert window.go(LISTS) == 200
    window.check("KA-201_empty", screen_id="KA-201")
    with codes_of_some(demo) as admin:
        fill_in(window)
        window.press("F12", moves=True)
        assert f"{PERSONS}人の抽出と再発行を依頼する" in page.inner_text("main")
        window.check("KA-202_toroku", screen_id="KA-202")

        window.press("F12", moves=True)  # without a medium
        assert page.title().startswith("エラー: ")
        window.check("KA-202_error", screen_id="KA-202", refusal=True)
        page.select_option("#f-baitai_id", "USB-2026-001")
        window.press("F12", moves=True)
        assert "承認を待っています" in page.inner_text("main")
        window.check("KA-202_machi", screen_id="KA-202")

        for statement in (_AGREE, _AGREED):
            admin.execute(statement.encode())
        page.reload()
        window.check("KA-202_jikko", screen_id="KA-202")
        window.press("F12", moves=True)
        until(window, f"要求 {PERSONS}人")
        window.check("KA-202_shiji", screen_id="KA-202")
        page.fill("#f-kakidashi", "USB-2026-001")
        with page.expect_download() as loading:
            page.click("#write")
        assert loading.value.suggested_filename.startswith("saishutoku_taisho_")
        page.reload()
        assert page.locator("#write").count() == 0

        admin.execute(_ANSWERED.encode())
        page.reload()
        window.check("KA-202_juryo", screen_id="KA-202")
        window.press("F12", moves=True)
        assert "いまできる操作はありません" in page.inner_text("main")
        window.check("KA-202_kakunin_zumi", screen_id="KA-202")
        window.go(LISTS)
        window.check("KA-201_one", screen_id="KA-201")


def test_what_is_missing_is_said_at_the_fields(handler: Window) -> None:
    handler.go(LISTS)
    handler.press("F4")
    handler.press("F12", moves=True)

    assert handler.page.title().startswith("エラー: ")
    assert handler.focused() == "error-summary"
    handler.check("KA-201_error", screen_id="KA-201", refusal=True)


def test_full(handler: Window, demo: World) -> None:
    text = "情報提供ネットワークシステムの設置者から、符号が漏えいしたおそれがあるとの連絡を受けたため。" * 4
    with admin_of(demo) as admin:
        admin.execute(_LISTS, {"text": text})
        handler.go(LISTS)
        handler.check("KA-201_full", screen_id="KA-201")
        for state in ("kakunin_zumi", "torikeshi"):
            row = admin.execute("SELECT id FROM fugo_saihakko_list WHERE state = %s LIMIT 1", [state]).fetchone()
            assert row is not None
            handler.go(f"{LISTS}{row[0]}/")
            handler.check(f"KA-202_full_{state}", screen_id="KA-202")
