"""Counts of arrived codes go when their time is over."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from chukan.settings import limits
from fugo.actions.erase_counts import erase_old_counts
from tests.support.fugo import WORKER, brought, code_of
from tests.support.members import NOW
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def test_old_ones_go(world: World) -> None:
    brought(world, (uuid4(), code_of(1)))

    assert erase_old_counts(by=WORKER, now=NOW + limits.FUGO_JURYO_KEPT) == 0
    assert erase_old_counts(by=WORKER, now=NOW + limits.FUGO_JURYO_KEPT + timedelta(hours=1)) == 1
