"""What several proofs stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.web_process import running_web
from tests.support.world import World


@pytest.fixture(scope="module")
def port(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The real web process, without a limit that would hide anything else."""
    with running_web(world, tmp_path_factory.mktemp("web")) as port:
        yield port
