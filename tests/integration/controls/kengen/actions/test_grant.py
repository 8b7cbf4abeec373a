from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.kengen.actions import StaffInput, change_staff, grant_approved, keep_staff_slip
from chukan.controls.kengen.queries import list_rights
from chukan.controls.shokuin.queries import ShokuinRow, list_shokuin
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.shonin import AGREE, kikin
from tests.support.staff import an_operator
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Right = tuple[str, str]
CODE: Right = ("fugo", "koshin")
WATCH: Right = ("unyo", "shokai")


@own_transaction
def give(*, by: Principal, zone: str, shokuin_pk: UUID, right: Right, valid_to: date, now: datetime) -> None:
    """Give a right in a transaction of its own."""
    grant_approved(by=by, zone=zone, shokuin_pk=shokuin_pk, right=right, shinseisha="K0009", valid_to=valid_to, now=now)


@pytest.fixture
def by(world: World) -> Principal:
    an_operator("K0001", kengen=AGREE)
    an_operator("K0002", kengen=frozenset({WATCH}))
    return kikin("K0001")


def the(by: Principal) -> ShokuinRow:
    return next(row for row in list_shokuin(by=by) if row.shokuin_id == "K0002")


def given(by: Principal, right: Right = CODE) -> None:
    row = the(by)
    give(by=by, zone=row.zone, shokuin_pk=row.id, right=right, valid_to=row.valid_to, now=clock.now())


def rights(by: Principal, *, on: date) -> frozenset[Right]:
    row = the(by)
    return list_rights(by=by, zone=row.zone, shokuin_pk=row.id, on=on).kengen


def change(by: Principal, *kengen: Right, valid_to: date | None = None) -> None:
    row = the(by)
    wanted = StaffInput("K0002", row.shimei, row.valid_from, valid_to or row.valid_to, frozenset(kengen), frozenset())
    slip = keep_staff_slip(by=by, content={}, now=clock.now())
    change_staff(by=by, slip_id=slip, row_id=row.id, given=wanted, first_password=False, now=clock.now())


class TestGrantApproved:
    @pytest.mark.kj("KJ-AUTH-20")
    def test_gives_one_right_once(self, by: Principal) -> None:
        given(by)
        assert rights(by, on=clock.today_jst()) == {WATCH, CODE}
        with pytest.raises(Conflict):
            given(by)

    @pytest.mark.kj("KJ-AUTH-06")
    @pytest.mark.parametrize("zone,right", [("unyo_hoshu", CODE), ("kokuho_chuokai", CODE), ("shiharai_kikin", WATCH)])
    def test_gives_nothing_else_and_nobody_else(self, by: Principal, zone: str, right: Right) -> None:
        row = the(by)
        with pytest.raises(NotPermitted):
            give(by=by, zone=zone, shokuin_pk=row.id, right=right, valid_to=row.valid_to, now=clock.now())


class TestGrantRights:
    @pytest.mark.kj("KJ-AUTH-20")
    def test_a_change_of_staff_gives_no_right_of_the_server(self, by: Principal) -> None:
        with pytest.raises(RuleBroken) as broken:
            change(by, WATCH, CODE)
        assert [item.code for item in broken.value.errors] == ["A-104"]

    def test_a_change_of_staff_ends_one(self, by: Principal) -> None:
        given(by)
        change(by, WATCH)
        assert rights(by, on=clock.today_jst()) == {WATCH}

    def test_an_approved_right_keeps_its_days(self, by: Principal) -> None:
        row, today = the(by), clock.today_jst()
        short = today + timedelta(days=9)
        give(by=by, zone=row.zone, shokuin_pk=row.id, right=CODE, valid_to=short, now=clock.now())

        change(by, WATCH, CODE, valid_to=today + timedelta(days=30))

        assert rights(by, on=short - timedelta(days=1)) == {WATCH, CODE}
        assert rights(by, on=short) == {WATCH}
