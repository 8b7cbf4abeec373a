"""The slip is spent with the registration or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chukan.kernel.errors import NotFound, RuleBroken
from shikaku.actions.register_slip import register_slip
from shikaku.actions.terminal_slip import keep_slip
from shikaku.domain.line import TorokuLine
from shikaku.queries.terminal_slip import open_slip
from tests.support.members import NOW, asked, join_line
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_spent_once_with_the_registration(world: World) -> None:
    slip = keep_slip(by=clerk(), kind="toroku", content={}, now=NOW)

    def register(line: TorokuLine) -> int:
        return register_slip(
            by=clerk(), slip_id=slip, line=line, if_match=None, screen_id="HS-201", now=NOW
        ).hihokensha_edaban

    with pytest.raises(RuleBroken):
        register(replace(join_line(1), kojin_bango="1"))
    assert open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == {}

    assert register(join_line(1)) == 1
    with pytest.raises(NotFound):
        register(join_line(2))
    assert asked(world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha") == [(1,)]
