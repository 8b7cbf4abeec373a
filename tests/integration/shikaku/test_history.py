"""資格履歴 as a whole: both times against a naive reference, and what the database itself refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chukan.kernel.errors import RuleBroken
from shikaku.actions.register_one import Registered, register_one
from shikaku.queries.rireki import find_rireki
from tests.builders.lines import known, kojin_bango, line, message
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY0 = date(2020, 1, 1)


def register(body: dict[str, Any], now: datetime = NOW, hokensha: str = KENPO) -> Registered:
    return register_one(by=clerk(hokensha), line=line(body), now=now)


def refusal(body: dict[str, Any], now: datetime = NOW, hokensha: str = KENPO) -> list[str]:
    with pytest.raises(RuleBroken) as refused:
        register(body, now, hokensha)
    return [item.code for item in refused.value.errors]


# --- both times -------------------------------------------------------------------------------------------------------

steps = st.lists(
    st.tuples(st.sampled_from(["join", "lose", "move", "address", "withdraw"]), st.integers(0, 60), st.integers(1, 60)),
    min_size=2,
    max_size=6,
)


@dataclass
class Reference:
    """The same rules, told the simplest way: after each line the whole state is written down again."""

    periods: dict[int, dict[str, Any]] = field(default_factory=dict)
    known: list[tuple[datetime, dict[int, dict[str, Any]]]] = field(default_factory=list)

    def clash(self, start: date, end: date | None, but: int | None = None) -> bool:
        far = date.max
        return any(
            start < (held["to"] or far) and held["from"] < (end or far)
            for number, held in self.periods.items()
            if number != but and not held["withdrawn"]
        )

    def latest(self) -> int | None:
        return max((number for number, held in self.periods.items() if not held["withdrawn"]), default=None)

    def keep(self, at: datetime) -> None:
        self.known.append((at, {number: dict(held) for number, held in self.periods.items()}))

    def edges(self) -> list[date]:
        """Return the first and the last day of every period that ever stood, and the days around them."""
        ends = {held[end] for _, state in self.known for held in state.values() for end in ("from", "to") if held[end]}
        return sorted({end + timedelta(days=n) for end in ends for n in (-1, 0)})

    def at(self, known_at: datetime, on: date) -> list[tuple[int, str]]:
        state = [state for when, state in self.known if when <= known_at]
        return [
            (number, held["address"])
            for number, held in sorted(state[-1].items() if state else ())
            if not held["withdrawn"] and held["from"] <= on and (held["to"] is None or on < held["to"])
        ]


def play(reference: Reference, step: tuple[str, int, int], at: datetime, count: int) -> tuple[dict[str, Any], bool]:
    """Return the line of one step and whether it must be accepted; the reference is moved on."""
    what, offset, length = step
    start, latest = DAY0 + timedelta(days=offset), reference.latest()
    if what == "join":
        ok = not reference.clash(start, None)
        number = len(reference.periods) + 1
        if ok:
            # Who joins again keeps the address of the latest period; one withdrawn as a mistake passes nothing on.
            address = reference.periods[latest]["address"] if latest else ""
            reference.periods[number] = {
                "from": start, "to": None, "address": address, "withdrawn": False,
            }  # fmt: skip
        return message(1, shikaku={"shikaku_shutoku_ymd": start.isoformat()}), ok
    held = reference.periods.get(latest or 0)
    if what == "lose":
        end = start + timedelta(days=length)
        ok = held is not None and end > held["from"] and not reference.clash(held["from"], end, latest)
        if ok and held is not None:
            held.update(to=end)
        return known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": end.isoformat()}), ok
    if what == "move":
        ok = (
            held is not None
            and (held["to"] is None or start < held["to"])
            and not reference.clash(start, held["to"], latest)
        )
        if ok and held is not None and held["from"] != start:
            held.update({"from": start})
        return known("03", edaban=1, shikaku={"shikaku_shutoku_ymd": start.isoformat()}), ok
    if what == "address":
        if held is not None:
            held.update(address=f"見本県{count}")
        items = {"jusho": f"見本県{count}", "jusho_henko_ymd": "2026-01-01"}
        return known("03", edaban=1, kihon=items), held is not None
    if held is not None:
        held.update(withdrawn=True)
    return known("05", edaban=1), held is not None


class TestBothTimes:
    @pytest.mark.kj("KJ-SHI-09", "KJ-SHI-02", "KJ-SHI-03")
    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
    )
    @given(history=steps)
    @example(history=[("lose", 10, 5), ("join", 30, 1), ("withdraw", 0, 1), ("address", 0, 1), ("lose", 20, 1)])
    def test_every_day_as_known_at_every_instant_is_what_the_reference_says(
        self, world: World, history: list[tuple[str, int, int]]
    ) -> None:
        world.empty()
        reference, instants = Reference(), []
        for count, step in enumerate([("join", 5, 1), *history]):
            at = NOW + timedelta(minutes=count)
            body, ok = play(reference, step, at, count)
            if ok:
                register(body, at)
            else:
                refusal(body, at)
            reference.keep(at)
            instants += [at, at - timedelta(microseconds=1)]
        for known_at in instants:
            for on in reference.edges():
                found = find_rireki(by=clerk(), hihokensha_edaban=1, on=on, known_at=known_at).versions
                shown = [(version.shikaku_tsuban, version.joho["kihon"].get("jusho", "")) for version in found]
                assert shown == reference.at(known_at, on), (known_at, on, history)


# --- what the database refuses ----------------------------------------------------------------------------------------

_PERIOD = """
INSERT INTO shikaku_rireki (id, hokensha_code, hihokensha_edaban, rireki_tsuban, shikaku_tsuban, himozuke_bango,
  valid_from, valid_to, toroku_nichiji, shori_shubetsu_code, withdrawn, uketsuke_id, meisai_no, ct_joho)
