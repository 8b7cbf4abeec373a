from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chukan.controls.kikan.actions import DATA_FOLDER, load_reference_data, register_hokensha
from chukan.controls.kikan.models import CodeValue, Hokensha, Kano, ReferenceLoad
from chukan.controls.kikan.queries import check_kano, find_hokensha
from chukan.kernel.errors import Conflict, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
BY = Principal(channel="command", soshiki="command", actor_id="test", actor_name="試験")
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


class TestRegisterHokensha:
    def test_prints_one_json_line_and_makes_the_keys_of_the_zone(self, world: World) -> None:
        printed = manage(
            "register_hokensha", "--code", "06271234", "--bango", "06271233", "--shubetsu", "kenpo_kumiai",
            "--meisho", "追加健康保険組合",
        )  # fmt: skip

        assert printed == '{"hokensha_code": "06271234"}\n'
        with world.admin() as admin:
            keys = admin.execute("SELECT count(*) FROM crypto_key WHERE hokensha_code = '06271234'").fetchone()
            admin.execute("DELETE FROM kikan_hokensha_bango WHERE hokensha_id = '06271234'")
            admin.execute("DELETE FROM kikan_hokensha WHERE hokensha_code = '06271234'")
            admin.execute("DELETE FROM crypto_key WHERE hokensha_code = '06271234'")
        assert keys is not None
        assert keys[0] >= 3

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
