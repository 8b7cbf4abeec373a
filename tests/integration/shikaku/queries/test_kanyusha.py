"""Search and detail inside one zone: which names are found, in which order, and how much of the database it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.errors import Invalid, NotFound
from chukan.kernel.principal import Principal
from chukan.settings import limits
from shikaku.actions.register_one import register_one
from shikaku.queries import kanyusha as module
from shikaku.queries.kanyusha import SearchCriteria, SearchPage, get_kanyusha, list_edaban, search_kanyusha
from tests.support.members import LATER, NOW, TODAY, asked, bango, join_line, joined, known, loss, row_id_of
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def search(
    *, by: Principal | None = None, after: int = 0, limit: int = 50, on: date = TODAY, **criteria: object
) -> SearchPage:
    return search_kanyusha(
        by=by or clerk(),
        criteria=SearchCriteria(**criteria),  # type: ignore[arg-type]  # its own fields
        after=after,
        limit=limit,
        on=on,
        known_at=LATER,
    )


def found(**criteria: object) -> list[int]:
    return [item.hihokensha_edaban for item in search(**criteria).items]  # type: ignore[arg-type]


class TestKana:
    @pytest.fixture(autouse=True)
    def names(self, world: World) -> None:
        """1 to 7."""
        names = (
            "ミホン　タロウ",
            "ﾐﾎﾝﾔﾏ ﾊﾅｺ",
            "ミホンヤナギ　ジロウ",
            "ミホンタロウ",
            "リ　ナ",
            "ミホ　ノリコ",
            "ガッショウ　キヨシ",
        )
        for serial, kana in enumerate(names, start=1):
            joined(serial, shimei_kenmen_kana=kana)

    @pytest.mark.parametrize(
        "kana,edabans",
        [
            ("ミホ", [1, 2, 3, 4, 6]),
            ("ミホン", [1, 2, 3, 4]),
            ("みほん", [1, 2, 3, 4]),
            ("ﾐﾎﾝ", [1, 2, 3, 4]),
            ("ミホンヤ", [2, 3]),
            ("ミホンヤマ", [2]),
            ("ﾐﾎﾝﾔﾏ", [2]),
            ("ミホンヤナギシタ", []),
            ("ミホン　タロウ", [1, 4]),
            ("ミホン タ", [1, 4]),
            ("ミホンタロウ", [1, 4]),
            ("ミホンタ", [1, 4]),
            ("ミホンヤマ　ハナ", [2]),
            ("ミホン　ハナ", []),
            ("リ　ナ", [5]),
            ("リナ", [5]),
            ("ミホノリ", [6]),
            ("ｶﾞｯｼﾖｳ", [7]),
            ("タロウ", []),
        ],
    )
    def test_a_name_is_found_by_how_it_begins(self, kana: str, edabans: list[int]) -> None:
        assert found(kana=kana) == edabans

    @pytest.mark.parametrize("kana", ["ミ", " ﾐ ", "ｶﾞ"])
    def test_one_kana_is_too_little(self, kana: str) -> None:
        with pytest.raises(Invalid) as refused:
            found(kana=kana)
        assert (refused.value.code, refused.value.pointer) == ("kana_mijikai", "kana")


class TestOtherCriteria:
    def test_card_with_and_without_edaban(self) -> None:
        joined(1, hihokenshasho_bango="77", edaban="01")
        joined(2, hihokenshasho_bango="77", edaban="02")
        joined(3, hihokenshasho_bango="78", edaban="01")
        joined(4, hihokenshasho_bango="77", edaban="01", hihokenshasho_kigo=None)

        assert found(kigo="100", bango="77") == [1, 2]
        assert found(kigo="１００", bango="７７", edaban="02") == [2]
        assert found(bango="77") == [4]
        assert found(kigo="100", bango="79") == []

    def test_a_withdrawn_card_leads_to_nobody(self) -> None:
        joined(1)
        register_one(by=clerk(), line=known("05", 1), now=LATER)

        assert found(kigo="100", bango="1") == []
        assert found(kana="ミホン", jotai="torikeshi") == [1]

    def test_birth_date_alone_or_with_a_name(self) -> None:
        joined(1)
        joined(2, seinengappi="1980-04-02")
        joined(3, seinengappi="1980-04-02", shimei_kenmen_kana="シケン　ジロウ")

        assert found(seinengappi=date(1980, 4, 2)) == [2, 3]
        assert found(seinengappi=date(1980, 4, 2), kana="シケン") == [3]

    def test_state_on_the_day(self) -> None:
        joined(1)
        joined(2, shikaku_soshitsu_ymd="2026-06-01")
        standing = join_line(3, kanyusha_kubun_code="02")
        register_one(by=clerk(), line=replace(standing, shikaku={}), now=NOW)

        assert [found(kana="ミホン", jotai=state) for state in ("yuko", "soshitsu", "nashi", "yotei")] == [
            [1], [2], [3], [],
        ]  # fmt: skip
        assert found(kana="ミホン", jotai="yotei", on=date(2026, 3, 31)) == [1, 2]
        assert found(kana="ミホン", jotai="yuko", on=date(2026, 5, 31)) == [1, 2]

    @pytest.mark.parametrize("criteria", [{}, {"jotai": "yuko"}, {"kigo": "100"}, {"kana": "　 "}])
    def test_without_a_criterion_nothing_is_searched(self, criteria: dict[str, str]) -> None:
        with pytest.raises(Invalid) as refused:
            found(**criteria)
        assert refused.value.code == "joken_nashi"

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-06")
    def test_members_of_another_insurer_are_never_hits(self) -> None:
        joined(1)

        other = clerk(OTHER_KENPO)
        assert found(by=other, kana="ミホン") == found(by=other, kigo="100", bango="1") == []
        assert found(by=other, seinengappi=date(1980, 4, 1)) == []

    @pytest.mark.kj("KJ-ENC-06")
    def test_only_tokens_reach_the_database(self, world: World) -> None:
        joined(1)
        statements: list[str] = []

        def noting(execute: Callable[..., object], statement: str, params: object, *rest: object) -> object:
            statements.append(f"{statement} {params}")
            return execute(statement, params, *rest)

        with connection.execute_wrapper(noting):
            found(kana="ミホン", bango="1", kigo="100", seinengappi=date(1980, 4, 1))

        assert len(statements) > 1
        assert not [text for text in statements for value in ("ミホン", "1980-04-01") if value in text]


class TestPaging:
    def test_pages_follow_edaban_and_lose_nobody(self) -> None:
        for serial in range(1, 6):
            joined(serial)

        first = search(kana="ミホン", limit=2)
        second = search(kana="ミホン", limit=2, after=first.next_after or 0)
        third = search(kana="ミホン", limit=2, after=second.next_after or 0)

        pages = [[item.hihokensha_edaban for item in page.items] for page in (first, second, third)]
        assert pages == [[1, 2], [3, 4], [5]]
        assert [page.next_after for page in (first, second, third)] == [2, 4, None]
        assert {page.count for page in (first, second, third)} == {5}

    @pytest.mark.parametrize("cap,count,capped", [(2, 2, True), (3, 3, False), (4, 3, False)])
    def test_the_count_is_exact_up_to_the_cap(
        self, monkeypatch: pytest.MonkeyPatch, cap: int, count: int, capped: bool
    ) -> None:
        monkeypatch.setattr(limits, "SEARCH_CAP", cap)
        for serial in range(1, 4):
            joined(serial)

        page = search(kana="ミホン")

        assert (page.count, page.capped) == (count, capped)

    @pytest.mark.parametrize("chunk", [1, 2, 3])
    def test_the_order_does_not_depend_on_how_candidates_are_read(
        self, monkeypatch: pytest.MonkeyPatch, chunk: int
    ) -> None:
        monkeypatch.setattr(module, "_CHUNK", chunk)
        for serial in range(1, 6):
            joined(serial, shimei_kenmen_kana="ミホン　タロウ" if serial % 2 else "ミホリ　タロウ")

        assert found(kana="ミホン") == [1, 3, 5]

    def test_a_whole_name_does_not_hide_longer_ones(self) -> None:
        for serial, kana in enumerate(("ミホン　タロウ", "ミホン　タ", "ミホン　タロウザエモン"), start=1):
            joined(serial, shimei_kenmen_kana=kana)

        assert found(kana="ミホン　タ") == [1, 2, 3]
        assert found(kana="ミホン　タロウ") == [1, 3]

    def test_a_search_that_stops_early_says_so_and_keeps_whole_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_CHUNK", 2)
        monkeypatch.setattr(module, "_SCAN_MAX", 4)
        names = ("ハナコ", "タロウ", "ハナコ", "タロウザエモン", "ハナコ", "タロウザエモン", "タロウ")
        for serial, name in enumerate(names, start=1):
            joined(serial, shimei_kenmen_kana=f"ミホン　{name}")

        cut = search(kana="ミホン　タロウ")
        assert [item.hihokensha_edaban for item in cut.items] == [2, 4, 7]
        assert cut.capped
        assert search(kana="ミホン").capped
        monkeypatch.setattr(module, "_SCAN_MAX", 8)
        assert found(kana="ミホン　タロウ") == [2, 4, 6, 7]
        assert not search(kana="ミホン　タロウ").capped

    @pytest.mark.parametrize("hits", [1, 4])
    def test_statements_do_not_grow_with_the_hits(
        self, django_assert_num_queries: DjangoAssertNumQueries, hits: int
    ) -> None:
        for serial in range(1, hits + 1):
            joined(serial)
        found(kana="ミホン")

        with django_assert_num_queries(5):  # BEGIN, zone, candidates, versions, COMMIT
            assert len(found(kana="ミホン")) == hits
        with django_assert_num_queries(6):  # and the insurer's numbers
            found(kigo="100", bango="1")
        with django_assert_num_queries(5):
            assert len(found(kana="ミホン　タロウ")) == hits


class TestDetail:
    @pytest.mark.kj("KJ-UI-04")
    def test_what_is_known_of_a_member_without_the_number(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        joined(1)
        register_one(by=clerk(), line=loss(1), now=LATER)
        row_id = row_id_of(1)

        with django_assert_num_queries(6):  # BEGIN, zone, person, versions, newest telegram, COMMIT
            detail = get_kanyusha(by=clerk(), row_id=row_id, on=TODAY, known_at=LATER)

        assert (detail.jotai, detail.has_kojin_bango, len(detail.periods)) == ("soshitsu", True, 1)
        assert detail.soshin is not None
        assert (detail.soshin.kind, detail.soshin.sent_at) == ("shikaku", None)
        assert bango(1) not in repr(detail)

    def test_after_a_teisei_the_newest_telegram_is_that_of_the_person_it_is_now(self) -> None:
        joined(1)
        teisei = known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="2")
        register_one(by=clerk(), line=teisei, now=LATER)

        detail = get_kanyusha(by=clerk(), row_id=row_id_of(1), on=TODAY, known_at=LATER)

        assert detail.soshin is not None
        assert detail.soshin.kind == "shikaku"

    @pytest.mark.kj("KJ-SHI-09")
    def test_as_it_was_known_then(self) -> None:
        joined(1)
        register_one(by=clerk(), line=loss(1), now=LATER)

        assert get_kanyusha(by=clerk(), row_id=row_id_of(1), on=TODAY, known_at=NOW).jotai == "yuko"
        with pytest.raises(NotFound):
            get_kanyusha(by=clerk(), row_id=row_id_of(1), on=TODAY, known_at=NOW.replace(year=2025))

    @pytest.mark.kj("KJ-ZONE-01")
    def test_not_there_and_not_yours_are_the_same(self, world: World) -> None:
        joined(1)
        messages = set()
        for by, row_id in ((clerk(OTHER_KENPO), row_id_of(1)), (clerk(), uuid4())):
            with pytest.raises(NotFound) as gone:
                get_kanyusha(by=by, row_id=row_id, on=TODAY, known_at=NOW)
            messages.add((gone.value.code, gone.value.message))

        assert len(messages) == 1
        assert list_edaban(by=clerk(OTHER_KENPO), row_ids=[row_id_of(1)]) == ()
        assert asked(world, "SELECT DISTINCT hokensha_code FROM shikaku_rireki") == [(KENPO,)]
        assert list_edaban(by=clerk(), row_ids=[uuid4(), row_id_of(1)]) == (1,)
