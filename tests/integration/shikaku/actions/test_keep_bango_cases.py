"""A new number that leads to another person opens one case, by every door, and a corrected one closes it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chukan.kernel.errors import Invalid, NotFound, RuleBroken
from chukan.kernel.principal import Principal, system_principal
from shikaku.actions.check_one import check_one
from shikaku.actions.keep_bango_cases import close_bango_case
from shikaku.actions.mend_refused_line import mend_refused_line
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.register_one import register_one
from shikaku.actions.register_slip import register_slip
from shikaku.actions.sender_principal import sender_principal
from shikaku.actions.terminal_slip import keep_slip
from shikaku.domain.line import TorokuLine
from tests.builders.files import Sent, accept_file, send_file
from tests.builders.two_insurers import REGISTER
from tests.support.machines import new_machine
from tests.support.members import LATER, NOW, asked, bango, joined, kinds_of, known
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
KANRI = Principal(channel="command", soshiki="command", actor_id="close_bango_case", actor_name="管理コマンド")
HEADER = (
    "処理種別コード,保険者コード,個人番号,更新後個人番号,個人番号更新区分,氏名（券面記載）,性別1,生年月日,加入者区分コード,"
    "保険者番号,被保険者証番号,枝番,資格取得年月日（保護開始日・保護再開日）,本人・家族の別"
)


def changed(serial: int, *, edaban: int = 1, kubun: str = "1", zone: str = KENPO) -> TorokuLine:
    line = known("03", edaban, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    return replace(line, hokensha_code=zone)


def refused(line: TorokuLine, *, by: Principal | None = None) -> None:
    with pytest.raises(RuleBroken) as broken:
        register_one(by=by or clerk(), line=line, now=LATER)
    assert [item.code for item in broken.value.errors] == ["E214"]


def cases(world: World) -> list[tuple[Any, ...]]:
    """Return every case: whose person, by what, when, how often, how it ended."""
    return asked(
        world,
        "SELECT hokensha_code, hihokensha_edaban, channel, meisai_no, last_seen_at, seen_count, closed_reason"
        " FROM shikaku_bango_case ORDER BY first_seen_at, closed_at NULLS LAST, hihokensha_edaban",
    )


def himozuke_of(world: World, edaban: int, zone: str = OTHER_KENPO) -> UUID:
    rows = asked(
        world,
        "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s AND hihokensha_edaban = %s",
        zone,
        edaban,
    )
    found: UUID = rows[0][0]
    return found


@pytest.fixture
def two_people(world: World) -> None:
    """One member here, and another person with an insurer of their own."""
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))


@pytest.mark.usefixtures("two_people")
class TestOnePerson:
    def test_a_refused_registration_leaves_a_case_and_nothing_else(self, world: World) -> None:
        before = asked(world, "SELECT count(*) FROM uketsuke_uketsuke"), kinds_of(world)

        refused(changed(2))

        assert cases(world) == [(KENPO, 1, "terminal", None, LATER, 1, "")]
        assert asked(world, "SELECT other_himozuke_bango, uketsuke_bango FROM shikaku_bango_case") == [
            (himozuke_of(world, 1), "")
        ]
        assert (asked(world, "SELECT count(*) FROM uketsuke_uketsuke"), kinds_of(world)) == before

    def test_the_same_two_persons_meet_in_one_case(self, world: World) -> None:
        refused(changed(2))
        refused(changed(2))

        assert cases(world) == [(KENPO, 1, "terminal", None, LATER, 2, "")]

    def test_each_other_person_is_a_case_of_its_own(self, world: World) -> None:
        joined(3, by=clerk(OTHER_KENPO))
        refused(changed(2))
        refused(changed(3))

        assert asked(world, "SELECT count(DISTINCT other_himozuke_bango) FROM shikaku_bango_case") == [(2,)]

    def test_a_line_refused_for_something_else_opens_none(self, world: World) -> None:
        with pytest.raises(RuleBroken):
            register_one(by=clerk(), line=known("03", 9, kihon={"seibetsu1": "2"}), now=LATER)

        assert cases(world) == []

    def test_the_insurer_is_told_the_same_whoever_it_is(self, world: World) -> None:
        joined(3)
        told = []
        for serial in (2, 3):
            with pytest.raises(RuleBroken) as broken:
                register_one(by=clerk(), line=changed(serial), now=LATER)
            told.append((broken.value.message, broken.value.errors))

        assert told[0] == told[1]

    def test_neither_number_nor_hash_is_kept(self, world: World) -> None:
        refused(changed(2))

        row = asked(world, "SELECT to_jsonb(c)::text FROM shikaku_bango_case c")[0][0]
        hashes = asked(world, "SELECT encode(bi_global, 'hex') FROM shikaku_kojin_bango_sakuin")
        assert [text for text in (bango(1), bango(2), *(row[0] for row in hashes)) if text in row] == []


@pytest.mark.usefixtures("two_people")
class TestOtherDoors:
    def test_the_check_before_the_confirmation(self, world: World) -> None:
        with pytest.raises(RuleBroken):
            check_one(by=clerk(), line=changed(2), now=LATER)

        assert cases(world) == [(KENPO, 1, "terminal", None, LATER, 1, "")]

    def test_a_slip_that_is_kept_for_another_try(self, world: World) -> None:
        slip = keep_slip(by=clerk(), kind="shusei", content={}, kojin_bango=bango(2), now=LATER)
        with pytest.raises(RuleBroken):
            register_slip(by=clerk(), slip_id=slip, line=changed(2), if_match=None, screen_id="HS-203", now=LATER)

        assert cases(world) == [(KENPO, 1, "terminal", None, LATER, 1, "")]
        assert asked(world, "SELECT count(*) FROM shikaku_terminal_slip") == [(1,)]

    def test_a_message_and_its_repeat_are_one(self, world: World) -> None:
        machine = new_machine(world, hokensha=(KENPO,))
        body = {
            "shori_shubetsu_code": "03",
            "hokensha_code": KENPO,
            "hihokensha_edaban": "0000000001",
            "koshingo_kojin_bango": bango(2),
            "kojin_bango_koshin_kubun": "1",
        }
        answers = [machine.post(REGISTER, body, key="same") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [422, 422]
        assert [row[2:4] + row[5:] for row in cases(world)] == [("server_api", None, 1, "")]

    def test_a_carrying_system_opens_it_in_the_zone_of_the_line(self, world: World) -> None:
        town = SHICHOSON[0]
        joined(4, by=clerk(town, shubetsu="shichoson_kokuho"), hokensha_bango="138057")

        refused(changed(2, zone=town), by=shuyaku())

        assert [row[:3] for row in cases(world)] == [(town, 1, "shuyaku")]


def joins(serial: int) -> str:
    return f"01,{KENPO},{bango(serial)},,,見本　太郎,1,19800401,01,{KENPO},{serial},00,20260401,1"


def changes(former: int, number: int, kubun: str = "1") -> str:
    return f"03,{KENPO},{bango(former)},{bango(number)},{kubun},,,,,,,,,"


def codes_of(file: Sent) -> list[str]:
    return [" ".join(codes) for _, _, codes in file.results]


def worked_off(*lines: str, by: Principal | None = None, block_lines: int = 500) -> Sent:
    return send_file("\r\n".join([HEADER, *lines, ""]), by=by or clerk(), block_lines=block_lines, saisoshin=True)


@pytest.mark.usefixtures("two_people", "as_worker")
class TestFiles:
    def test_the_case_names_the_file_and_the_line(self, world: World) -> None:
        file = worked_off(joins(5), changes(1, 2))

        assert codes_of(file) == ["", "E214"]
        assert cases(world) == [(KENPO, 1, "terminal", 2, NOW, 1, "")]
        assert asked(world, "SELECT uketsuke_bango, other_himozuke_bango FROM shikaku_bango_case") == [
            (file.bango, himozuke_of(world, 1))
        ]

    def test_the_route_is_the_file_s_own_not_that_of_the_process_that_works_it_off(self, world: World) -> None:
        text = "\r\n".join([HEADER, changes(1, 2), ""])
        with as_role(world, "worker"):
            file = accept_file(text.encode(), by=clerk())
            worker = sender_principal(by=system_principal(actor_id="worker"), sender=KENPO, hokensha_code=KENPO)
            process_toroku_file(by=worker, uketsuke_id=file.row_id, now=lambda: NOW)

        assert [row[2] for row in cases(world)] == ["terminal"]

    def test_the_last_of_many_lines_is_named_and_all_are_counted(self, world: World) -> None:
        worked_off(changes(1, 2), changes(1, 2), changes(1, 2), block_lines=2)

        assert cases(world) == [(KENPO, 1, "terminal", 3, NOW, 3, "")]

    def test_somebody_the_very_block_made_is_known_by_the_himozuke_that_stays(self, world: World) -> None:
        assert codes_of(worked_off(joins(5), changes(1, 5))) == ["", "E214"]

        assert asked(world, "SELECT other_himozuke_bango FROM shikaku_bango_case") == [(himozuke_of(world, 2, KENPO),)]

    def test_a_line_further_down_corrects_it(self, world: World) -> None:
        assert codes_of(worked_off(changes(1, 2), changes(1, 9))) == ["E214", ""]

        assert cases(world) == []

    def test_a_block_that_is_undone_leaves_no_case(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def dies(**_given: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("shikaku.actions.register_block.record_progress", dies)
        with pytest.raises(KeyboardInterrupt):
            worked_off(changes(1, 2))

        assert cases(world) == []

    def test_two_towns_in_one_file_have_their_own(self, world: World) -> None:
        for serial, town in enumerate(SHICHOSON, start=6):
            joined(serial, by=clerk(town, shubetsu="shichoson_kokuho"), hokensha_bango=town[2:])
        lines = [changes(serial, 2).replace(KENPO, town) for serial, town in enumerate(SHICHOSON, start=6)]

        assert codes_of(worked_off(*lines, by=shuyaku())) == ["E214", "E214"]

        assert [row[:4] for row in cases(world)] == [(town, 1, "shuyaku", at) for at, town in enumerate(SHICHOSON, 1)]

    def test_what_one_town_s_correction_opens_is_not_closed_by_the_other_s_line_of_the_same_file(
        self, world: World
    ) -> None:
        first, second = sorted(SHICHOSON)
        joined(6, by=clerk(second, shubetsu="shichoson_kokuho"), hokensha_bango=second[2:])
        register_one(by=clerk(second, shubetsu="shichoson_kokuho"), line=changed(7, zone=second), now=NOW)
        joined(7, by=clerk(first, shubetsu="shichoson_kokuho"), hokensha_bango=first[2:])
        lines = [changes(7, 8).replace(KENPO, first), changes(7, 6, "2").replace(KENPO, second)]

        assert codes_of(worked_off(*lines, by=shuyaku())) == ["", ""]

        assert [(*row[:3], row[-1]) for row in cases(world)] == [(first, 1, "teisei", "")]

    def test_the_two_of_a_parted_number_meet_in_the_case_there_is(self, world: World) -> None:
        with as_role(world, "web"):
            register_one(by=clerk(), line=changed(7), now=NOW)
            joined(7, by=clerk(OTHER_KENPO))
            register_one(by=clerk(), line=changed(1, kubun="2"), now=LATER)
            refused(changed(8, edaban=2, zone=OTHER_KENPO), by=clerk(OTHER_KENPO))

        assert [(*row[:3], row[5]) for row in cases(world)] == [(OTHER_KENPO, 2, "teisei", 2)]


@pytest.mark.usefixtures("two_people")
class TestClosing:
    def test_a_corrected_number_closes_the_case_with_its_own_line(self, world: World) -> None:
        refused(changed(2))
        register_one(by=clerk(), line=changed(9), now=LATER)

        assert cases(world) == [(KENPO, 1, "terminal", None, LATER, 1, "teisei")]
        assert asked(world, "SELECT closed_at FROM shikaku_bango_case") == [(LATER,)]

    @pytest.mark.kj("KJ-SHI-05")
    def test_the_same_person_under_two_numbers_is_moved_by_teisei(self, world: World) -> None:
        refused(changed(2))
        register_one(by=clerk(), line=changed(2, kubun="2"), now=LATER)

        assert [row[-1] for row in cases(world)] == ["teisei"]
        assert himozuke_of(world, 1, KENPO) == himozuke_of(world, 1)

    def test_a_number_the_other_insurer_gave_up_is_taken_by_teisei(self, world: World) -> None:
        refused(changed(2))
        register_one(by=clerk(OTHER_KENPO), line=changed(8, kubun="2", zone=OTHER_KENPO), now=LATER)
        refused(changed(2))  # the number stays with its 紐付番号
        register_one(by=clerk(), line=changed(2, kubun="2"), now=LATER)

        assert [row[-2:] for row in cases(world)] == [(2, "teisei")]
        assert himozuke_of(world, 1, KENPO) != himozuke_of(world, 1)

    def test_a_line_without_a_number_closes_nothing(self, world: World) -> None:
        refused(changed(2))
        kihon = {"jusho": "見本県1", "jusho_henko_ymd": "2026-05-01"}
        register_one(by=clerk(), line=known("03", 1, kihon=kihon), now=LATER)

        assert [row[-1] for row in cases(world)] == [""]

    def test_a_check_alone_closes_nothing(self, world: World) -> None:
        refused(changed(2))
        check_one(by=clerk(), line=changed(9), now=LATER)

        assert [row[-1] for row in cases(world)] == [""]

    def test_another_persons_number_closes_nothing(self, world: World) -> None:
        joined(3)
        refused(changed(2))
        register_one(by=clerk(), line=changed(9, edaban=2), now=LATER)

        assert [row[-1] for row in cases(world)] == [""]

    def test_a_mended_line_closes_it(self, world: World) -> None:
        with as_role(world, "worker"):
            file = worked_off(changes(1, 2))
        slip = keep_slip(by=clerk(), kind="file_fix", content={}, now=LATER)
        mend_refused_line(
            by=clerk(),
            row_id=file.row_id,
            meisai_no=1,
            line_number=1,
            line=changed(9),
            slip_id=slip,
            screen_id="HS-304",
            now=LATER,
        )

        assert [row[-1] for row in cases(world)] == ["teisei"]

    def test_the_two_meet_again_in_a_new_case(self, world: World) -> None:
        refused(changed(2))
        register_one(by=clerk(), line=changed(9), now=LATER)
        refused(changed(2))

        assert sorted(row[-1] for row in cases(world)) == ["", "teisei"]


@pytest.mark.usefixtures("two_people")
class TestOperator:
    def close(
        self, world: World, case_id: UUID | str, riyu: str = "保険者が書類を確かめた。", zone: str = KENPO
    ) -> None:
        with as_role(world, "kanri"):
            close_bango_case(by=KANRI, zone=zone, case_id=str(case_id), riyu=riyu, now=LATER)

    @pytest.fixture
    def case_id(self, world: World) -> UUID:
        refused(changed(2))
        found: UUID = asked(world, "SELECT id FROM shikaku_bango_case")[0][0]
        return found

    @pytest.mark.kj("KJ-LOG-01")
    def test_a_reason_closes_it_and_stands_in_the_operators_log(self, world: World, case_id: UUID) -> None:
        self.close(world, case_id)

        assert [row[-1] for row in cases(world)] == ["unyo"]
        logged = "SELECT hokensha_code, kind, target_file, targets, convert_from(body, 'UTF8') FROM sosa_log_event"
        row = asked(world, f"{logged} ORDER BY id DESC LIMIT 1")[0]
        assert row[:4] == (None, "bango_case_closed", "bango_case", [str(case_id)])
        assert "保険者が書類を確かめた。" in row[4]

    def test_closed_is_closed(self, world: World, case_id: UUID) -> None:
        self.close(world, case_id)

        with pytest.raises(NotFound):
            self.close(world, case_id)

    def test_not_there_and_of_another_insurer_look_the_same(self, world: World, case_id: UUID) -> None:
        for number, zone in ((uuid4(), KENPO), (case_id, OTHER_KENPO), (str(case_id)[:7], KENPO), ("%" * 8, KENPO)):
            with pytest.raises(NotFound):
                self.close(world, number, zone=zone)

        assert [row[-1] for row in cases(world)] == [""]

    @pytest.mark.parametrize("riyu", ["", " ", "あ" * 201, f"番号は{bango(1)}"])
    def test_a_reason_says_something_and_no_number(self, world: World, case_id: UUID, riyu: str) -> None:
        with pytest.raises(Invalid):
            self.close(world, case_id, riyu)

        assert [row[-1] for row in cases(world)] == [""]

    def test_the_command_does_the_same(self, world: World, case_id: UUID) -> None:
        given = ("close_bango_case", "--hokensha", KENPO, "--id", str(case_id)[:8], "--riyu", "保険者が確かめた。")
        assert json.loads(manage(*given)) == {"id": str(case_id)}

        assert [row[-1] for row in cases(world)] == ["unyo"]
        with pytest.raises(RuntimeError, match="OP-001"):
            manage(*given)
