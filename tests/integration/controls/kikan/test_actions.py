import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import ProgrammingError

from chukan.controls.kikan.actions import DATA_FOLDER, load_reference_data, register_hokensha, rotate_dek, rotate_kek
from chukan.controls.kikan.models import CodeValue, Hokensha, Kano, ReferenceLoad
from chukan.controls.kikan.queries import check_kano, find_hokensha
from chukan.kernel.crypto import KeyUnavailable
from chukan.kernel.errors import Conflict, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
BY = Principal(channel="command", soshiki="command", actor_id="test", actor_name="試験")
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def added(world: World) -> Iterator[str]:
    """The code of an insurer that is gone again after the test."""
    code = "06271234"
    yield code
    with world.admin() as admin:
        admin.execute("DELETE FROM kikan_hokensha_bango WHERE hokensha_id = %s", [code])
        admin.execute("DELETE FROM kikan_hokensha WHERE hokensha_code = %s", [code])
        admin.execute("DELETE FROM crypto_key WHERE hokensha_code = %s", [code])


class TestRegisterHokensha:
    def test_prints_one_json_line_and_makes_the_keys_of_the_zone(self, world: World, added: str) -> None:
        printed = manage(
            "register_hokensha", "--code", added, "--bango", "06271233", "--shubetsu", "kenpo_kumiai",
            "--meisho", "追加健康保険組合",
        )  # fmt: skip

        assert printed == '{"hokensha_code": "06271234"}\n'
        with world.admin() as admin:
            keys = admin.execute("SELECT count(*) FROM crypto_key WHERE hokensha_code = %s", [added]).fetchone()
        assert keys is not None
        assert keys[0] >= 3

    @pytest.mark.kj("KJ-LOG-01")
    def test_is_on_record_once_with_who_and_whom(self, world: World, added: str) -> None:
        given = {
            "hokensha_code": added,
            "hokensha_shubetsu": "kenpo_kumiai",
            "hokensha_meisho": "追加健康保険組合",
            "hokensha_bango": ["06271233"],
        }
        with as_role(world, "kanri"):
            register_hokensha(by=BY, now=NOW, **given)  # type: ignore[arg-type]  # one dict for both calls
            register_hokensha(by=BY, now=NOW, **given)  # type: ignore[arg-type]  # as above

        with world.admin() as admin:
            rows = admin.execute(
                "SELECT kind, result, actor_id, actor_name, targets, hokensha_code, convert_from(body, 'UTF8')"
                " FROM sosa_log_event"
            ).fetchall()
        assert [row[:6] for row in rows] == [("hokensha_changed", "ok", "test", "試験", [added], None)]
        assert json.loads(rows[0][6])["detail"] == {
            "hokensha_shubetsu": "kenpo_kumiai",
            "hokensha_bango": "06271233",
            "kohi_futansha_bango": "",
        }

    @pytest.mark.kj("KJ-LOG-01")
    def test_what_cannot_be_recorded_is_not_registered(self, world: World, added: str) -> None:
        with world.admin() as admin:
            admin.execute("REVOKE INSERT ON sosa_log_event FROM chukan_kanri")
        try:
            with as_role(world, "kanri"), pytest.raises(ProgrammingError):
                register_hokensha(
                    by=BY, hokensha_code=added, hokensha_shubetsu="kenpo_kumiai", hokensha_meisho="追加健康保険組合",
                    hokensha_bango=["06271233"], now=NOW,
                )  # fmt: skip
        finally:
            with world.admin() as admin:
                admin.execute("GRANT INSERT ON sosa_log_event TO chukan_kanri")

        assert find_hokensha(added) is None

    def test_is_idempotent_and_refuses_another_content(self, world: World) -> None:
        with as_role(world, "kanri"):
            given = {
                "hokensha_code": "06132013",
                "hokensha_shubetsu": "kenpo_kumiai",
                "hokensha_meisho": "見本健康保険組合",
                "hokensha_bango": ["06132013"],
            }
            assert register_hokensha(by=BY, now=NOW, **given).hokensha_code == "06132013"  # type: ignore[arg-type]  # one dict for two calls
            with pytest.raises(Conflict):
                register_hokensha(by=BY, now=NOW, **{**given, "hokensha_meisho": "別の組合"})  # type: ignore[arg-type]  # as above

    def test_refuses_a_number_of_another_insurer_and_every_fault(self, world: World) -> None:
        with as_role(world, "kanri"):
            with pytest.raises(Conflict) as taken:
                register_hokensha(
                    by=BY, hokensha_code="99999999", hokensha_shubetsu="kenpo_kumiai", hokensha_meisho="別の組合",
                    hokensha_bango=["06132013"], now=NOW,
                )  # fmt: skip
            with pytest.raises(RuleBroken) as broken:
                register_hokensha(by=BY, hokensha_code="1", hokensha_shubetsu="x", hokensha_meisho="", now=NOW)
        assert taken.value.code == "bango_toroku_zumi"
        assert [item.pointer for item in broken.value.errors] == [
            "hokensha_code",
            "hokensha_shubetsu",
            "hokensha_meisho",
            "hokensha_bango",
        ]
        assert not Hokensha.objects.filter(hokensha_code="99999999").exists()

    def test_keeps_six_digit_numbers_as_eight(self) -> None:
        held = find_hokensha("00138057")
        assert held is not None
        assert held.hokensha_bango == {"00138057"}
        assert find_hokensha("00000000") is None


