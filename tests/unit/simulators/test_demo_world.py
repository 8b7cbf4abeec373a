"""What a demo starts the vaccination world with: keys, who may call whom, and people of a member file."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest

from simulators.client import ClientKey
from simulators.jichitai.__main__ import josei, people_of, shared_out, stranger, taishosha
from simulators.people.__main__ import main as make_people
from simulators.shell.__main__ import main as make_partners
from simulators.shell.partners import Partners
from simulators.wire import is_kojin_bango
from simulators.yobosesshu.messages import check_item
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN

KEYS = ("jichitai-990019", "jichitai-990027", "yobosesshu", "mynaportal", "rireki_kaito", "pmh")


def partners_of(home: Path) -> Partners:
    """What the command writes."""
    assert make_partners(["--home", str(home), "--jichitai", SHIKEN, "--jichitai", HINAGATA]) == 0
    return Partners.load(home / "partners.json")


class TestPartners:
    def test_a_municipality_is_bound_to_itself(self, tmp_path: Path) -> None:
        known = partners_of(tmp_path).known

        assert known["jichitai-990019"].jichitai_code == {SHIKEN}
        assert known["jichitai-990027"].jichitai_code == {HINAGATA}
        assert known["yobosesshu"].jimu_kubun == {"02"}
        assert "pmh" not in known  # it calls the hub, nobody else

    def test_private_keys_are_for_the_owner_only_and_stay(self, tmp_path: Path) -> None:
        partners_of(tmp_path)
        files = [tmp_path / "keys" / f"{name}.json" for name in KEYS] + [tmp_path / "onshi" / "key.json"]
        before = [file.read_bytes() for file in files]

        partners_of(tmp_path)

        assert [file.read_bytes() for file in files] == before
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert '"d"' not in (tmp_path / "partners.json").read_text("utf-8")

    def test_listed_keys_are_those_of_the_files(self, tmp_path: Path) -> None:
        partners_of(tmp_path)

        listed = {row["setsuzoku_id"]: row for row in json.loads((tmp_path / "partners.json").read_text("utf-8"))}

        assert listed["mynaportal"]["keys"] == [ClientKey.load(tmp_path / "keys" / "mynaportal.json").public_jwk()]
        assert listed["onshi"]["keys"] == [ClientKey.load(tmp_path / "onshi" / "key.json").public_jwk()]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("members")
    file = folder / "kanyusha.csv"
    making = ["--n", "60", "--seed", "3", "--hokensha", "06132013", "--bango", "06132013", "--date", "2026-11-20"]
    assert make_people([*making, "--out", str(file), "--truth", str(folder / "seikai.csv")]) == 0
    return people_of(file)


class TestPeopleOfAFile:
    def test_everybody_once_with_a_right_number(self, members: list[dict[str, str]]) -> None:
        numbers = [row["個人番号"] for row in members]

        assert len(numbers) > 30
        assert len(set(numbers)) == len(numbers)
        assert all(is_kojin_bango(number) for number in numbers)

    def test_the_first_has_moved_and_the_others_live_in_one_place(self, members: list[dict[str, str]]) -> None:
        shared = shared_out(members, [SHIKEN, HINAGATA], 8)

        here, there = ([row["個人番号"] for row in shared[code]] for code in (SHIKEN, HINAGATA))
        assert (len(here), len(there)) == (8, 9)
        assert set(here) & set(there) == {members[0]["個人番号"]}

    def test_what_they_become_is_taken_by_the_vaccination_system(self, members: list[dict[str, str]]) -> None:
        for place, row in enumerate(members, start=1):
            check_item(taishosha(row, place))
        check_item(stranger(9))

    @pytest.mark.parametrize(("today", "start"), [(date(2026, 3, 31), "2025-04-01"), (date(2026, 4, 1), "2026-04-01")])
    def test_medical_aid_runs_with_the_fiscal_year(
        self, members: list[dict[str, str]], today: date, start: str
    ) -> None:
        aid = josei(members[0], 1, today=today)

        assert aid["yuko_kaishi_ymd"] == start
        assert aid["yuko_shuryo_ymd"] == f"{int(start[:4]) + 1}-03-31"
