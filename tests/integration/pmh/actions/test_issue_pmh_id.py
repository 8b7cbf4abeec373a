"""One PMH-ID per person, whoever asks, in any order: the answers, what is written with them, and what never is."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.retry import done_again
from chukan.kernel.transactions import LostRace, own_transaction
from pmh.actions import issue_pmh_id as action
from pmh.actions.hakko_rows import erase_hakko
from pmh.actions.issue_pmh_id import Kotae, issue_pmh_id
from pmh.domain.pmh_id import is_pmh_id
from shikaku.actions.register_one import register_one
from shikaku.domain.line import TorokuLine
from shikaku.public import find_members
from tests.support.members import LATER, NOW, asked, bango, joined, known
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.principals import KENPO, OTHER_KENPO, clerk, machine, shuyaku
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pmh(world: World) -> Principal:
    return pmh_principal(a_pmh(world))


def hakko(world: World) -> list[tuple[Any, ...]]:
    return asked(world, "SELECT himozuke_bango, pmh_id FROM pmh_hakko_rireki ORDER BY 1")


def log_rows(world: World) -> list[tuple[str, list[str], dict[str, Any]]]:
    rows = asked(world, "SELECT result, targets, body FROM sosa_log_event WHERE kind = 'pmh_id_haraidashi' ORDER BY id")
    return [(result, targets, json.loads(bytes(body))["detail"]) for result, targets, body in rows]


class TestAnswers:
    @pytest.mark.kj("KJ-PMH-01", "KJ-PMH-02", "KJ-PMH-04")
    def test_a_person_has_one_whoever_insures_and_however_often_it_is_asked(self, world: World, pmh: Principal) -> None:
        joined(1)
        joined(2, by=clerk(OTHER_KENPO))

        first = issued(pmh, bango(1), bango(2))
        joined(1, by=clerk(OTHER_KENPO), now=LATER)
        again = issued(pmh, bango(2), bango(1), bango(2), jimu="03", now=LATER)

        assert all(one is not None and is_pmh_id(one) for one in first)
        assert len(set(first)) == 2
        assert again == [first[1], first[0], first[1]]
        assert sorted(pmh_id for _, pmh_id in hakko(world)) == sorted(str(one) for one in first)

    @pytest.mark.kj("KJ-PMH-01")
    def test_an_unknown_number_is_an_explicit_result_and_leaves_nothing(self, world: World, pmh: Principal) -> None:
        joined(1)
        before = asked(world, "SELECT jun FROM shikaku_himozuke")

        assert issued(pmh, bango(2), bango(3)) == [None, None]

        assert hakko(world) == []
        assert asked(world, "SELECT jun FROM shikaku_himozuke") == before
        assert log_rows(world) == [("not_found", [], {
            "jimu_kubun": "01", "hoho": "ikkatsu", "kensu": 2, "shinki": 0, "kizon": 0, "nashi": 2,
        })]  # fmt: skip

    def test_a_new_number_of_the_same_person_has_the_same(self, pmh: Principal) -> None:
        joined(1)
        joined(2)
        before = issued(pmh, bango(1))
        change = known("03", 1, koshingo_kojin_bango=bango(11), kojin_bango_koshin_kubun="1")
        register_one(by=clerk(), line=change, now=LATER)

        assert issued(pmh, bango(11), bango(1), now=LATER) == [*before, *before]

    def test_after_a_correction_it_stays_with_the_person_of_the_old_number(self, world: World, pmh: Principal) -> None:
        joined(1)
        before = issued(pmh, bango(1))
        fix = known("03", 1, koshingo_kojin_bango=bango(11), kojin_bango_koshin_kubun="2")
        register_one(by=clerk(), line=fix, now=LATER)

        old, new = issued(pmh, bango(1), bango(11), now=LATER)

        assert old is None
        assert new not in (None, *before)
        assert len(hakko(world)) == 2

    def test_nobody_asked_for_is_nobody_answered(self, world: World, pmh: Principal) -> None:
        assert issued(pmh) == []
        assert hakko(world) == []

    @pytest.mark.kj("KJ-EXT-07")
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(picked=st.lists(st.integers(1, 5), max_size=12))
    def test_any_list_comes_back_in_its_order_number_by_number(self, pmh: Principal, picked: list[int]) -> None:
        numbers = [bango(900 + one) for one in picked]

        answers = issue_pmh_id(by=pmh, jimu_kubun="02", hoho="ikkatsu", kojin_bango=numbers, now=NOW)

        assert [one.kojin_bango for one in answers] == numbers

    def test_an_answer_shows_nothing_of_itself(self) -> None:
        assert repr(Kotae(bango(1), "ABC")) == "Kotae(****)"


class TestInBetween:
    """What is registered between the look and the issue is seen."""

    @pytest.mark.kj("KJ-PMH-01")
    @pytest.mark.parametrize(
        "line",
        [known("05", 1), known("03", 1, koshingo_kojin_bango=bango(11), kojin_bango_koshin_kubun="2")],
        ids=["torikeshi", "teisei"],
    )
    def test_who_is_no_member_any_more_gets_none_and_nothing_is_owed(
        self, world: World, pmh: Principal, monkeypatch: pytest.MonkeyPatch, line: TorokuLine
    ) -> None:
        joined(1)
        sound, looks = find_members, []

        def registers() -> None:
            try:
                register_one(by=clerk(), line=line, now=LATER)
            finally:
                connections.close_all()

        def looked(**given: Any) -> object:
            found = sound(**given)
            looks.append(len(found))
            if len(looks) == 1:
                between = threading.Thread(target=registers)
                between.start()
                between.join()
            return found

        monkeypatch.setattr(action, "find_members", looked)
        answers = done_again(lambda: issued(pmh, bango(1), now=LATER))

        assert (answers, looks) == ([None], [1, 0])
        assert hakko(world) == []
        assert asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE kind = 'pmh_id'") == [(0,)]
        assert asked(world, "SELECT count(*) FROM shikaku_himozuke WHERE pmh_id IS NOT NULL") == [(0,)]


class TestWhatIsWritten:
    @pytest.mark.kj("KJ-PMH-09", "KJ-IN-11")
    def test_every_answer_is_one_row_of_the_log_and_one_of_the_counts_and_none_has_a_number(
        self, world: World, pmh: Principal
    ) -> None:
        joined(1)
        issued(pmh, bango(1), bango(2))
        issued(pmh, bango(1), jimu="02")

        person = str(hakko(world)[0][0])
        assert [(result, targets, detail["jimu_kubun"]) for result, targets, detail in log_rows(world)] == [
            ("ok", [person], "01"),
            ("ok", [person], "02"),
        ]
        assert [detail["kizon"] for _, _, detail in log_rows(world)] == [0, 1]
        counts = asked(
            world,
            "SELECT client_id, jimu_kubun, hoho, result_code, issued_count, repeated_count, unknown_count"
            " FROM pmh_irai ORDER BY jimu_kubun",
        )
        assert counts == [
            (pmh.actor_id, "01", "ikkatsu", "ok", 1, 0, 1),
            (pmh.actor_id, "02", "ikkatsu", "ok", 0, 1, 0),
        ]
        for table in ("sosa_log_event", "pmh_irai", "pmh_hakko_rireki", "shikaku_himozuke", "outbox_message"):
            text = str(asked(world, f"SELECT t::text FROM {table} t"))
            assert bango(1) not in text
            assert bango(2) not in text

    @pytest.mark.kj("KJ-PMH-09")
    def test_no_pmh_id_is_in_the_log(self, world: World, pmh: Principal) -> None:
        joined(1)
        pmh_id = issued(pmh, bango(1))[0]

        assert str(pmh_id) not in str(asked(world, "SELECT body, t::text FROM sosa_log_event t"))

    @pytest.mark.kj("KJ-PMH-06")
    def test_when_the_log_cannot_be_written_nothing_is_issued(self, world: World, pmh: Principal) -> None:
        joined(1)
        with world.admin() as admin:
            admin.execute("REVOKE INSERT ON sosa_log_event FROM chukan_web")
        try:
            with pytest.raises(ProgrammingError):
                issued(pmh, bango(1))
        finally:
            with world.admin() as admin:
                admin.execute("GRANT INSERT ON sosa_log_event TO chukan_web")

        assert hakko(world) == []
        assert asked(world, "SELECT pmh_id FROM shikaku_himozuke") == [(None,)]
        assert asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE kind = 'pmh_id'") == [(0,)]
        assert asked(world, "SELECT count(*) FROM pmh_irai") == [(0,)]

    @pytest.mark.kj("KJ-PMH-06")
    def test_one_telegram_a_person_however_often_it_is_asked(self, world: World, pmh: Principal) -> None:
        joined(1)
        for _ in range(3):
            issued(pmh, bango(1), bango(1))

        assert asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE kind = 'pmh_id'") == [(1,)]


class TestKeptThoughErased:
    def test_a_person_whose_issue_was_erased_is_answered_with_the_same_and_owed_no_telegram(
        self, world: World, pmh: Principal
    ) -> None:
        joined(1)
        before = issued(pmh, bango(1))
        with world.admin() as admin:
            admin.execute("DELETE FROM pmh_hakko_rireki")

        assert issued(pmh, bango(1), now=LATER) == before
        assert len(hakko(world)) == 1
        assert asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE kind = 'pmh_id'") == [(1,)]
        assert asked(world, "SELECT issued_count, repeated_count FROM pmh_irai ORDER BY answered_at") == [
            (1, 0),
            (0, 1),
        ]

    def test_an_erasure_between_looking_and_writing_does_not_make_a_second_one(
        self, world: World, pmh: Principal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        joined(1)
        held: list[str | None] = []

        def first_another(**asked_for: Any) -> object:
            found = looked(**asked_for)
            if not held:  # somebody else issues and the issue is erased, after this one has looked
                held.append("")
                with world.admin() as admin:
                    admin.execute("UPDATE shikaku_himozuke SET pmh_id = 'THEIRS', pmh_id_jun = jun")
            return found

        looked = vars(action)["find_members"]
        monkeypatch.setattr(action, "find_members", first_another)
        with pytest.raises(LostRace):
            issued(pmh, bango(1))
        assert hakko(world) == []

        held.clear()
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_himozuke SET pmh_id = NULL, pmh_id_jun = NULL")
        assert done_again(lambda: issued(pmh, bango(1))) == ["THEIRS"]


class TestWhoMayAsk:
    @pytest.mark.kj("KJ-PMH-08")
    @pytest.mark.parametrize(
        ("kakunin", "minaoshi", "answered"),
        [
            (date(2026, 11, 20), date(2026, 11, 21), True),
            (date(2026, 11, 21), date(2027, 11, 21), False),  # confirmed tomorrow
            (date(2025, 11, 20), date(2026, 11, 20), False),  # to be looked at again today
        ],
    )
    def test_an_entrustment_counts_from_its_confirmation_until_its_review(
        self, world: World, kakunin: date, minaoshi: date, *, answered: bool
    ) -> None:
        joined(1)
        by = pmh_principal(a_pmh(world, kakunin=kakunin, minaoshi=minaoshi))

        if answered:
            assert issued(by, bango(1), now=NOW) != [None]
            return
        with pytest.raises(NotPermitted) as refused:
            issued(by, bango(1), now=NOW)
        assert refused.value.code == "itaku_kakunin_nashi"
        assert hakko(world) == []

    @pytest.mark.kj("KJ-PMH-08")
    def test_a_jimu_without_an_entrustment_is_refused_and_the_others_are_not(self, world: World) -> None:
        joined(1)
        by = pmh_principal(a_pmh(world, jimu=("02",)))

        assert issued(by, bango(1), jimu="02") != [None]
        for jimu in ("01", "03"):
            with pytest.raises(NotPermitted):
                issued(by, bango(1), jimu=jimu)

    @pytest.mark.kj("KJ-IN-09", "KJ-EXT-08")
    @pytest.mark.parametrize(
        "by",
        [
            clerk(), machine(KENPO), shuyaku(), system_principal(actor_id="worker"),
            replace(system_principal(actor_id="x"), channel="operator", soshiki="shiharai_kikin"),
            replace(system_principal(actor_id="x"), channel="onshi"),
            replace(system_principal(actor_id="x"), channel="nws"),
            replace(system_principal(actor_id="x"), channel="command"),
        ],
        ids=lambda by: by.channel,
    )  # fmt: skip
    def test_nobody_else_may_whatever_door_let_them_in(self, world: World, by: Principal) -> None:
        joined(1)
        as_client = replace(by, actor_id=a_pmh(world).client_id)

        with pytest.raises(NotPermitted):
            issued(as_client, bango(1))
        assert hakko(world) == []

    @pytest.mark.kj("KJ-ZONE-15")
    def test_the_database_issues_nothing_in_an_insurers_zone(self, world: World) -> None:
        @own_transaction
        def tried(*, by: Principal) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pmh_issue('{}', '{}', now())")

        tried(by=system_principal(actor_id="x"))
        with pytest.raises(ProgrammingError, match="called in a zone"):
            tried(by=clerk())

    @pytest.mark.parametrize("role", ["worker", "relay", "kanri", "sealer", "operator"])
    def test_no_other_process_can(self, world: World, role: str) -> None:
        with as_role(world, role), pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as c:
            c.execute("SELECT pmh_issue('{}', '{}', now())")


def test_only_the_rows_that_are_named_are_erased(world: World, pmh: Principal) -> None:
    joined(1)
    joined(2)
    issued(pmh, bango(1), bango(2), now=NOW + timedelta(seconds=1))
    gone = hakko(world)[0][0]

    @own_transaction
    def erased(*, by: Principal) -> int:
        return erase_hakko(by=by, himozuke_bango=[gone])

    with as_role(world, "worker"):
        assert erased(by=system_principal(actor_id="beat")) == 1
    assert [person for person, _ in hakko(world)] != [gone]
    assert len(hakko(world)) == 1
