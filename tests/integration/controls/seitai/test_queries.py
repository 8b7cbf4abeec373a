from __future__ import annotations

import pytest

from chukan.controls.seitai.actions import begin, finish
from chukan.controls.seitai.queries import find_ninsho, list_authenticators, list_own_authenticators, live_keys
from chukan.controls.shokuin.domain import StaffSession
from chukan.kernel import clock
from tests.support.authenticator import registered
from tests.support.staff import an_operator, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FUGO = frozenset({("fugo", "koshin")})


def session_of(shokuin_id: str) -> StaffSession:
    return enter(shokuin_id, hokensha="").session


class TestLists:
    def test_list_the_own_organisation_and_the_own_person(self, world: World) -> None:
        for shokuin_id in ("K0001", "K0002"):
            an_operator(shokuin_id, kengen=FUGO)
            registered(shokuin_id)
        an_operator("U0001", "unyo_hoshu", kengen=frozenset({("unyo", "shokai")}))
        registered("U0001", zone="unyo_hoshu")
        registered("K0002", slot=2)
        by = session_of("K0002").principal(terminal="", request_id="")

        found = list_authenticators(by=by)

        assert [(row.shokuin_id, row.slot) for row in found] == [("K0001", 1), ("K0002", 1), ("K0002", 2)]
        assert list_own_authenticators(by=by) == found[1:]


class TestLiveKeys:
    def test_leave_out_those_that_have_ended(self, world: World) -> None:
        an_operator("K0001", kengen=FUGO)
        kept = registered("K0001")
        registered("K0001", slot=2)
        with world.admin() as admin:
            admin.execute("UPDATE seitai_authenticator SET ended_at = now(), ended_by = 'x' WHERE slot = 2")
        session = session_of("K0001")
        by = session.principal(terminal="", request_id="")

        keys = live_keys(by=by, zone=session.zone, account_id=session.account_id)

        assert [key.credential_id for key in keys] == [kept.credential_id]


class TestNinsho:
    @pytest.mark.kj("KJ-LOG-02")
    def test_a_confirmation_given_says_by_whom_and_with_what_in_the_own_organisation_only(self, world: World) -> None:
        an_operator("K0001", kengen=FUGO)
        key, session = registered("K0001"), session_of("K0001")
        by, now = session.principal(terminal="", request_id=""), clock.now()
        given, asked = (begin(by=by, session_id=session.session_id, purpose="x", bound=b"x", now=now) for _ in range(2))
        answer = key.get(given.options_json, count=None)
        finish(by=by, challenge_id=given.challenge_id, assertion_json=answer, now=now)

        found = find_ninsho(by=by, ninsho_id=[given.challenge_id, asked.challenge_id])

        assert list(found) == [given.challenge_id]
        assert (found[given.challenge_id].shokuin_id, found[given.challenge_id].meisho) == ("K0001", "試験の認証器")
        an_operator("U0001", "unyo_hoshu", kengen=frozenset({("unyo", "shokai")}))
        other = session_of("U0001").principal(terminal="", request_id="")
        assert find_ninsho(by=other, ninsho_id=[given.challenge_id]) == {}
