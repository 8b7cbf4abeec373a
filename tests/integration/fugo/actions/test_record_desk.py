"""What operators did at the desk is on record, refusals too."""

from __future__ import annotations

from uuid import UUID

import pytest

from chukan.controls.sosa_log.domain import SosaKind
from fugo.actions.record_desk import record_look, record_refused_soshin
from tests.support.fugo import kikin
from tests.support.members import NOW, asked
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FILE, LIST = UUID(int=7), UUID(int=8)


@pytest.mark.kj("KJ-LOG-02")
def test_looks_and_refusals_name_the_person_the_screen_and_the_file(world: World) -> None:
    record_look(by=kikin(), screen_id="KA-102", targets=(str(FILE),), found=False, now=NOW)
    record_look(by=kikin(), screen_id="KA-202", kind=SosaKind.SAIHAKKO_SHOKAI, targets=(str(LIST),), now=NOW)
    record_look(by=kikin(), screen_id="KA-201", kind=SosaKind.SAIHAKKO_SHOKAI, now=NOW)
    record_refused_soshin(by=kikin(), file_id=FILE, code="yokyu_file_fuitchi", screen_id="IP-101", now=NOW)

    assert asked(
        world, "SELECT kind, actor_id, screen_id, targets, result, target_file FROM sosa_log_event ORDER BY id"
    ) == [
        ("fugo_shokai", "SK001", "KA-102", [str(FILE)], "not_found", "機関別符号ファイル"),
        ("saihakko_shokai", "SK001", "KA-202", [str(LIST)], "ok", "再発行対象者リスト"),
        ("saihakko_shokai", "SK001", "KA-201", [], "ok", "再発行対象者リスト"),
        ("fugo_yokyu_soshin_sosa", "SK001", "IP-101", [str(FILE)], "refused", "機関別符号ファイル"),
    ]
