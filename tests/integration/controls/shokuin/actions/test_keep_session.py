from datetime import UTC, datetime, timedelta

import pytest

from chukan.controls.shokuin.actions.keep_session import (
    consume_step_up,
    end_session,
    lock_session,
    step_up,
    touch_session,
    unlock_session,
)
from chukan.controls.shokuin.actions.sign_in import SignedIn
from chukan.controls.shokuin.domain import EndReason, StaffSession, decide_session
from chukan.controls.shokuin.queries import find_session, times
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.principal import Principal
from tests.support.staff import PASSWORD, a_staff, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def who(opened: SignedIn) -> Principal:
    """Return the person signed in."""
    return opened.session.principal(terminal="127.0.0.1", request_id="req")


def held(key: str) -> StaffSession:
    """Return the session as it is now."""
    found = find_session(key=key)
    assert found is not None
    return found


@pytest.fixture
def opened(world: World) -> SignedIn:
    """A clerk, signed in."""
    a_staff()
    return enter()


class TestLock:
    def test_stays_until_the_password_is_given(self, opened: SignedIn) -> None:
        by, session, now = who(opened), opened.session, clock.now()
        lock_session(by=by, zone=session.zone, session_id=session.session_id, now=now)
        touch_session(by=by, zone=session.zone, session_id=session.session_id, now=now)
        assert decide_session(held(opened.key), times=times(), now=now).state == "locked"

        with pytest.raises(NotAuthenticated):
            unlock_session(by=by, session=session, password="mihon-no-aikotoba-2025", now=now)
        assert decide_session(held(opened.key), times=times(), now=now).state == "locked"

        unlock_session(by=by, session=session, password=PASSWORD, now=now)
        assert decide_session(held(opened.key), times=times(), now=now).state == "active"

    def test_ends_the_session_when_the_tries_are_used_up(self, opened: SignedIn) -> None:
        by, session, now = who(opened), opened.session, clock.now()
        for _ in range(6):
            with pytest.raises(NotAuthenticated):
                unlock_session(by=by, session=session, password="mihon-no-aikotoba-2025", now=now)

        assert held(opened.key).ended_at is not None

    def test_is_written_down_once(self, world: World, opened: SignedIn) -> None:
        by, session = who(opened), opened.session
        for _ in range(2):
            lock_session(by=by, zone=session.zone, session_id=session.session_id, now=clock.now())
        with world.admin() as admin:
            kinds = admin.execute("SELECT kind FROM sosa_log_event WHERE kind IN ('lock', 'unlock')").fetchall()
        assert kinds == [("lock",)]


class TestEndSession:
    def test_is_for_good(self, opened: SignedIn) -> None:
        by, session, now = who(opened), opened.session, clock.now()
        end_session(by=by, zone=session.zone, session_id=session.session_id, reason=EndReason.LOGOUT, now=now)
        touch_session(by=by, zone=session.zone, session_id=session.session_id, now=now + timedelta(minutes=1))

        after = held(opened.key)
        assert after.ended_at == now
        assert decide_session(after, times=times(), now=now).state == "ended"

    def test_of_another_zone_is_out_of_reach(self, opened: SignedIn) -> None:
        end_session(
            by=who(opened),
            zone="06139992",
            session_id=opened.session.session_id,
            reason=EndReason.LOGOUT,
            now=clock.now(),
        )
        assert held(opened.key).ended_at is None


class TestStepUp:
    def use(self, opened: SignedIn, now: datetime) -> bool:
        session = opened.session
        return consume_step_up(by=who(opened), zone=session.zone, session_id=session.session_id, times=times(), now=now)

    def test_opens_one_number_and_changes_the_key(self, opened: SignedIn) -> None:
        now = clock.now()
        assert not self.use(opened, now)

        key = step_up(by=who(opened), session=opened.session, password=PASSWORD, now=now)

        assert key != opened.key
        assert find_session(key=opened.key) is None
        assert held(key).session_id == opened.session.session_id
        assert self.use(opened, now)
        assert not self.use(opened, now)

    @pytest.mark.parametrize("age,fresh", [(timedelta(minutes=4, seconds=59), True), (timedelta(minutes=5), False)])
    def test_lasts_less_than_five_minutes(self, opened: SignedIn, age: timedelta, fresh: bool) -> None:
        now = clock.now()
        step_up(by=who(opened), session=opened.session, password=PASSWORD, now=now)

        assert self.use(opened, now + age) is fresh

    def test_does_not_outlive_a_lock(self, opened: SignedIn) -> None:
        by, session, now = who(opened), opened.session, clock.now()
        step_up(by=by, session=session, password=PASSWORD, now=now)
        lock_session(by=by, zone=session.zone, session_id=session.session_id, now=now)
        unlock_session(by=by, session=session, password=PASSWORD, now=now)

        assert not self.use(opened, now)

    def test_needs_the_right_password(self, opened: SignedIn) -> None:
        with pytest.raises(NotAuthenticated):
            step_up(by=who(opened), session=opened.session, password="mihon-no-aikotoba-2025", now=clock.now())
        assert not self.use(opened, clock.now())