SELECT gen_random_uuid(), hokensha_code, hihokensha_edaban, %s, %s, himozuke_bango, %s, %s, now(), '02', false,
  gen_random_uuid(), 1, '' FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 1
"""

_SOMEBODY_NEW = """
INSERT INTO shikaku_itaku_kukaku_kanyusha SELECT (jsonb_populate_record(k, jsonb_build_object(
  'id', gen_random_uuid(), 'hihokensha_edaban', 2, 'himozuke_bango', gen_random_uuid(), 'bi_bango', null))).*
FROM shikaku_itaku_kukaku_kanyusha k
"""
_SAME_DAYS = """
INSERT INTO shikaku_rireki (id, hokensha_code, hihokensha_edaban, rireki_tsuban, shikaku_tsuban, himozuke_bango,
  valid_from, toroku_nichiji, shori_shubetsu_code, withdrawn, uketsuke_id, meisai_no, ct_joho)
SELECT gen_random_uuid(), hokensha_code, 2, n, n, himozuke_bango, '2026-04-01', now(), '01', false,
  gen_random_uuid(), 1, '' FROM unnest(%s::integer[]) AS n, shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 2
"""


class TestTheDatabaseItself:
    @pytest.mark.kj("KJ-SHI-09")
    @pytest.mark.parametrize(
        ("start", "end", "fits"),
        [
            ("2026-04-01", None, False),
            ("2020-01-01", None, False),
            ("2020-01-01", "2026-04-02", False),
            ("2020-01-01", "2026-04-01", True),
            ("2026-09-30", "2026-10-05", False),
            ("2026-10-01", None, True),
        ],
    )
    def test_periods_of_one_person_do_not_overlap(self, world: World, start: str, end: str | None, fits: bool) -> None:
        register(message(1))
        register(known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), NOW + timedelta(seconds=1))
        with world.admin() as admin:
            admin.autocommit = False
            if fits:
                admin.execute(_PERIOD, [9, 2, start, end])
            else:
                with pytest.raises(psycopg.errors.ExclusionViolation):
                    admin.execute(_PERIOD, [9, 2, start, end])
            admin.rollback()

    def test_not_even_by_two_transactions_at_once(self, world: World) -> None:
        register(message(1))
        register(known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), NOW + timedelta(seconds=1))
        outcomes: list[str] = []
        ready = threading.Barrier(2)

        def add(rireki: int) -> None:
            with world.admin() as admin:
                admin.autocommit = False
                ready.wait()
                try:
                    admin.execute(_PERIOD, [rireki, rireki, "2026-11-01", None])
                    admin.commit()
                    outcomes.append("stands")
                except psycopg.errors.ExclusionViolation:
                    outcomes.append("refused")

        together([partial(add, n) for n in (8, 9)])
        assert sorted(outcomes) == ["refused", "stands"]

    @pytest.mark.parametrize(
        ("before", "last", "refusal"),
        [
            ([], [1, 2], psycopg.errors.ExclusionViolation),
            ([], [2, 1], psycopg.errors.ExclusionViolation),
            ([1], [2], psycopg.errors.ExclusionViolation),
            ([], [2], psycopg.errors.CheckViolation),
        ],
        ids=["both at once", "at once, the later one first", "one after the other", "a later one alone"],
    )
    def test_nor_do_those_of_somebody_new(
        self, world: World, before: list[int], last: list[int], refusal: type[psycopg.Error]
    ) -> None:
        register(message(1))
        with world.admin() as admin:
            admin.autocommit = False
            admin.execute(_SOMEBODY_NEW)
            admin.execute(_SAME_DAYS, [before])
            with pytest.raises(refusal):
                admin.execute(_SAME_DAYS, [last])
            admin.rollback()

    @pytest.mark.kj("KJ-SHI-09", "KJ-IN-05")
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE shikaku_rireki SET valid_to = '2030-01-01'",
            "UPDATE shikaku_rireki SET ct_joho = ''",
            "UPDATE shikaku_rireki SET withdrawn = true",
            "UPDATE shikaku_rireki SET superseded_at = NULL",
            "UPDATE shikaku_rireki SET superseded_at = now() + interval '1 year', valid_to = '2030-01-01'",
            "DELETE FROM shikaku_rireki",
            "TRUNCATE shikaku_rireki",
        ],
    )
    def test_a_version_is_final_for_the_administrator_too(self, world: World, change: str) -> None:
        register(message(1))
        with world.admin() as admin, pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute(change)

    def test_superseded_once_it_stays_superseded(self, world: World) -> None:
        register(message(1))
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_rireki SET superseded_at = toroku_nichiji + interval '1 day'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute("UPDATE shikaku_rireki SET superseded_at = toroku_nichiji + interval '2 days'")

    @pytest.mark.kj("KJ-ZONE-07", "KJ-SHI-01")
    def test_one_edaban_stands_once_in_an_insurer_and_again_in_another(self, world: World) -> None:
        register(message(1))
        register(message(1, hokensha=OTHER_KENPO), hokensha=OTHER_KENPO)
        with world.admin() as admin:
            held = admin.execute(
                "SELECT hokensha_code, hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha ORDER BY 1"
            ).fetchall()
            assert held == [(KENPO, 1), (OTHER_KENPO, 1)]
            with pytest.raises(psycopg.errors.UniqueViolation):
                admin.execute(
                    "INSERT INTO shikaku_itaku_kukaku_kanyusha SELECT (jsonb_populate_record(k, %s::jsonb)).*"
                    " FROM shikaku_itaku_kukaku_kanyusha k WHERE hokensha_code = %s",
                    [f'{{"id": "{uuid4()}", "bi_bango": null}}', KENPO],
                )


# --- who is whom ------------------------------------------------------------------------------------------------------


class TestWhoIsWhom:
    def test_two_different_people_in_one_line(self) -> None:
        register(message(1))
        register(message(2))

        wrong = known("03", edaban=1, kojin_bango=kojin_bango(2), kihon={"mibun": "x", "mibun_henko_ymd": "2026-05-01"})
        assert refusal(wrong) == ["E211"]

    def test_a_known_number_with_another_birthday_or_sex(self) -> None:
        register(message(1))
        register(known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-05-01"}), NOW + timedelta(seconds=1))

        for other in ({"seinengappi": "1981-04-01"}, {"seibetsu1": "1"}):
            assert refusal(message(1, kihon=other, shikaku={"shikaku_shutoku_ymd": "2026-06-01"})) == ["E212"]

    @pytest.mark.kj("KJ-SHI-08")
    def test_a_card_in_use_on_the_same_days(self) -> None:
        register(message(1))
        same_card = {key: message(1)["shikaku"][key] for key in ("hihokenshasho_kigo", "hihokenshasho_bango", "edaban")}

        assert refusal(message(2, shikaku=same_card)) == ["E213"]
        assert refusal(message(2, shikaku={"edaban": "1"})) == ["E207"]
        register(message(2, shikaku=same_card | {"edaban": "01"}))
        register(known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-05-01"}), NOW + timedelta(seconds=1))
        register(message(3, shikaku=same_card | {"shikaku_shutoku_ymd": "2026-05-01"}), NOW + timedelta(seconds=2))

    @pytest.mark.kj("KJ-SHI-05")
    def test_a_new_number_that_is_somebody_elses(self) -> None:
        register(message(1))
        register(message(2, hokensha=OTHER_KENPO), hokensha=OTHER_KENPO)

        change = known("03", edaban=1, koshingo_kojin_bango=kojin_bango(2), kojin_bango_koshin_kubun="1")
        assert refusal(change) == ["E214"]

    @pytest.mark.kj("KJ-IN-07", "KJ-SHI-01")
    @pytest.mark.parametrize("kubun", ["02", "03"])
    def test_one_who_waits_becomes_a_member_under_the_same_edaban(self, world: World, kubun: str) -> None:
        waiting = message(1, kihon={"kanyusha_kubun_code": kubun})
        del waiting["shikaku"]
        first = register(waiting)
        assert (first.hihokensha_edaban, first.shikaku_tsuban, first.keikoku) == (1, None, ())
        assert self._telegrams(world) == 0

        second = register(message(1), NOW + timedelta(seconds=1))
        assert (second.hihokensha_edaban, second.shikaku_tsuban, second.keikoku) == (1, 1, ())
        assert self._telegrams(world) == 1

    @pytest.mark.kj("KJ-IN-07")
    def test_household_members_without_numbers_are_each_a_person_of_their_own(self, world: World) -> None:
        body = message(1, kihon={"kanyusha_kubun_code": "03"})
        del body["shikaku"], body["kojin_bango"]
        assert [register(body).hihokensha_edaban for _ in range(2)] == [1, 2]

        with world.admin() as admin:
            row = admin.execute("SELECT count(DISTINCT himozuke_bango) FROM shikaku_itaku_kukaku_kanyusha").fetchone()
        assert row == (2,)

    @pytest.mark.kj("KJ-IN-07")
    def test_nobody_else_can_be_registered(self) -> None:
        assert "E205" in refusal(message(1, kihon={"kanyusha_kubun_code": "05"}))

    @pytest.mark.kj("KJ-SHI-06")
    @pytest.mark.parametrize("item", ["shimei_kenmen", "seibetsu1", "jusho", "seinengappi"])
    def test_a_changed_item_needs_its_day(self, item: str) -> None:
        register(message(1, kihon={"jusho": "見本県0"}))
        value = {"shimei_kenmen": "見本　改", "seibetsu1": "1", "jusho": "見本県9", "seinengappi": "1991-01-01"}[item]

        assert refusal(known("03", edaban=1, kihon={item: value})) == ["E208"]
        done = register(known("03", edaban=1, kihon={item: value, f"{item}_henko_ymd": "2026-05-01"}))
        assert done.keikoku == ()

    def test_nothing_different_is_a_warning_and_no_version(self, world: World) -> None:
        register(message(1))
        again = register(known("03", edaban=1, kihon={"seibetsu1": "2"}), NOW + timedelta(seconds=1))

        assert [item.code for item in again.keikoku] == ["W102"]
        assert self._telegrams(world) == 1

    @pytest.mark.kj("KJ-SHI-03")
    @pytest.mark.parametrize("code", ["03", "04", "05"])
    def test_change_loss_and_withdrawal_are_for_known_people_only(self, code: str) -> None:
        items: dict[str, Any] = {"shikaku": {"shikaku_soshitsu_ymd": "2026-05-01"}} if code == "04" else {}
        if code == "03":
            items = {"kihon": {"mibun": "x", "mibun_henko_ymd": "2026-05-01"}}
        assert refusal(known(code, edaban=7, **items)) == ["E203"]

    @staticmethod
    def _telegrams(world: World) -> int:
        with world.admin() as admin:
            row = admin.execute("SELECT count(*) FROM shikaku_onshi_soshin").fetchone()
        assert row is not None
        return int(row[0])


class TestAtOnce:
    @pytest.mark.kj("KJ-SHI-01", "KJ-SHI-02")
    def test_the_same_new_person_twice_in_one_insurer_has_one_edaban(self, world: World) -> None:
        outcomes: list[object] = []

        def join(day: str) -> None:
            try:
                outcomes.append(register(message(1, shikaku={"shikaku_shutoku_ymd": day})).hihokensha_edaban)
            except RuleBroken as refused:
                outcomes.append([item.code for item in refused.errors])

        together([lambda: join("2026-04-01"), lambda: join("2026-04-01")])
        assert 1 in outcomes
        assert ["E201"] in outcomes
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha").fetchone() == (1,)

    @pytest.mark.kj("KJ-SHI-01", "KJ-ZONE-07")
    def test_eight_at_once_get_eight_numbers_without_a_gap(self) -> None:
        given: list[int] = []

        def join(n: int) -> None:
            given.append(register(message(n)).hihokensha_edaban)

        together([partial(join, n) for n in range(1, 9)])

        assert sorted(given) == list(range(1, 9))

    @pytest.mark.kj("KJ-SHI-04")
    def test_the_same_new_person_at_two_insurers_is_one_person(self, world: World) -> None:
        calls: list[Callable[[], object]] = [
            lambda: register(message(1)),
            lambda: register(message(1, hokensha=OTHER_KENPO), hokensha=OTHER_KENPO),
        ]
        together(calls)

        with world.admin() as admin:
            held = admin.execute(
                "SELECT count(*), count(DISTINCT himozuke_bango) FROM shikaku_itaku_kukaku_kanyusha"
            ).fetchone()
            order = admin.execute("SELECT jun FROM shikaku_onshi_soshin ORDER BY 1").fetchall()
        assert held == (2, 1)
        assert order == [(1,), (2,)]


def together(calls: list[Callable[[], object]]) -> None:
    """Run calls at the same moment, each on a connection of its own; what one raises is raised here."""
    barrier, errors = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            call()
        except Exception as error:  # noqa: BLE001  # raised below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
