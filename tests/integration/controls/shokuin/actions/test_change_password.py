import pytest

from chukan.controls.shokuin.actions.change_password import change_own_password
from chukan.controls.shokuin.actions.sign_in import SignedIn
from chukan.kernel import clock
from chukan.kernel.errors import ErrorItem, RuleBroken
from tests.support.staff import PASSWORD, a_staff, enter, is_refused
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "betsu-no-aikotoba-2026"


def change(opened: SignedIn, *, current: str = PASSWORD, new: str = NEW, repeated: str = NEW) -> list[str]:
    """Change the own password; return the fields that were refused, never with what was typed."""
    faults: list[ErrorItem] = []
    try:
        change_own_password(
            by=opened.session.principal(terminal="127.0.0.1", request_id="req"),
            session=opened.session,
            current=current,
            new=new,
            repeated=repeated,
            now=clock.now(),
        )
    except RuleBroken as error:
        faults = list(error.errors)
    assert not any(new in item.message or current in item.message for item in faults)
    return [item.pointer for item in faults]


@pytest.fixture
def opened(world: World) -> SignedIn:
    """A clerk, signed in."""
    a_staff()
    return enter()


class TestChangeOwnPassword:
    def test_takes_effect_at_once(self, opened: SignedIn) -> None:
        assert change(opened) == []

        assert is_refused()
        assert enter(password=NEW).key

    def test_names_every_fault_and_changes_nothing(self, opened: SignedIn) -> None:
        faults = change(opened, current="mihon-no-aikotoba-2025", new="mijikai", repeated="chigau")

        assert faults == ["current", "new", "repeated"]
        assert enter().key

    def test_refuses_what_was_used_before(self, opened: SignedIn) -> None:
        assert change(opened, new=PASSWORD, repeated=PASSWORD) == ["new"]
        assert change(opened) == []
        assert change(opened, current=NEW, new=PASSWORD, repeated=PASSWORD) == ["new"]

    def test_is_written_down_without_the_password(self, world: World, opened: SignedIn) -> None:
        change(opened)
        with world.admin() as admin:
            bodies = admin.execute("SELECT body FROM sosa_log_event WHERE kind = 'password_changed'").fetchall()
        assert len(bodies) == 1
        assert NEW.encode() not in bytes(bodies[0][0])
