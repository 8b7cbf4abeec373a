"""KA-101 to IP-103 in a real browser: one file from its waiting to its sending, and the pages with all there can be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from playwright.sync_api import Browser

from chukan.kernel import clock
from tests.browser.conftest import World
from tests.browser.support.device import Device
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]
JIKKO, JOKYO, SOSHIN = "/unyo/fugo/", "/unyo/fugo/jokyo/", "/unyo/fugo/soshin/"
JUSHIN, KIROKU, JOTAI = "/unyo/fugo/jushin/", "/unyo/fugo/kiroku/", "/fugo/jotai/"
_FILE = """
INSERT INTO fugo_yokyu_file (id, kind, state, kensu, object_key, sha256, created_at, released_at, sent_by, ninsho_id,
  sent_at, answered_at, erased_at, attempts, lease_until, last_error)
VALUES (%(id)s::text::uuid, %(kind)s::text, %(state)s::text, %(kensu)s, '',
  encode(sha256(%(id)s::text::bytea), 'hex'), %(at)s::timestamptz,
  CASE WHEN %(gone)s::boolean THEN %(at)s::timestamptz END, CASE WHEN %(gone)s::boolean THEN 'SK002' ELSE '' END,
  CASE WHEN %(gone)s::boolean THEN gen_random_uuid() END, CASE WHEN %(gone)s::boolean THEN %(at)s::timestamptz END,
  CASE WHEN %(state)s::text = 'soshin_zumi' THEN %(at)s::timestamptz END,
  CASE WHEN %(state)s::text IN ('soshin_zumi', 'haiki') THEN %(at)s::timestamptz END,
  %(attempts)s, now() + interval '1 hour', %(error)s)
"""
_REQUEST = """
INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
  fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, hokensha_code, hihokensha_edaban, uketsuke_bango,
  uketsuke_meisai_bango, yokyu_file_id, asked_count, shori_kekka_shosai_code, shori_kekka_message)
SELECT uuidv7(), gen_random_uuid(), '1', %(at)s::timestamptz, %(at)s::timestamptz, n %% 7 = 0, '06132013',
  9000000 + n, %(bango)s::text, '', %(file)s::text::uuid, 0,
  %(code)s::text, %(message)s::text
FROM generate_series(1, %(count)s::integer) AS n
"""
_TENSO = """
UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '2', fugo_tenso_nichiji = %(at)s::timestamptz
WHERE yokyu_file_id = %(file)s::text::uuid
"""
_SOSHIN = """
UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '3', fugo_soshin_nichiji = %(at)s::timestamptz,
  last_sent_at = %(at)s::timestamptz, asked_count = 2 WHERE yokyu_file_id = %(file)s::text::uuid
"""
_FILES = tuple(f"0193a1b2-0000-7000-8000-0000000001{n:02d}" for n in range(60))
BANGO = "20261120-MIHON00000"


@contextmanager
def admin_of(demo: World) -> Iterator[psycopg.Connection]:
    """Connect to the demo's database as its administrator."""
    services = json.loads((demo.home / "run" / "services.json").read_text(encoding="utf-8"))
    with psycopg.connect(services["database_url"], autocommit=True) as admin:
        yield admin


@contextmanager
def a_full_desk(demo: World) -> Iterator[None]:
    """Files in every state and of every kind, requests that wait too long or cannot be made, codes of a week."""
    at = clock.now()
    with admin_of(demo) as admin:
        states = ("soshin_zumi", "haiki", "soshin_machi", "soshin_chu", "tsukuri")
        for n, name in enumerate(_FILES):
            state = states[n % 5 if n < 20 else 0]
            given = {
                "id": name,
                "kind": ("shinki", "saiyokyu", "saihakko")[n % 3],
                "state": state,
                "kensu": 200_000 - 3_127 * n,
                "at": at - timedelta(minutes=37 * n),
                "gone": state in {"soshin_zumi", "soshin_chu"},
                "attempts": 3,
                "error": "kotae_nashi" if state == "soshin_chu" else "",
            }
            admin.execute("SET session_replication_role = replica")  # of no operator's act: these are for their looks
            admin.execute(_FILE, given)
            admin.execute("SET session_replication_role = origin")
        asked = {
            "at": at - timedelta(days=4),
            "file": _FILES[2],
            "count": 60,
            "code": "",
            "message": "",
            "bango": BANGO,
        }
        admin.execute(_REQUEST, asked)
        for step in (_TENSO, _SOSHIN):
            admin.execute(step, asked)
        message = "個人番号が登録されていないため、要求できません。"
        admin.execute(
            _REQUEST, asked | {"file": None, "code": "bango_nashi", "message": message, "count": 8, "bango": ""}
        )
        for day in range(7):
            for word, count in (("stored", 90_112 + day), ("same_again", 210), ("taken", 1), ("no_request", 2)):
                admin.execute(
                    "INSERT INTO fugo_juryo_kazu VALUES (gen_random_uuid(), date_trunc('hour', now()) - %s, %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    [timedelta(days=day), word, count],
                )
        try:
            yield
        finally:
            admin.execute("DELETE FROM fugo_shutoku_yokyu WHERE hihokensha_edaban > 9000000")
            admin.execute("DELETE FROM fugo_yokyu_file WHERE id::text = ANY (%s)", [list(_FILES)])
            admin.execute("DELETE FROM fugo_juryo_kazu")


