"""From registration to the code: requests, one file, an operator's act, 住基ネット, 情報提供NWS; one code per person.

The operator is a person of the product at its own pages, confirmed by an authenticator that is registered there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.client import HubClient
from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.exchange import ask, made_codes, waiting_files
from tests.journeys.kikin_desk import LOOKALIKE, SENDER, Operator, desk
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
CONFIRMED = """
SELECT y.id::text FROM fugo_yokyu_file y JOIN seitai_challenge c ON c.id = y.ninsho_id
  JOIN shokuin_account a ON a.id = c.account_id JOIN shokuin_shokuin s ON s.id = a.shokuin_id
WHERE c.purpose = 'fugo_yokyu_soshin' AND c.bound_hash = sha256(uuid_send(y.id) || decode(y.sha256, 'hex'))
  AND c.used_at = y.released_at AND s.shokuin_id = y.sent_by AND s.shokuin_id = %s
"""
REFUSED = (
    "SELECT count(*) FROM seitai_challenge WHERE purpose = 'fugo_yokyu_soshin' AND refusal <> '' AND used_at IS NULL"
)


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


def assert_sent_by_hand(stack: Stack, operator: Operator, files: list[str], *, before: object) -> None:
    """Every file goes by a confirmation of its own, used up in the moment of its release; without one none moves."""
    for file_id in files:
        refused = operator.confirm(operator.choose(file_id), origin=LOOKALIKE)
        assert (refused.status, "まだ実行していません。" in refused.text) == (422, True), refused.text[:600]
    assert stack.count(REFUSED) == len(files)
    assert set(files) <= set(waiting_files(stack))
    assert ask(stack, "juki")["file"] == before, "nothing leaves by itself"

    for file_id in files:
        operator.send(file_id)
    with stack.admin() as admin:
        confirmed = [row[0] for row in admin.execute(CONFIRMED, [SENDER])]
    assert sorted(confirmed) == sorted(files)


def assert_no_code_was_shown(stack: Stack, operator: Operator, file_id: str, numbers: set[str]) -> None:
    """Whoever sent the files has been shown them and their requests, and never a code or a number."""
    with stack.admin() as admin:
        query = "SELECT shori_tsuban::text FROM fugo_shutoku_yokyu WHERE yokyu_file_id = %s LIMIT 1"
        ((shori_tsuban,),) = admin.execute(query, [file_id]).fetchall()
    operator.look_around(file_id, shori_tsuban)
    codes = made_codes(stack)
    assert len(codes) > MEMBERS // 2
    assert operator.has_seen(codes | numbers) == set()
    assert operator.has_seen({file_id, shori_tsuban}) == {file_id, shori_tsuban}, "the search finds what was shown"


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
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-02", "KJ-FUGO-03", "KJ-FUGO-04", "KJ-FUGO-05", "KJ-FUGO-07")
@pytest.mark.kj("KJ-MENU-08", "KJ-RET-17")
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

    files = waiting_files(stack)
    with desk(stack) as operator:
        assert_sent_by_hand(stack, operator, files, before=before["file"])
        stack.wait_until("every code is set", lambda: states(stack) == {"5": persons}, seconds=180)
        assert_no_code_was_shown(stack, operator, files[-1], set(numbers))

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
