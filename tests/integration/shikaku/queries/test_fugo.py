"""What 機関別符号 may ask of 資格履歴: who of a block asks, and a number for the sealed file, to nobody else."""

from __future__ import annotations

import pytest

from chukan.kernel.crypto.data_key import FIELD
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import system_principal
from shikaku.public import find_kojin_bango, list_reflected_members
from tests.support.members import asked, bango, file_line, joined, sent
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
ZONE = system_principal(actor_id="worker", hokensha_code=KENPO)


def test_the_members_of_some_lines_each_once(world: World) -> None:
    accepted = sent(file_line(1), file_line(2), file_line(3, shutoku="20270401"), file_line(4))

    found = list_reflected_members(by=ZONE, uketsuke_id=accepted.uketsuke_id, first_meisai_no=2, last_meisai_no=4)

    assert [(one.hihokensha_edaban, one.asked, one.uketsuke_meisai_bango) for one in found] == [
        (2, True, "0000002"),
        (3, True, "0000004"),
    ]
    assert {one.uketsuke_bango for one in found} == {accepted.uketsuke_bango}
    held = asked(
        world, "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban > 1 ORDER BY 1"
    )
    assert sorted(one.himozuke_bango for one in found) == [row[0] for row in held]


@pytest.mark.kj("KJ-ZONE-01")
def test_another_zone_sees_nobody_of_it(world: World) -> None:
    accepted = sent(file_line(1))
    other = system_principal(actor_id="worker", hokensha_code=OTHER_KENPO)
    joined(9, by=clerk(OTHER_KENPO))

    assert list_reflected_members(by=other, uketsuke_id=accepted.uketsuke_id, first_meisai_no=1, last_meisai_no=9) == ()


@pytest.mark.kj("KJ-FUGO-08", "KJ-ZONE-01")
def test_numbers_of_the_zone_for_the_hubs_own_process() -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))

    found = find_kojin_bango(by=ZONE, hihokensha_edaban=[1, 2, 3])

    assert {edaban: str(held.kojin_bango and held.kojin_bango.reveal()) for edaban, held in found.items()} == {
        1: bango(1)
    }
    assert bango(1) not in repr(found)
    assert find_kojin_bango(by=ZONE, hihokensha_edaban=[]) == {}


@pytest.mark.kj("KJ-FUGO-08")
@pytest.mark.parametrize("by", [clerk(), system_principal(actor_id="worker")])
def test_nobody_else_is_given_a_number(by: object) -> None:
    with pytest.raises(TypeError):
        find_kojin_bango(by=by, hihokensha_edaban=[1])  # type: ignore[arg-type]


def test_what_is_no_number_or_does_not_open_keeps_no_other_from_being_read(world: World) -> None:
    for serial in (1, 2, 3):
        joined(serial)
    (row_id,) = asked(world, "SELECT id FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 2")[0]
    key = get_keyring().active_dek(purpose=FIELD, hokensha_code=KENPO)
    other = RowSealer(key, table="shikaku_itaku_kukaku_kanyusha", envelope="kojin_bango").seal(row_id, b"no number")
    put = "UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango = %s WHERE hihokensha_edaban = %s"
    with world.admin() as admin:
        admin.execute(put, [b"no envelope", 1])
        admin.execute(put, [other, 2])

    found = find_kojin_bango(by=ZONE, hihokensha_edaban=[1, 2, 3])

    read = {edaban: held.kojin_bango and held.kojin_bango.reveal() for edaban, held in found.items()}
    assert read == {1: None, 2: None, 3: bango(3)}
