"""The extract goes once to the approved medium, holds members and requests, and neither number nor code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from chukan.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from chukan.settings import limits
from fugo.actions.write_saihakko import take_extract
from fugo.formats.saihakko_extract_v1 import write_extract
from fugo.queries.saihakko import extracted_lines
from tests.support.fugo import code_of
from tests.support.members import LATER, asked, bango, kinds_of
from tests.support.saihakko import BAITAI, a_list, coded, executed, extracted, permitted, row_of, staff
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from datetime import datetime

    from chukan.kernel.principal import Principal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
MOKUTEKI = "saishutoku_taishosha"
People = tuple["Principal", "Principal", "Principal"]


def prepared(world: World, *, is_extracted: bool = True) -> tuple[People, UUID]:
    people = staff(world)
    coded(world, 1, 2)
    list_id = a_list(world, people[0])
    permitted(world, people, list_id)
    executed(world, people[0], list_id)
    if is_extracted:
        extracted()
    return people, list_id


def written(
    world: World,
    by: Principal,
    list_id: UUID,
    *,
    baitai_id: str = BAITAI,
    mokuteki: str = MOKUTEKI,
    has_baitai: bool = True,
    now: datetime = LATER,
) -> str:
    with as_role(world, "web"):
        take_extract(by=by, list_id=list_id, baitai_id=baitai_id, mokuteki=mokuteki, has_baitai=has_baitai, now=now)
        return b"".join(write_extract(extracted_lines(by=by, list_id=list_id))).decode("utf-8-sig")


@pytest.mark.kj("KJ-DUAL-06", "KJ-MENU-09", "KJ-FUGO-07", "KJ-FUGO-08")
def test_it_names_members_and_requests_and_nothing_else_of_them(world: World) -> None:
    people, list_id = prepared(world)

    lines = written(world, people[0], list_id).splitlines()

    requests = dict(
        asked(world, "SELECT hihokensha_edaban, shori_tsuban::text FROM fugo_shutoku_yokyu WHERE fugo_saihakko_flag")
    )
    assert lines[0] == "保険者コード,被保険者枝番,処理通番,要求しない理由"
    assert sorted(lines[1:]) == [f"06132013,1,{requests[1]},", f"06132013,2,{requests[2]},"]
    persons = [row[0] for row in asked(world, "SELECT himozuke_bango::text FROM fugo_saihakko_taisho")]
    first = asked(world, "SELECT shori_tsuban FROM fugo_kikanbetsu_fugo")
    codes = [code_of(row[0].int % 10**10) for row in first]
    for hidden in (bango(1), bango(2), *codes, *persons):
        assert hidden not in "".join(lines)
    event = asked(world, "SELECT convert_from(body, 'UTF8') FROM sosa_log_event ORDER BY id DESC LIMIT 1")[0][0]
    assert kinds_of(world)[-1] == "saihakko_kakidashi"
    assert BAITAI in event
    assert MOKUTEKI in event


@pytest.mark.kj("KJ-DUAL-02")
@pytest.mark.parametrize("mokuteki", ["", "backup", "chosa", "saishutoku"])
def test_there_is_no_other_purpose(world: World, mokuteki: str) -> None:
    people, list_id = prepared(world)

    with pytest.raises(Invalid):  # 400
        written(world, people[0], list_id, mokuteki=mokuteki)
    assert row_of(world, list_id)["written_at"] is None


@pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
def test_every_way_around_is_refused_and_then_it_goes_once(world: World) -> None:
    people, list_id = prepared(world)
    by = people[0]
    late = LATER + limits.FUGO_WRITE_WITHIN

    refused: dict[str, list[dict[str, Any]]] = {
        "kakidashi_baitai": [{"baitai_id": "USB-002"}, {"has_baitai": False}],
        "kakidashi_kigen": [{"now": late}],
        "kakidashi_betsujin": [{"by": replace(people[1], kengen=by.kengen)}],
        "saihakko_kengen_nashi": [
            {"by": replace(by, terminal="")},
            {"by": replace(by, channel="server_api")},
            {"by": people[1]},
        ],
    }
    for code, ways in refused.items():
        for way in ways:
            with pytest.raises(NotPermitted) as caught:
                written(world, **{"by": by, "list_id": list_id, **way})
            assert caught.value.code == code
    assert row_of(world, list_id)["written_at"] is None

    assert written(world, by, list_id, now=late - timedelta(seconds=1)).count("\r\n") == 3
    with pytest.raises(NotPermitted) as caught:
        written(world, by, list_id)
    assert caught.value.code == "kakidashi_zumi"


@pytest.mark.kj("KJ-DUAL-06")
def test_before_the_permission_is_used_or_all_are_extracted_there_is_nothing_to_write(world: World) -> None:
    people, list_id = prepared(world, is_extracted=False)

    with pytest.raises(Conflict):
        written(world, people[0], list_id)
    with as_role(world, "web"):
        assert b"".join(write_extract(extracted_lines(by=people[0], list_id=list_id))).count(b"\r\n") == 1
    other = a_list(world, people[0])
    with pytest.raises(NotPermitted) as caught:
        written(world, people[0], other)
    assert caught.value.code == "shonin_nashi"
    with pytest.raises(NotFound):
        written(world, people[0], uuid4())
