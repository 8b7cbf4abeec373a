"""A process that is not fit for 本番 does not start there, whichever way it comes up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from chukan.kernel import checks
from chukan.kernel.checks import UnfitStart, check_production, refuse_unfit_start
from chukan.kernel.crypto import Keyring
from chukan.kernel.crypto.file_kms import FileKms
from tests.fakes.key_table import MemoryKeyTable
from tests.support.world import ROOT

WHAT_TO_SET = "CHUKAN_MODE=demo"
# How each kind of process comes up; none of them gets as far as the database.
STARTS = {
    "web": ["-c", "import chukan.wsgi"],
    "worker": ["-m", "celery", "--app", "chukan.celery:app", "worker", "--pool", "solo"],
    "beat": ["-m", "celery", "--app", "chukan.celery:app", "beat", "--schedule", os.devnull],
    "relay": ["manage.py", "relay_outbox"],
    "sealer": ["manage.py", "seal_sosa_log"],
    "delivery": ["manage.py", "deliver_onshi"],
    "command without checks": ["manage.py", "setup_database"],
    "command with checks": ["manage.py", "ensure_keys"],
}


def start(arguments: list[str], home: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Bring a process up, as far as it comes."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "chukan.settings.base", "CHUKAN_HOME": str(home), **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestProduction:
    @pytest.mark.kj("KJ-ENC-05")
    @pytest.mark.parametrize("process", list(STARTS))
    def test_no_process_starts_with_keys_in_files(self, process: str, tmp_path: Path) -> None:
        done = start(STARTS[process], tmp_path, CHUKAN_MODE="production", CHUKAN_TLS="1")

        assert done.returncode != 0
        assert "ファイルの鍵置き場" in done.stderr
        assert WHAT_TO_SET in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "keys" / "kek.json").exists()

    @pytest.mark.kj("KJ-ENC-08")
    def test_every_reason_is_said_at_once(self, tmp_path: Path) -> None:
        done = start(["manage.py", "check"], tmp_path, CHUKAN_MODE="production", CHUKAN_TLS="0")

        assert done.returncode != 0
        assert [line[-13:] for line in done.stderr.splitlines()] == [
            "（chukan.E001）",
            "（chukan.E002）",
            "（chukan.E004）",
            "（chukan.E005）",
        ]
        assert "CHUKAN_TLS=1" in done.stderr

    def test_a_mistyped_mode_is_no_demo(self, tmp_path: Path) -> None:
        done = start(["manage.py", "check"], tmp_path, CHUKAN_MODE="Production")

        assert done.returncode != 0
        assert done.stderr == "CHUKAN_MODE: demo、production のどれかを指定してください。\n"

    def test_a_demo_starts_with_keys_in_files(self, tmp_path: Path) -> None:
        for given in ({}, {"CHUKAN_MODE": "demo"}, {"CHUKAN_MODE": ""}):
            done = start(["-c", "import django; django.setup()"], tmp_path, **given)

            assert done.returncode == 0, done.stderr


class _ServiceKms(FileKms):
    """Stands for a key management service."""

    for_production = True


class TestCheck:
    @pytest.fixture(autouse=True)
    def _production(self, settings: Settings) -> None:
        settings.CHUKAN_MODE = "production"
        settings.CHUKAN_TLS = True
        settings.SEITAI_MODELS = ["01020304-0506-0708-0102-030405060708"]
        settings.SEITAI_ROOTS = "/etc/chukan/roots.pem"
        settings.SEITAI_ORIGINS = ["https://chukan.example.jp"]

    def test_stops_the_process_with_one_line_a_reason(self) -> None:
        with pytest.raises(UnfitStart) as stopped:
            refuse_unfit_start()

        assert "\n" not in str(stopped.value)
        assert str(stopped.value).endswith("（chukan.E001）")

    def test_is_one_of_djangos(self) -> None:
        with pytest.raises(Exception, match=r"chukan\.E001"):
            call_command("check", tag=[checks.BOOT])

    def test_a_key_management_service_behind_tls_is_fit(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
    ) -> None:
        monkeypatch.setattr(checks, "get_keyring", lambda: Keyring(_ServiceKms(tmp_path), MemoryKeyTable()))

        assert check_production() == []
        settings.CHUKAN_TLS = False
        assert [error.id for error in check_production()] == ["chukan.E002"]

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            (("SEITAI_MODELS", ["*"]), "chukan.E004"),
            (("SEITAI_MODELS", []), "chukan.E004"),
            (("SEITAI_ROOTS", ""), "chukan.E004"),
            (("SEITAI_ORIGINS", ["http://localhost:8000"]), "chukan.E005"),
        ],
    )
    def test_seitai_needs_a_list_of_models_and_a_place_with_tls(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings, given: tuple[str, object], error: str
    ) -> None:
        monkeypatch.setattr(checks, "get_keyring", lambda: Keyring(_ServiceKms(tmp_path), MemoryKeyTable()))
        setattr(settings, *given)

        assert [found.id for found in check_production()] == [error]
