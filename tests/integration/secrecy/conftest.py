from __future__ import annotations

import pytest

from tests.builders.canary import Canary, plant
from tests.support.world import World


@pytest.fixture(params=[False, True], ids=["alive", "died"])
def canary(world: World, request: pytest.FixtureRequest) -> Canary:
    """A person with a value in every item, brought in through every door; once with 死亡フラグ."""
    return plant(world, died=bool(request.param))
