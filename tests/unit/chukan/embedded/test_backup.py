"""What `make restore` says before it touches anything; the rest is shown by the proof on a running product."""

from __future__ import annotations

from pathlib import Path

import pytest

from chukan.embedded.backup import restore
from chukan.embedded.errors import StartError


class TestRestore:
    @pytest.mark.parametrize("name", ["CHUKAN_DATABASE_URL", "CHUKAN_DATABASE_URL_WORKER"])
    def test_leaves_a_database_of_ones_own_alone(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, "postgresql://nobody@127.0.0.1:1/none")

        with pytest.raises(StartError, match=f"内蔵のデータベースだけです。{name} を外して"):
            restore(tmp_path / "home", tmp_path / "data", tmp_path / "keys", who="見本 担当")
        assert not (tmp_path / "home").exists()
