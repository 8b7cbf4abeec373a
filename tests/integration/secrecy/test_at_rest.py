from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from chukan.kernel import clock
from shikaku.queries.rireki import find_rireki
from tests.builders.canary import Canary
from tests.builders.lines import kojin_bango
from tests.builders.sinks import found_in_cells, found_in_files
from tests.support.principals import clerk
from tests.support.world import ROOT, World

pytestmark = pytest.mark.django_db(transaction=True)

# What of 資格履歴 can be read in the database without a key, and nothing else: keys, days, counters, states.
READABLE = {
    "shikaku_bango_case": {
        "id", "hokensha_code", "hihokensha_edaban", "other_himozuke_bango", "channel", "uketsuke_bango", "meisai_no",
        "first_seen_at", "last_seen_at", "seen_count", "closed_at", "closed_reason",
    },
    "shikaku_edaban_saiban": {"hokensha_code", "last"},
    "shikaku_himozuke": {"himozuke_bango", "jun", "pmh_id", "pmh_id_jun"},
    "shikaku_kojin_bango_sakuin": {"himozuke_bango", "key_id"},
    "shikaku_itaku_kukaku_kanyusha": {
        "id", "hokensha_code", "hihokensha_edaban", "himozuke_bango", "kanyusha_kubun_code",
        "fugo_shutoku_yokyu_kubun", "t_kana2", "t_kana4", "t_kana_full", "t_seinengappi", "last_shikaku_tsuban",
        "last_rireki_tsuban", "last_recorded_at",
    },
    "shikaku_kyu_kojin_bango": {
        "id", "hokensha_code", "hihokensha_edaban", "kojin_bango_koshin_kubun", "kojin_bango_koshin_nichiji",
        "resolves",
    },
    "shikaku_rireki": {
        "id", "hokensha_code", "hihokensha_edaban", "rireki_tsuban", "shikaku_tsuban", "himozuke_bango", "valid_from",
        "valid_to", "toroku_nichiji", "superseded_at", "shori_shubetsu_code", "withdrawn", "t_kigo_bango",
        "uketsuke_id", "meisai_no",
    },
    "shikaku_onshi_soshin": {
        "soshin_bango", "hokensha_code", "hihokensha_edaban", "himozuke_bango", "jun", "kind", "as_of", "owed_at",
        "available_at", "attempts", "lease_until", "sent_at", "shori_kekka_kubun", "shori_kekka_meisai_code",
        "answered_at",
    },
    "shikaku_reseal_job": {"hokensha_code", "key_id", "bookmark", "resealed_count", "started_at", "finished_at", "run"},
    "shikaku_reindex_job": {
        "id", "hokensha_code", "kind", "run", "key_id", "bookmark", "changed_count", "started_at", "finished_at",
    },
    "shikaku_terminal_slip": {"id", "hokensha_code", "actor_id", "kind", "created_at", "expires_at"},
    "pmh_hakko_rireki": {"himozuke_bango", "pmh_id", "issued_at"},
    "pmh_irai": {
        "id", "answered_at", "client_id", "jimu_kubun", "hoho", "result_code", "issued_count", "repeated_count",
        "unknown_count",
    },
}  # fmt: skip
READ_ONE = """
import django; django.setup()
from chukan.kernel import clock
from shikaku.queries.rireki import find_rireki
from tests.support.principals import clerk
print(len(find_rireki(by=clerk(), hihokensha_edaban=1, known_at=clock.now()).versions))
"""


