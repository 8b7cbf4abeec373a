import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from chukan.controls.shokuin.actions.count_tries import account_key, count_try, typed_key
from chukan.controls.shokuin.queries import find_login
from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from tests.support.staff import a_staff, enter, is_refused
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestTries:
    def test_stops_after_five_and_starts_again_after_a_quarter_of_an_hour(self, world: World) -> None:
        a_staff()
        start = clock.now()
        for _ in range(5):
            assert is_refused(password="mihon-no-aikotoba-2025", now=start)

        assert is_refused(now=start + timedelta(minutes=14, seconds=59))
        assert enter(now=start + timedelta(minutes=15)).session.shokuin_id == "S0001"

    def test_a_right_password_starts_the_count_anew(self, world: World) -> None:
        a_staff()
        for _ in range(3):
            for _ in range(4):
                assert is_refused(password="mihon-no-aikotoba-2025")
            assert enter().key

    def test_counts_one_account_by_whatever_name_it_was_typed(self, world: World) -> None:
        a_staff()
        for hokensha in ("06132013", "", "06132013", "", "０６１３２０１３"):
            assert is_refused(password="mihon-no-aikotoba-2025", hokensha=hokensha)

        assert is_refused()

    def test_keeps_no_typed_name_that_nobody_has(self, world: World) -> None:
        assert is_refused(shokuin_id="himitsu-no-aikotoba")
        with world.admin() as admin:
            keys = admin.execute("SELECT key FROM shokuin_login_attempt").fetchall()
        assert len(keys) == 1
        assert "himitsu" not in keys[0][0]

    @pytest.mark.kj("KJ-ENC-06")
    def test_a_typed_number_cannot_be_found_by_trying_all(self, world: World) -> None:
        typed = "06132013\x00123456789018"
        key = typed_key(*typed.split("\0"))

        assert key == typed_key(*typed.split("\0"))
        assert key != typed_key("06132013", "123456789017")
        assert hashlib.sha256(typed.encode()).hexdigest() not in key

    def test_lets_no_more_than_five_through_at_once(self, world: World) -> None:
        a_staff()
        target = find_login(hokensha_code="06132013", shokuin_id="S0001")
        assert target is not None
        barrier, now, by = threading.Barrier(20), clock.now(), system_principal(actor_id="test")

        def one(_number: int) -> bool:
            barrier.wait()
            try:
                return count_try(by=by, key=account_key(target.account_id), now=now)
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            passed = list(pool.map(one, range(20)))

        assert sum(passed) == 5
