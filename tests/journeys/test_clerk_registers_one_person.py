"""A clerk registers one person by form, amends, ends and withdraws; the history keeps it all and オン資 follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.clerk import Clerk, Page
from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi, numbers_in, texts_of
from tests.support.stack import Stack

HOKENSHA = "06400055"
KOJIN_BANGO = "770000001236"
EDABAN = "0000000001"
TYPED = {
    "kojin_bango": KOJIN_BANGO,
    "kojin_bango_again": KOJIN_BANGO,
    "kihon.kanyusha_kubun_code": "01",
    "kihon.seinengappi": "S55.4.1",
    "kihon.seibetsu1": "2",
    "kihon.shimei_kenmen": "窓口　ひと美",
    "kihon.shimei_kenmen_kana": "マドグチ　ヒトミ",
    "kihon.yubin_bango": "0000001",
    "kihon.jusho": "架空県試験市1丁目1番",
    "shikaku.hokensha_bango": HOKENSHA,
    "shikaku.hihokenshasho_kigo": "窓",
    "shikaku.hihokenshasho_bango": "101",
    "shikaku.edaban": "00",
    "shikaku.shikaku_shutoku_ymd": "R8.4.1",
    "shikaku.honnin_kazoku_kubun": "1",
}


@pytest.fixture(scope="module")
def clerk(stack: Stack) -> Iterator[Clerk]:
    stack.register_hokensha(HOKENSHA, bango=HOKENSHA, shubetsu="kenpo_kumiai", meisho="窓口健康保険組合")
    password = stack.register_shokuin(HOKENSHA, "S0001", kengen="shikaku:shokai,shikaku:koshin", kojin_bango="shikaku")
    with Clerk(stack.web_url) as signed_in:
        signed_in.sign_in(HOKENSHA, "S0001", password)
        yield signed_in


def arrived(stack: Stack) -> dict[str, Any] | None:
    """The latest telegram of the one person of this insurer."""
    stack.wait_for_deliveries(HOKENSHA)
    return held_by_onshi(stack, HOKENSHA).get(EDABAN)


def entered(clerk: Clerk, address: str, typed: dict[str, str]) -> Page:
    """入力 → 確認 → 完了; returns the last page."""
    form = clerk.open(address)
    check = clerk.submit(form.form(address.partition("//")[2].partition("/")[2] or address), typed)
    assert "/kakunin/" in check.url, check.text
    assert KOJIN_BANGO not in check.text
    done = clerk.submit(check.form("/kakunin/"), {})
    assert "/kanryo/" in done.url, done.text
    return done


def person_page(clerk: Clerk) -> Page:
    """The person as found by search: no criterion and no number in any address."""
    search = clerk.open("/shikaku/kensaku/")
    found = clerk.submit(search.form("/shikaku/kensaku/"), {"kana": "マドグチ", "seinengappi": "19800401"})
    assert "検索結果 1件" in found.text
    assert "マドグチ" not in found.url
    assert "1980" not in found.url
    links = sorted({link for link in found.links if "/shikaku/kanyusha/" in link})
    assert len(links) == 1
    return clerk.open(links[0])


@pytest.mark.kj("KJ-SHI-01", "KJ-SHI-03", "KJ-SHI-09", "KJ-UI-04")
def test_registers_amends_ends_and_withdraws(stack: Stack, clerk: Clerk) -> None:
    done = entered(clerk, "/shikaku/toroku/", TYPED)
    assert "加入者を登録しました。" in done.text
    assert EDABAN in done.text
    first = arrived(stack)
    assert first is not None
    assert first["kihon"]["shimei_kenmen"] == "窓口　ひと美"
    assert first["kihon"]["seinengappi"] == "1980-04-01"
    assert [(k["shikaku_tsuban"], k["shikaku"]["shikaku_shutoku_ymd"]) for k in first["kikan"]] == [(1, "2026-04-01")]

    person = person_page(clerk)
    assert KOJIN_BANGO not in person.text
    amended = {"kihon.jusho": "架空県見本市2丁目2番", "kihon.jusho_henko_ymd": "R8.10.1"}
    assert "資格を修正しました。" in entered(clerk, person.link("/shusei/"), amended).text
    second = arrived(stack)
    assert second is not None
    assert second["kihon"] == {
        **first["kihon"], "jusho": "架空県見本市2丁目2番", "jusho_henko_ymd": "2026-10-01"
    }  # fmt: skip
    assert second["himozuke_bango"] == first["himozuke_bango"]

    ended = {"shikaku.shikaku_soshitsu_ymd": "R8.11.1"}
    assert "資格喪失を登録しました。" in entered(clerk, person.link("/soshitsu/"), ended).text
    third = arrived(stack)
    assert third is not None
    assert third["kikan"][0]["shikaku"]["shikaku_soshitsu_ymd"] == "2026-11-01"

    assert "登録を取り消しました。" in entered(clerk, person.link("/torikeshi/"), {}).text
    assert arrived(stack) is None
    kinds = "SELECT count(*) FROM shikaku_onshi_soshin WHERE hokensha_code = %s AND kind = %s"
    assert (stack.count(kinds, HOKENSHA, "shikaku"), stack.count(kinds, HOKENSHA, "sakujo")) == (3, 1)

    rireki = clerk.open(person.link("/rireki/"))
    assert "資格の履歴（4）" in rireki.text
    for words in ("架空県試験市1丁目1番", "架空県見本市2丁目2番", "取消"):
        assert words in rireki.text, words
    assert KOJIN_BANGO not in rireki.text
    assert KOJIN_BANGO not in numbers_in(texts_of(stack))
    assert_in_order_and_clean(stack)


@pytest.mark.kj("KJ-IN-19")
def test_mistakes_are_named_and_nothing_is_registered(stack: Stack, clerk: Clerk) -> None:
    before = stack.count("SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s", HOKENSHA)
    wrong = {**TYPED, "kojin_bango": "770000001234", "kojin_bango_again": "770000001234", "kihon.seibetsu1": ""}
    form = clerk.open("/shikaku/toroku/")

    page = clerk.submit(form.form("/shikaku/toroku/"), wrong)

    assert page.status == 422
    for words in ("E206", "E208"):
        assert words in page.text, words
    assert "770000001234" not in page.text
    after = stack.count("SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s", HOKENSHA)
    assert after == before
