"""Every 個人番号 that comes in is on record as such, by form and by file; finding somebody by one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shikaku.actions.register_one import register_one
from tests.support.members import LATER, asked, bango, file_line, joined, kinds_of, known, loss, sent
from tests.support.principals import clerk
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-LOG-08", "KJ-LOG-09")]


def test_by_form(world: World) -> None:
    joined(1)
    register_one(by=clerk(), line=replace(loss(1), hihokensha_edaban=None, kojin_bango=bango(1)), now=LATER)
    change = known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="1")
    register_one(by=clerk(), line=change, now=LATER)

    assert kinds_of(world) == ["toroku", "bango_entry", "soshitsu", "henko", "bango_entry"]


def test_by_file_once_a_block_without_the_refused(world: World) -> None:
    with as_role(world, "worker"):
        accepted = sent(file_line(1), file_line(2), file_line(3, shutoku="20270401"))

    statement = "SELECT targets, convert_from(body, 'UTF8')::json -> 'detail' ->> 'count' FROM sosa_log_event"
    assert asked(world, f"{statement} WHERE kind = 'bango_entry'") == [([accepted.uketsuke_bango], "2")]
    assert bango(1) not in str(asked(world, "SELECT convert_from(body, 'UTF8') FROM sosa_log_event"))
