from datetime import UTC, date, datetime, timedelta

import pytest

from chukan.controls.shokuin.queries import find_session
from tests.support.staff import a_staff, an_operator, enter, is_refused
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestSignIn:
    def test_opens_a_session_and_holds_the_key_as_a_hash_alone(self, world: World) -> None:
        a_staff()

        opened = enter()

        assert opened.session.shimei == "見本花子"
        assert opened.session.hokensha_meisho == "見本健康保険組合"
        with world.admin() as admin:
            held = admin.execute("SELECT key_hash, terminal FROM shokuin_session").fetchall()
            log = admin.execute("SELECT kind, result, actor_id, hokensha_code FROM sosa_log_event WHERE kind = 'login'")
            assert log.fetchall() == [("login", "ok", "S0001", "06132013")]
        assert [row[1] for row in held] == ["127.0.0.1"]
        assert opened.key.encode() not in bytes(held[0][0])

    def test_says_the_same_for_every_cause(self, world: World) -> None:
        a_staff()
        a_staff("S0002", valid_from=date(2099, 1, 1), valid_to=date(2099, 6, 1))
        assert is_refused(password="mihon-no-aikotoba-2025")
        assert is_refused(shokuin_id="nobody")
        assert is_refused(hokensha="06139992")
        assert is_refused(shokuin_id="S0002")
        assert is_refused(shokuin_id="", hokensha="", password="")
        with world.admin() as admin:
            causes = admin.execute(
                "SELECT body FROM sosa_log_event WHERE kind = 'login_refused' ORDER BY id"
            ).fetchall()
        assert len(causes) == 5
        assert all(b"mihon-no-aikotoba" not in bytes(body) for (body,) in causes)

    def test_finds_an_operator_without_a_code_and_a_clerk_whose_id_is_unique(self, world: World) -> None:
        a_staff("S0001")
        a_staff("S0001", hokensha="06139992")
        a_staff("S0009")
        an_operator("S0001")

        assert enter("S0001", hokensha="").session.soshiki == "shiharai_kikin"
        assert enter("Ｓ０００９", hokensha="").session.hokensha_code == "06132013"
        assert enter("S0001", hokensha="０６１３９９９２").session.hokensha_code == "06139992"

    def test_does_not_guess_between_two_insurers(self, world: World) -> None:
        a_staff("S0001")
        a_staff("S0001", hokensha="06139992")

        assert is_refused(shokuin_id="S0001", hokensha="")

    @pytest.mark.kj("KJ-AUTH-07")
    def test_begins_at_midnight_in_japan_on_the_first_day(self, world: World) -> None:
        a_staff(valid_from=date(2026, 12, 1), valid_to=date(2027, 6, 1))
        midnight = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)

        assert is_refused(now=midnight - timedelta(seconds=1))
        assert enter(now=midnight).session.shokuin_id == "S0001"

    @pytest.mark.kj("KJ-AUTH-08")
    def test_ends_at_midnight_in_japan_on_the_last_day(self, world: World) -> None:
        a_staff(valid_from=date(2026, 11, 1), valid_to=date(2026, 12, 1))
        midnight = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)

        assert enter(now=midnight - timedelta(seconds=1)).session.shokuin_id == "S0001"
        assert is_refused(now=midnight)

    @pytest.mark.kj("KJ-AUTH-02")
    def test_ends_the_earlier_session_of_the_same_account(self, world: World) -> None:
        a_staff()
        first, second = enter(), enter()

        earlier, later = find_session(key=first.key), find_session(key=second.key)

        assert earlier is not None
        assert earlier.ended_at is not None
        assert later is not None
        assert later.ended_at is None
        assert later.previous_login_at is not None

    @pytest.mark.kj("KJ-AUTH-01", "KJ-AUTH-02")
    def test_refuses_a_second_account_and_an_account_of_nobody(self, world: World) -> None:
        a_staff()
        columns = (
            "zone, valid_from, valid_to, confirmed_on, password_changed_at, must_change, former_passwords, password"
        )
        with world.admin() as admin:
            for whose, error in (("shokuin_id", "unique"), ("NULL::uuid", "null value")):
                with pytest.raises(Exception, match=error):
                    admin.execute(
                        f"INSERT INTO shokuin_account (id, shokuin_id, {columns}) "
                        f"SELECT gen_random_uuid(), {whose}, {columns} FROM shokuin_account"
                    )