class TestLoadReferenceData:
    def test_changes_nothing_the_second_time(self, world: World) -> None:
        before = (Kano.objects.count(), CodeValue.objects.count(), ReferenceLoad.objects.count())
        with as_role(world, "kanri"):
            assert load_reference_data(by=BY, now=NOW) is False
        assert (Kano.objects.count(), CodeValue.objects.count(), ReferenceLoad.objects.count()) == before

    @pytest.mark.kj("KJ-IN-20")
    def test_moves_a_planned_date_without_code(self, world: World, tmp_path: Path) -> None:
        held = (DATA_FOLDER / "kano.csv").read_text(encoding="utf-8")
        moved = held.replace(
            "seikatsu_hogo,fugo_shutoku,jido,1,jiko_joho,2023-10-01,",
            "seikatsu_hogo,fugo_shutoku,jido,1,jiko_joho,2027-04-01,",
        )
        assert moved != held
        (tmp_path / "kano.csv").write_text(moved, encoding="utf-8")
        try:
            with as_role(world, "kanri"):
                assert load_reference_data(by=BY, now=NOW, folder=tmp_path) is True
            with pytest.raises(NotPermitted) as refused:
                check_kano("seikatsu_hogo", "fugo_shutoku", "jido", date(2027, 3, 31))
            opened = check_kano("seikatsu_hogo", "fugo_shutoku", "jido", date(2027, 4, 1))
        finally:
            with as_role(world, "kanri"):
                load_reference_data(by=BY, now=NOW)
        assert refused.value.code == "riyo_kaishi_mae"
        assert "2027年4月1日（予定）" in refused.value.message
        assert opened.planned
        assert check_kano("seikatsu_hogo", "fugo_shutoku", "jido", date(2026, 11, 20)).valid_from == date(2023, 10, 1)


class TestRotateKeys:
    @pytest.mark.kj("KJ-ENC-07", "KJ-LOG-01")
    def test_each_rotation_is_on_record_with_what_was_replaced(self, world: World) -> None:
        with as_role(world, "kanri"):
            done = rotate_kek(by=BY, resume=False, now=NOW)
            key_id = rotate_dek(by=BY, hokensha_code="06132013", now=NOW)

        with world.admin() as admin:
            rows = admin.execute(
                "SELECT targets, convert_from(body, 'UTF8')::jsonb -> 'detail' FROM sosa_log_event"
                " WHERE kind = 'key_rotated' ORDER BY id"
            ).fetchall()
        assert rows == [(["kek"], {"version": done.version}), (["06132013"], {"key_id": key_id})]
        assert done.left == 0

    def test_finishing_a_rotation_makes_no_version(self, world: World) -> None:
        with as_role(world, "kanri"):
            done = rotate_kek(by=BY, resume=False, now=NOW)
            again = rotate_kek(by=BY, resume=True, now=NOW)

        assert (again.version, again.moved, again.left) == (done.version, 0, 0)
        with world.admin() as admin:
            rows = admin.execute(
                "SELECT convert_from(body, 'UTF8')::jsonb -> 'detail' FROM sosa_log_event"
                " WHERE kind = 'key_rotated' ORDER BY id"
            ).fetchall()
        assert [row[0] for row in rows] == [{"version": done.version}, {"version": done.version, "resumed": 1}]

    def test_a_key_that_is_not_there_is_not_replaced(self, world: World) -> None:
        with as_role(world, "kanri"), pytest.raises(KeyUnavailable):
            rotate_dek(by=BY, hokensha_code="99999999", now=NOW)
