"""OP-301 and OP-302 in a real browser: empty, and on a day with everything there can be."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import psycopg
import pytest

from chukan.kernel import clock
from chukan.kernel.clock import JST, business_date_jst
from tests.browser.conftest import World
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_CLIENT = "INSERT INTO setsuzoku_client VALUES (%s, 'pmh', NULL, '2026-01-01', NULL, 'test', now())"
_ITAKU = "INSERT INTO setsuzoku_client_itaku (client_id, jimu_kubun, kakuninsha, kakunin_ymd, minaoshi_ymd) VALUES"
_IRAI = "INSERT INTO pmh_irai VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, %s)"
_TELEGRAMS = """
INSERT INTO shikaku_onshi_soshin (soshin_bango, himozuke_bango, jun, kind, as_of, owed_at, available_at, attempts,
  shori_kekka_kubun, shori_kekka_meisai_code, sent_at, answered_at)
SELECT gen_random_uuid(), CASE WHEN n > 12 THEN members[n - 12] ELSE gen_random_uuid() END, 1000000, 'pmh_id',
  now(), now() - interval '17 minutes', now() + interval '1 day', 5, CASE WHEN n > 12 THEN '9' ELSE '' END,
  CASE WHEN n = 13 THEN 'OQS-12' ELSE '' END,
  CASE WHEN n > 12 THEN now() END, CASE WHEN n > 12 THEN now() END
FROM generate_series(1, 14) AS n,
  (SELECT array_agg(DISTINCT himozuke_bango) AS members FROM shikaku_rireki WHERE shikaku_tsuban IS NOT NULL) AS held
"""


def _services(demo: World) -> dict[str, str]:
    told: dict[str, str] = json.loads((demo.home / "run" / "services.json").read_text(encoding="utf-8"))
    return told


@contextmanager
def nobody_asking(demo: World) -> Iterator[None]:
    """The stand-in of PMH holds its breath, and what it asked for so far is not told."""
    pid = int(json.loads((demo.home / "run" / "pmh.pid").read_text(encoding="ascii"))["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        with psycopg.connect(_services(demo)["database_url"], autocommit=True) as admin:
            admin.execute("DELETE FROM pmh_irai")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def a_busy_week(demo: World) -> Iterator[None]:
    """Requests of two systems by hour and day, refusals, entrustments in every state, telegrams that wait."""
    today = business_date_jst(clock.now())
    midnight = datetime.combine(today, time(), JST)
    with psycopg.connect(_services(demo)["database_url"], autocommit=True) as admin:
        for number, client in enumerate(("pmh-0a1b2c3d4e5f", "pmh-f5e4d3c2b1a0")):
            admin.execute(_CLIENT, [client])
            for jimu, days in (("01", 200 + number), ("02", 12), ("03", -5)):
                admin.execute(
                    f"{_ITAKU} (%s, %s, %s, %s, %s)",
                    [client, jimu, "見本　確認者", today - timedelta(days=360), today + timedelta(days=days)],
                )
            for hour in range(24):
                for jimu in ("01", "02"):
                    counts = [40 * (12 - abs(12 - hour)) + 3, 300 + 10 * hour, 2 + hour % 3]
                    admin.execute(_IRAI, [midnight + timedelta(hours=hour), client, jimu, "ikkatsu", "ok", *counts])
            for day in range(1, 7):
                counts = [90_000 + 7_000 * day, 310_000, 1_204]
                admin.execute(_IRAI, [midnight - timedelta(days=day), client, "01", "ikkatsu", "ok", *counts])
            for jimu, hoho, code in (
                ("03", "ikkatsu", "itaku_kakunin_nashi"),
                ("", "ikken", "unknown_field"),
                ("01", "ikkatsu", "kojin_bango_fusei"),
                ("02", "ikkatsu", "naibu"),
            ):
                admin.execute(_IRAI, [clock.now(), client, jimu, hoho, code, 0, 0, 0])
        admin.execute(_TELEGRAMS)
        try:
            yield
        finally:
            admin.execute("DELETE FROM shikaku_onshi_soshin WHERE kind = 'pmh_id' AND jun = 1000000")
            admin.execute("DELETE FROM pmh_irai")
            for table in ("setsuzoku_client_itaku", "setsuzoku_client"):
                admin.execute(f"DELETE FROM {table} WHERE client_id IN ('pmh-0a1b2c3d4e5f', 'pmh-f5e4d3c2b1a0')")


@pytest.mark.parametrize(
    ("path", "screen_id", "says"),
    [("/unyo/pmh/", "OP-301", "今日の依頼は0件です。"), ("/unyo/pmh/reigai/", "OP-302", "断った依頼は0件です。")],
)
def test_empty(operator: Window, demo: World, path: str, screen_id: str, says: str) -> None:
    with nobody_asking(demo):
        assert operator.go(path) == 200

        operator.check(f"{screen_id}_empty", screen_id=screen_id)
        assert says in operator.page.inner_text("main")


@pytest.mark.parametrize(("path", "screen_id"), [("/unyo/pmh/", "OP-301"), ("/unyo/pmh/reigai/", "OP-302")])
def test_full(operator: Window, demo: World, path: str, screen_id: str) -> None:
    with a_busy_week(demo):
        operator.go(path)
        operator.check(f"{screen_id}_full", screen_id=screen_id)
        text = operator.page.inner_text("main")

    assert "対応が必要なもの 5件" in text
    assert "PMH-IDの電文が" in text


def test_keys_alone_lead_from_the_menu_to_what_is_wrong(operator: Window, demo: World) -> None:
    with a_busy_week(demo):
        operator.go("/unyo/pmh/")
        operator.press("F2")
        assert operator.focused() == "todo-title"
        operator.press("Tab")
        operator.press("Enter", moves=True)
        assert operator.page.url.endswith("/unyo/pmh/reigai/#haishin-title")
        for key, place in (("F3", "refused"), ("F4", "itaku")):
            operator.press(key)
            assert operator.page.evaluate(f"document.querySelector('#{place}').contains(document.activeElement)")
        operator.go("/unyo/pmh/")
        operator.press("F3")
        assert operator.page.evaluate("document.querySelector('#clients').contains(document.activeElement)")
