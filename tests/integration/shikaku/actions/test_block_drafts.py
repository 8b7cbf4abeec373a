"""A drafted block and a planned one come to the same, and a draft is taken only where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace, own_transaction
from shikaku.actions import block_zone
from shikaku.actions.block_zone import LineOutcome
from shikaku.actions.draft import Drafter
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.actions.register_itaku_kukaku import register_itaku_kukaku
from shikaku.domain.line import TorokuLine
from shikaku.queries.held import open_joho
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts
from tests.support.members import NOW, asked, bango, join_line, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
UKETSUKE = UUID(int=1)


def prepared(by: Principal, lines: Sequence[TorokuLine], *, drafted: bool) -> list[PreparedLine]:
    indexes = ZoneIndexes()
    drafters = {zone: Drafter(zone=zone, uketsuke_id=UKETSUKE, index=indexes(zone)) for zone in by.sendable}
    given_lines = [GivenLine(number, number + 1, b"", line) for number, line in enumerate(lines, start=1)]
    return prepare_lines(
        given_lines,
        facts=get_line_facts(by=by, on=NOW.date()),
        index_of=indexes,
        drafter_of=drafters.__getitem__ if drafted else None,
    )


@own_transaction
def in_one(*, by: Principal, lines: Sequence[PreparedLine], now: datetime) -> tuple[LineOutcome, ...]:
    return register_itaku_kukaku(by=by, lines=lines, uketsuke_id=UKETSUKE, index_of=ZoneIndexes(), now=now).outcomes


def register(
    *lines: TorokuLine, drafted: bool = True, by: Principal | None = None
) -> list[tuple[str, str, int | None, int | None]]:
    by = by or clerk()
    given = prepared(by, lines, drafted=drafted)
    try:
        outcomes = in_one(by=by, lines=given, now=NOW)
    except LostRace:  # a draft was given up: the block is begun anew, as whoever drives a file does
        outcomes = in_one(by=by, lines=given, now=NOW)
    return [(one.kubun, " ".join(v.code for v in one.violations), one.edaban, one.shikaku_tsuban) for one in outcomes]


def state(world: World, zone: str = KENPO) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that was written, without what is drawn by chance, with what is sealed opened."""
    versions = [
        (*row[:-2], str(open_joho(zone, row[-2], bytes(row[-1]))))
        for row in asked(
            world,
            "SELECT hihokensha_edaban, rireki_tsuban, shikaku_tsuban, valid_from, valid_to, toroku_nichiji,"
            " superseded_at, shori_shubetsu_code, withdrawn, t_kigo_bango, uketsuke_id, meisai_no, id,"
            " ct_joho FROM shikaku_rireki WHERE hokensha_code = %s ORDER BY 1, 2",
            zone,
        )
    ]
    persons = []
    for row in asked(
        world,
        "SELECT hihokensha_edaban, kanyusha_kubun_code, fugo_shutoku_yokyu_kubun, t_kana2, t_kana4, t_kana_full,"
        " t_seinengappi, last_shikaku_tsuban, last_rireki_tsuban, last_recorded_at, bi_bango, id, ct_kojin_bango"
        " FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s ORDER BY 1",
        zone,
    ):
        number = open_envelope(
            get_keyring(),
            table="shikaku_itaku_kukaku_kanyusha",
            envelope="kojin_bango",
            hokensha_code=zone,
            row_id=row[-2],
            data=bytes(row[-1]),
        )
        persons.append((*row[:-3], bytes(row[-3]), number))
    return {
        "persons": persons,
        "versions": versions,
        "telegrams": asked(
            world,
            "SELECT hihokensha_edaban, jun, kind, as_of, owed_at, available_at, attempts FROM shikaku_onshi_soshin"
            " WHERE hokensha_code = %s ORDER BY 1, 2, 3, 4",  # a person who moved has an order at each 紐付番号
            zone,
        ),
        "numbers": asked(world, "SELECT count(*), count(DISTINCT himozuke_bango) FROM shikaku_kojin_bango_sakuin"),
        "orders": asked(
            world,
            "SELECT k.hihokensha_edaban, h.jun FROM shikaku_itaku_kukaku_kanyusha k JOIN shikaku_himozuke h"
            " USING (himozuke_bango) WHERE hokensha_code = %s ORDER BY 1",
            zone,
        ),
        "linked": asked(
            world,
            "SELECT count(*) FROM shikaku_rireki r JOIN shikaku_itaku_kukaku_kanyusha k"
            " USING (hokensha_code, hihokensha_edaban, himozuke_bango)"
            " JOIN shikaku_onshi_soshin s USING (hokensha_code, hihokensha_edaban, himozuke_bango)",
        ),
    }


