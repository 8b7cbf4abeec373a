"""What `make backup` and `make restore` refuse before they touch anything; a proof shows the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chukan.embedded.backup import backup, restore
from chukan.embedded.errors import StartError
from chukan.kernel import clock


def take(folder: Path) -> object:
    return backup(folder / "home", folder / "data", folder / "keys", now=clock.now())


def put_back(folder: Path) -> object:
    return restore(folder / "home", folder / "data", folder / "keys", who="見本 担当")


@pytest.mark.parametrize("work", [take, put_back])
@pytest.mark.parametrize("name", ["CHUKAN_DATABASE_URL", "CHUKAN_DATABASE_URL_WORKER"])
def test_a_database_of_ones_own_is_left_alone(
    name: str, work: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in [given for given in os.environ if given.startswith("CHUKAN_DATABASE_URL")]:
        monkeypatch.delenv(given)
    monkeypatch.setenv(name, "postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(StartError, match=f"内蔵のデータベースだけです。{name} を外して"):
        work(tmp_path)
    assert list(tmp_path.iterdir()) == []
