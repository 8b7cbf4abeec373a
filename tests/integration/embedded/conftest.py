"""Homes for embedded services: one that everybody can reach and one behind a closed folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chukan.embedded.services import Services


@pytest.fixture(autouse=True)
def no_real_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the embedded services, wherever the suite itself runs."""
    for name in ("CHUKAN_DATABASE_URL", "CHUKAN_REDIS_URL", "CHUKAN_HOME", "CHUKAN_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short folder that every account can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="ck-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def services(open_folder: Path) -> Iterator[Services]:
    """Services of a fresh home; removed afterwards."""
    made = Services(open_folder / "home")
    yield made
    made.erase()