STORY = (
    join_line(1),
    join_line(2, jusho="見本県\t見本市\\N \n1-1", shimei_kenmen_kana=None),
    join_line(3, kanyusha_kubun_code="02", **dict.fromkeys(
        ("hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango", "edaban", "shikaku_shutoku_ymd",
         "honnin_kazoku_kubun"))),
    loss(1),
    join_line(1, shikaku_shutoku_ymd="2026-11-01"),
    join_line(4, hihokenshasho_bango="2"),
    join_line(2),
    known("03", 2, kihon={"jusho": "見本県見本市2-2", "jusho_henko_ymd": "2026-11-01"}),
    known("03", 1, koshingo_kojin_bango=bango(90), kojin_bango_koshin_kubun="1"),
    known("03", 2, koshingo_kojin_bango=bango(1), kojin_bango_koshin_kubun="1"),
    replace(join_line(5), fugo_shutoku_yokyu_kubun="0"),
    join_line(5, seinengappi="1980-04-02"),
    join_line(6, shikaku_soshitsu_ymd="2026-05-01"),
    join_line(7, shikaku_shutoku_ymd="2027-04-01"),
)  # fmt: skip  # one member a line


Result = list[tuple[str, str, int | None, int | None]]


def both(world: World, *blocks: Sequence[TorokuLine]) -> tuple[list[object], list[object]]:
    """Return results and state of the same blocks, once planned line by line and once drafted."""
    found: list[list[object]] = []
    for drafted in (False, True):
        world.empty()
        found.append([[register(*block, drafted=drafted) for block in blocks], state(world)])
    return found[0], found[1]


# Few people and cards, so that lines meet: the same number again, the same card, a loss before a new period.
_JOINS = st.builds(
    lambda serial, card, day, end: join_line(
        serial, hihokenshasho_bango=str(card), shikaku_shutoku_ymd=day, shikaku_soshitsu_ymd=end
    ),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from(["2026-04-01", "2026-08-01", "2027-04-01"]),
    st.sampled_from([None, None, "2026-06-01", "2026-04-01"]),
)
_OTHERS = st.one_of(
    st.builds(loss, st.integers(1, 4), st.sampled_from(["2026-07-01", "2026-10-01"])),
    st.builds(lambda edaban: known("05", edaban), st.integers(1, 4)),
    st.builds(
        lambda edaban, serial, kubun: known(
            "03", edaban, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun
        ),
        st.integers(1, 4),
        st.integers(1, 6),
        st.sampled_from(["1", "2"]),
    ),
    st.builds(
        lambda edaban, card: known("03", edaban, shikaku={"hihokenshasho_bango": str(card)}),
        st.integers(1, 4),
        st.integers(1, 4),
    ),
)
_BLOCKS = st.lists(st.lists(st.one_of(_JOINS, _JOINS, _OTHERS), min_size=1, max_size=12), min_size=1, max_size=2)


