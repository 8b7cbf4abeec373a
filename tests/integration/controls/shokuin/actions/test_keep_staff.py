from datetime import date, timedelta

import pytest

from chukan.controls.shokuin.actions.keep_staff import new_password
from chukan.controls.shokuin.domain import check_password
from chukan.controls.shokuin.models import Account
from chukan.controls.shokuin.queries import list_shokuin
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, RuleBroken
from tests.support.principals import KENPO, clerk
from tests.support.staff import a_staff, an_operator
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestRegisterShokuin:
    def test_gives_each_person_one_account_for_at_most_a_year(self, world: World) -> None:
        a_staff()
        (row,) = list_shokuin(by=clerk(KENPO))

        today = clock.today_jst()
        assert row.valid_from == today
        assert timedelta(days=365) <= row.valid_to - today <= timedelta(days=366)
        with pytest.raises(RuleBroken):
            a_staff("S0002", valid_from=today, valid_to=today + timedelta(days=400))

    @pytest.mark.kj("KJ-AUTH-01")
    def test_refuses_an_id_that_is_taken(self, world: World) -> None:
        a_staff()
        with pytest.raises(Conflict) as taken:
            a_staff()
        assert taken.value.pointer == "shokuin_id"
        a_staff(hokensha="06139992")

    def test_refuses_one_id_for_two_operators(self, world: World) -> None:
        an_operator("K0001", "shiharai_kikin")
        with pytest.raises(Conflict):
            an_operator("K0001", "kokuho_chuokai")

    def test_stores_nothing_of_a_refused_registration(self, world: World) -> None:
        with pytest.raises(RuleBroken):
            a_staff("職員", valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 1))
        assert list_shokuin(by=clerk(KENPO)) == ()
        assert not Account.objects.exists()


class TestNewPassword:
    def test_passes_the_rules_and_is_never_the_same(self) -> None:
        made = {new_password() for _ in range(50)}
        assert len(made) == 50
        assert all(check_password(password, personal=("S0001",)) == () for password in made)