def until(window: Window, path: str, says: str, seconds: float = 150) -> None:
    """Open a page again and again until it says something."""
    deadline = time.monotonic() + seconds
    while True:
        window.go(path)
        if says in window.page.inner_text("main"):
            return
        assert time.monotonic() < deadline, window.page.inner_text("main")
        window.page.wait_for_timeout(1000)


@pytest.mark.kj("KJ-FUGO-03", "KJ-FUGO-07", "KJ-AUTH-05", "KJ-LOG-02")
def test_keys_alone_lead_from_a_waiting_file_to_its_sending(sender: Window, demo: World) -> None:
    window, page = sender, sender.page
    device = Device(window)
    device.register(demo)
    window.go(KIROKU)
    window.check("IP-103_empty", screen_id="IP-103")
    until(window, JIKKO, "送信を待つ要求ファイルが")
    window.check("KA-101_waiting", screen_id="KA-101")
    window.press("F3")
    window.press("Enter", moves=True)
    assert page.url.startswith(f"{demo.url}{SOSHIN}")
    window.check("IP-101_file", screen_id="IP-101")
    file_url = page.url.removeprefix(demo.url)
    window.press("F12", moves=True)
    window.check("IP-001_soshin", screen_id="IP-001")
    device.recognises(is_recognised=False)
    window.press("F12")
    page.locator("#seitai-error").wait_for()
    assert "指紋や顔を読み取れなかった" in page.inner_text("#seitai-error")
    device.recognises(is_recognised=True)
    window.press("F12", moves=True)
    page.wait_for_url(f"**{file_url}kekka/")
    assert "認証器 21" in page.inner_text("main")
    window.check("IP-101_done", screen_id="IP-101")

    until(window, f"{file_url}kekka/", "住基ネットが要求ファイルを受け取りました。")
    window.check("IP-101_taken", screen_id="IP-101")
    window.go(file_url.replace("/soshin/", "/jokyo/file/"))
    window.check("KA-102_file_sent", screen_id="KA-102")
    window.go(KIROKU)
    window.check("IP-103_one", screen_id="IP-103")
    assert "認証器 21" in page.inner_text("main")


@pytest.mark.parametrize(
    ("path", "name", "screen_id"),
    [
        (JIKKO, "KA-101_full", "KA-101"),
        (JOKYO, "KA-102_full", "KA-102"),
        (f"{JOKYO}kaito-machi/", "KA-102_kaito_machi", "KA-102"),
        (f"{JOKYO}yokyu-fuka/", "KA-102_yokyu_fuka", "KA-102"),
        (f"{JOKYO}file/{_FILES[2]}/", "KA-102_file", "KA-102"),
        (f"{JOKYO}tsuban/{_FILES[0]}/", "KA-102_none", "KA-102"),
        (SOSHIN, "IP-101_full", "IP-101"),
        (JUSHIN, "IP-102_full", "IP-102"),
        (KIROKU, "IP-103_full", "IP-103"),
    ],
)
def test_full(sender: Window, demo: World, path: str, name: str, screen_id: str) -> None:
    with a_full_desk(demo):
        assert sender.go(path) == 200
        sender.check(name, screen_id=screen_id)


def test_a_file_that_changed_says_so(sender: Window, demo: World) -> None:
    with a_full_desk(demo):
        sender.go(f"{SOSHIN}{_FILES[2]}/")
        assert sender.page.title().startswith("エラー: ")
        assert sender.focused() == "error-summary"
        sender.check("IP-101_changed", screen_id="IP-101")


def test_what_is_no_number_is_said_at_the_field(sender: Window) -> None:
    sender.go(JOKYO)
    sender.press("F2")
    sender.type("12-34")
    sender.press("Enter", moves=True)

    assert sender.page.title().startswith("エラー: ")
    sender.check("KA-102_error", screen_id="KA-102", refusal=True)


def test_an_insurer_sees_its_own_members(clerk: Window) -> None:
    until(clerk, JOTAI, "被保険者枝番")

    rows = clerk.page.locator("main tbody tr")
    assert 1 <= rows.count() <= 50
    assert all(text[:10].isdigit() for text in rows.all_inner_texts())
    clerk.check("HS-501_full", screen_id="HS-501")


@pytest.fixture
def small(browser: Browser, demo: World) -> Iterator[Window]:
    """Staff of an insurer without members."""
    window = Window(browser, demo.url)
    window.sign_in("00133033", "S0001", demo.password("00133033", "S0001"))
    yield window
    window.close()


def test_an_insurer_without_members_is_told_so(small: Window) -> None:
    small.go(JOTAI)

    assert "符号を取得する加入者は0件です。" in small.page.inner_text("main")
    small.check("HS-501_empty", screen_id="HS-501")