class TestSame:
    def test_a_story_of_one_block(self, world: World) -> None:
        assert [line.draft is not None for line in prepared(clerk(), STORY, drafted=True)].count(True) >= 7

        planned, drafted = both(world, STORY)

        assert drafted == planned

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(blocks=_BLOCKS)
    @example(
        blocks=[
            [
                join_line(1),
                known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="2"),
                known("03", 1, koshingo_kojin_bango=bango(1), kojin_bango_koshin_kubun="2"),
            ]
        ]
    )
    @example(
        blocks=[
            [join_line(1), join_line(2), known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="1")],
            [known("03", 1, koshingo_kojin_bango=bango(3), kojin_bango_koshin_kubun="2"), join_line(3), join_line(1)],
        ]
    )
    def test_any_story_of_one_or_two_blocks(self, world: World, blocks: list[list[TorokuLine]]) -> None:
        planned, drafted = both(world, *blocks)

        assert drafted == planned


class TestTaken:
    def test_most_lines_never_come_to_the_planner(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = prepared(clerk(), [join_line(serial) for serial in range(1, 31)], drafted=True)
        monkeypatch.setattr(block_zone, "plan_registration", None)  # whoever calls it now fails

        outcomes = in_one(by=clerk(), lines=lines, now=NOW)

        assert [one.edaban for one in outcomes] == list(range(1, 31))
        assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(30,)]

    def test_not_for_a_number_that_is_known_here(self) -> None:
        register(join_line(1))

        assert register(join_line(1, shikaku_shutoku_ymd="2026-05-01")) == [("9", "E201", None, None)]

    def test_not_with_a_card_that_another_uses(self) -> None:
        register(join_line(1))

        assert register(join_line(2, hihokenshasho_bango="1"), join_line(3)) == [
            ("9", "E213", None, None),
            ("1", "", 2, 1),
        ]

    def test_not_when_its_seals_are_of_another_key(self, world: World) -> None:
        by = clerk()
        lines = prepared(by, [join_line(1)], drafted=True)
        assert lines[0].draft is not None
        lines[0].draft = lines[0].draft._replace(key_id=lines[0].draft.key_id + 1, kanyusha=b"spoiled")

        assert [one.kubun for one in in_one(by=by, lines=lines, now=NOW)] == ["1"]
        assert state(world)["persons"]

    def test_a_person_of_another_insurer_keeps_himozuke_bango_and_order(self, world: World) -> None:
        other = clerk(OTHER_KENPO)
        register(join_line(1, zone=OTHER_KENPO), join_line(2, zone=OTHER_KENPO), by=other)

        register(join_line(2), join_line(3))

        telegrams = asked(
            world,
            "SELECT hokensha_code, hihokensha_edaban, jun, count(*) OVER (PARTITION BY himozuke_bango)"
            " FROM shikaku_onshi_soshin ORDER BY 1, 2",
        )
        assert telegrams == sorted([(KENPO, 1, 2, 2), (KENPO, 2, 1, 1), (OTHER_KENPO, 1, 1, 1), (OTHER_KENPO, 2, 1, 2)])
        assert asked(world, "SELECT jun FROM shikaku_himozuke ORDER BY 1") == [(1,), (1,), (2,)]

    def test_two_towns_of_one_block_have_rows_of_their_own_and_a_person_of_both_one_order(self, world: World) -> None:
        by = shuyaku()
        lines = [
            join_line(serial, zone=town, hokensha_bango=town[2:], jusho="見本県見本市1-1")
            for town in SHICHOSON
            for serial in range(1, 26)
        ]
        given_lines = prepared(by, lines, drafted=True)
        assert all(line.draft is not None for line in given_lines)

        outcomes = in_one(by=by, lines=given_lines, now=NOW)

        assert [one.edaban for one in outcomes] == [*range(1, 26), *range(1, 26)]
        assert asked(
            world,
            "SELECT hokensha_code, count(DISTINCT himozuke_bango), min(jun), max(jun) FROM shikaku_onshi_soshin"
            " GROUP BY 1 ORDER BY 1",
        ) == [(SHICHOSON[0], 25, 1, 1), (SHICHOSON[1], 25, 2, 2)]
        assert asked(world, "SELECT count(*), count(DISTINCT himozuke_bango) FROM shikaku_rireki") == [(50, 25)]
