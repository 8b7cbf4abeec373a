"""From registration to the code: requests, one file, an operator's act, 住基ネット, 情報提供NWS; one code per person.

The verification of the operator is played by a process with the rights of the web: the desk is another story's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chukan.embedded.process_table import ROOT
from simulators.client import HubClient
from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.sample import made_sample, of_another
from tests.journeys.sent_file import SentFile
from tests.support.stack import Stack

HOKENSHA, OTHER = "06142012", "06143010"
MEMBERS = 40
ASKING = """
SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha k
WHERE hokensha_code = %s AND fugo_shutoku_yokyu_kubun = '1' AND EXISTS
  (SELECT FROM shikaku_rireki r WHERE r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
   AND r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL)
"""
# What the operator's console does: release the file under a verification of its own.
ACT = """
import sys, uuid, django
django.setup()
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from fugo.actions.send_yokyu_file import send_yokyu_file
by = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="SK001", actor_name="x",
               kengen=frozenset({("fugo", "koshin")}), terminal="T", request_id="journey")
send_yokyu_file(by=by, file_id=uuid.UUID(sys.argv[1]), ninsho_id=uuid.uuid4(), consume=lambda **_: None,
                now=clock.now())
"""


def released(stack: Stack, file_id: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ACT, file_id],
        env=stack.stage.environment("web"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def ask(stack: Stack, name: str, path: str = "/_sim/state", value: object = None) -> dict[str, Any]:
    url = f"{stack.stage.partner_url(name)}{path}"
    if value is None:
        answer = httpx.get(url, trust_env=False, timeout=30)
    else:
        answer = httpx.post(url, json=value, trust_env=False, timeout=60)
    answer.raise_for_status()
    return dict(answer.json())


def waiting_files(stack: Stack) -> list[str]:
    with stack.admin() as admin:
        return [str(row[0]) for row in admin.execute("SELECT id FROM fugo_yokyu_file WHERE state = 'soshin_machi'")]


def states(stack: Stack) -> dict[str, int]:
    with stack.admin() as admin:
        return dict(
            admin.execute(
                "SELECT y.fugo_shutoku_status, count(*) FROM fugo_edaban_himozuke l"
                " JOIN fugo_shutoku_yokyu y USING (himozuke_bango) WHERE l.hokensha_code = %s GROUP BY 1",
                [HOKENSHA],
            ).fetchall()
        )


def jotai(client: HubClient) -> list[dict[str, Any]]:
    items, cursor = list[dict[str, Any]](), ""
    while True:
        page = client.get(f"/api/v1/fugo/jotai?limit=15{cursor}").json()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"


def found_in(folder: Path, numbers: set[str]) -> list[Path]:
    wanted = [number.encode() for number in numbers]
    return [
        path for path in folder.rglob("*") if path.is_file() and any(number in path.read_bytes() for number in wanted)
    ]


def assert_nothing_is_left(stack: Stack, numbers: set[str]) -> None:
    """The files are erased and no number stands in a log or in the journal of erasures."""
    stack.wait_until(
        "the files are erased",
        lambda: stack.count("SELECT count(*) FROM fugo_yokyu_file WHERE erased_at IS NULL AND state <> 'haiki'") == 0,
        seconds=60,
    )
    assert list((stack.home / "objects" / "fugo_yokyu").rglob("fugo_yokyu-*")) == []
    assert found_in(stack.home / "log", numbers) == []
    assert found_in(stack.home / "journal", numbers) == []


@pytest.mark.slow
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-02", "KJ-FUGO-03", "KJ-FUGO-04", "KJ-FUGO-05", "KJ-MENU-08", "KJ-RET-17")
def test_from_registration_to_the_code(stack: Stack, tmp_path: Path) -> None:
    for code, name in ((HOKENSHA, "符号健康保険組合"), (OTHER, "符号第二健康保険組合")):
        stack.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho=name)
    clients = {code: stack.hub_client("hokensha", code) for code in (HOKENSHA, OTHER)}
    sample = made_sample(tmp_path, hokensha=HOKENSHA, seed=47, lines=MEMBERS, errors=0.0, history=0.0)
    numbers = sorted(sample.kojin_bango)
    ask(stack, "juki", "/_sim/jumin", {"kojin_bango": numbers})
    before = ask(stack, "juki")

    sent = SentFile.send(KizonSystem(clients[HOKENSHA]), sample, folder=tmp_path)
    assert {one["処理結果区分"] for one in sent.kekka} <= {"1", "2"}
    persons = stack.count(ASKING, HOKENSHA)  # 加入予定者 and 世帯員 ask for nothing
    assert persons > MEMBERS // 2
    stack.wait_until("requests are made", lambda: sum(states(stack).values()) == persons, seconds=60)
    stack.kill("worker_fugo")  # a file may be under way
    stack.wait_until("a file waits", lambda: states(stack) == {"2": persons}, seconds=180)

    again = tmp_path / "again"
    again.mkdir()
    other = of_another(sample, hokensha=OTHER, folder=again)
    SentFile.send(KizonSystem(clients[OTHER]), other, folder=again)
    asking = stack.count(ASKING, OTHER)
    linked = "SELECT count(*) FROM fugo_edaban_himozuke WHERE hokensha_code = %s"
    stack.wait_until("the second insurer is linked", lambda: stack.count(linked, OTHER) == asking, seconds=60)
    assert ask(stack, "juki")["file"] == before["file"], "nothing leaves by itself"

    for file_id in waiting_files(stack):
        released(stack, file_id)
    stack.wait_until("every code is set", lambda: states(stack) == {"5": persons}, seconds=180)

    codes = (
        "SELECT count(*) FROM fugo_kikanbetsu_fugo f WHERE f.superseded_at IS NULL AND EXISTS"
        " (SELECT FROM fugo_edaban_himozuke l WHERE l.himozuke_bango = f.himozuke_bango AND l.hokensha_code = %s)"
    )
    assert stack.count(codes, HOKENSHA) == persons
    assert stack.count("SELECT count(*) FROM (SELECT himozuke_bango FROM fugo_shutoku_yokyu"
                       " GROUP BY 1 HAVING count(*) > 1) AS twice") == 0  # fmt: skip
    told = {code: jotai(client) for code, client in clients.items()}
    assert {code: {one["fugo_shutoku_status"] for one in items} for code, items in told.items()} == {
        HOKENSHA: {"5"},
        OTHER: {"5"},
    }
    assert [len(told[code]) for code in (HOKENSHA, OTHER)] == [persons, asking]
    assert "kikanbetsu_fugo" not in json.dumps(told)
    nws = ask(stack, "nws")
    wrong = ("katachi", "kotae_fuitchi", "yokei_uketsuke", "shiranai_uketsuke")
    assert {name: nws[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert_nothing_is_left(stack, set(numbers))
