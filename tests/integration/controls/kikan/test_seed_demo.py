"""The demo's made-up organisations, staff and systems stay in the demo."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings


@pytest.mark.usefixtures("world")
def test_production_gets_nothing_made_up(tmp_path: Path) -> None:
    with (
        override_settings(CHUKAN_MODE="production", CHUKAN_HOME=str(tmp_path)),
        pytest.raises(CommandError, match="本番"),
    ):
        call_command("seed_demo", skip_checks=True)

    assert list(tmp_path.iterdir()) == []