class TestInTheDatabase:
    @pytest.mark.kj("KJ-ENC-01", "KJ-ENC-06", "KJ-LOG-09", "KJ-DEAD-01")
    def test_no_value_stands_in_any_column(self, world: World, canary: Canary) -> None:
        with world.admin() as admin:
            assert found_in_cells(admin, canary.values) == []

    @pytest.mark.kj("KJ-ENC-01", "KJ-ENC-06", "KJ-DEAD-01")
    def test_no_value_stands_in_any_file_of_the_server(self, world: World, canary: Canary) -> None:
        with world.admin() as admin:
            folder = self._data(admin)
            admin.execute("CHECKPOINT")
            assert found_in_files(folder, canary.values) == []
            # A value that is left somewhere is found: by column and by file.
            left = {"left": kojin_bango(random.SystemRandom().randrange(100_000, 900_000))}
            admin.execute("CREATE TABLE more (bango text)")
            try:
                admin.execute("INSERT INTO more VALUES (%s)", [left["left"]])
                admin.execute("CHECKPOINT")
                assert ("more.bango", "left", "plain") in found_in_cells(admin, left)
                assert len(found_in_files(folder, left)) >= 2  # table and WAL
            finally:
                admin.execute("DROP TABLE more")

    @staticmethod
    def _data(admin: object) -> Path:
        row = admin.execute("SHOW data_directory").fetchone()  # type: ignore[attr-defined]  # a connection
        folder = Path(str(row[0]))
        if not os.access(folder, os.R_OK | os.X_OK):
            pytest.skip("the files of the database belong to somebody else")
        return folder

    @pytest.mark.kj("KJ-ENC-01", "KJ-PMH-04")
    def test_readable_columns_are_the_listed_ones(self, world: World) -> None:
        with world.admin() as admin:
            rows = admin.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name ~ '^(shikaku|pmh)_' AND udt_name <> 'bytea'"
            ).fetchall()
            texts = admin.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name ~ '^(shikaku|pmh)_' AND udt_name IN ('jsonb', 'text')"
            ).fetchall()
        found: dict[str, set[str]] = {}
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        assert found == READABLE
        assert texts == []

    @pytest.mark.kj("KJ-ENC-06")
    def test_a_number_leads_to_its_person_by_keyed_hash_only(self, world: World, canary: Canary) -> None:
        former, present = canary.numbers["number 0"], canary.numbers["number 3"]
        asked = [find_rireki(by=clerk(), kojin_bango=number, known_at=clock.now()) for number in (former, present)]

        assert asked[0].himozuke_bango == asked[1].himozuke_bango
        with world.admin() as admin:
            indexes = admin.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " AND (indexdef LIKE '%bango)%' OR indexdef LIKE '%bi\\_%')"
            ).fetchall()
        named = " ".join(row[0] for row in indexes)
        assert "(hokensha_code, bi_bango)" in named
        assert "(bi_global)" in named
        assert "(kojin_bango)" not in named


class TestFilesOfTheHub:
    @pytest.mark.kj("KJ-ENC-01", "KJ-IN-21", "KJ-DEAD-01")
    def test_no_value_is_left_in_the_hubs_own_folder(self, canary: Canary) -> None:
        home = Path(settings.CHUKAN_HOME)
        own = [path for path in home.iterdir() if path.name in {"objects", "keys", "journal", "run", "static", "tmp"}]

        assert own
        for folder in own:
            if folder.is_dir():
                assert found_in_files(folder, canary.values) == []


class TestWithoutTheKey:
    @pytest.mark.kj("KJ-ENC-05")
    def test_nothing_opens_and_the_database_has_no_key(self, world: World, canary: Canary) -> None:
        kek = Path(settings.CHUKAN_HOME) / "keys" / "kek.json"
        assert self._read_one().stdout.strip() == "1"
        away = kek.with_name("elsewhere")
        kek.rename(away)
        try:
            done = self._read_one()
        finally:
            away.rename(kek)

        assert done.returncode != 0
        assert "kagi_nashi" in done.stderr
        for value in canary.values.values():
            assert value not in done.stdout + done.stderr
        secrets = [str(value) for value in _texts(json.loads(kek.read_text(encoding="utf-8"))) if len(str(value)) >= 40]
        assert secrets
        with world.admin() as admin:
            assert found_in_cells(admin, {f"kek {n}": text for n, text in enumerate(secrets)}) == []

    @staticmethod
    def _read_one() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", READ_ONE],
            env={
                **os.environ,
                "CHUKAN_ROLE": "web",
                "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    return [str(value)]
