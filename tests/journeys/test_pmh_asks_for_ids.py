"""A municipality's person is asked for by Public Medical Hub, has a PMH-ID, and オンライン資格確認 knows the pair."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from simulators.client import HubClient, RequestSigner, generate_key
from simulators.client.keys import write_jwks
from tests.builders.lines import known, kojin_bango, message
from tests.journeys.onshi_store import assert_in_order_and_clean, numbers_in, texts_of
from tests.support.stack import Stack

HOKENSHA, OTHER = "06139992", "06137772"
REGISTER = "/api/v1/itaku/kanyusha"
ONE, MANY = "/api/v1/pmh/pmh-id", "/api/v1/pmh/pmh-id/ikkatsu"
SERIALS = (7_001, 7_002, 7_003)  # persons of this journey alone
STRANGER = 7_999


@pytest.fixture(scope="module")
def insurers(stack: Stack) -> tuple[HubClient, HubClient]:
    """Two insurers' systems; the first has three members, of whom the second has one."""
    lines = []
    for code, name in ((HOKENSHA, "旅の健康保険組合"), (OTHER, "隣の健康保険組合")):
        stack.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho=name)
        lines.append(stack.hub_client("hokensha", code))
    for serial in SERIALS:
        registered(lines[0], message(serial, hokensha=HOKENSHA))
    registered(lines[1], message(SERIALS[0], hokensha=OTHER))
    return lines[0], lines[1]


@pytest.fixture(scope="module")
def pmh(stack: Stack) -> Iterator[HubClient]:
    """PMH's line to the hub, entrusted with 医療費公費 and 予防接種."""
    key = generate_key(kid="pmh-1")
    jwks = stack.stage.demo / "pmh-journey.jwks.json"
    write_jwks(jwks, [key])
    told = stack.command(
        *("register_client", "--kind", "pmh", "--itaku", "01,02", "--kakuninsha", "見本　確認者"),
        *("--kakunin-ymd", "2026-01-01", "--minaoshi-ymd", "2036-01-01", "--jwks", jwks),
    )
    line = HubClient(base_url=stack.web_url, signer=RequestSigner(client_id=str(told["client_id"]), key=key))
    yield line
    line.close()


def registered(line: HubClient, value: dict[str, Any]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    key = f"{value['hokensha_code']}-{value.get('kojin_bango') or value['shori_shubetsu_code']}"
    answer = line.request(
        "POST", REGISTER, body=body, headers={"Content-Type": "application/json", "Idempotency-Key": key[:64]}
    )
    assert answer.status_code in (200, 201), answer.text


def told(stack: Stack, himozuke: str) -> list[tuple[str, str, str | None]]:
    """Return kind, insurer and PMH-ID of every telegram about a person, in their order."""
    with closing(sqlite3.connect(stack.onshi_store)) as store:
        rows = store.execute(
            "select denbun_shubetsu, hokensha_code, naiyo from denbun where himozuke_bango = ? order by jun", [himozuke]
        ).fetchall()
    return [(kind, code, json.loads(naiyo).get("pmh_id")) for kind, code, naiyo in rows]


@pytest.mark.kj("KJ-PMH-01", "KJ-PMH-02", "KJ-PMH-05", "KJ-PMH-06", "KJ-EXT-05", "KJ-EXT-06", "KJ-EXT-07")
def test_from_the_question_to_the_telegram_that_carries_it(
    stack: Stack, insurers: tuple[HubClient, HubClient], pmh: HubClient
) -> None:
    one, two, three = (kojin_bango(serial) for serial in SERIALS)
    stranger = kojin_bango(STRANGER)
    drained = "SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NULL"
    stack.wait_until("what was owed before is received", lambda: stack.count(drained) == 0, seconds=120)

    first = pmh.send_json(ONE, {"jimu_kubun": "01", "kojin_bango": one})
    assert first.status_code == 200, first.text
    assert set(first.json()) == {"kojin_bango", "pmh_id"}
    assert pmh.send_json(ONE, {"jimu_kubun": "01", "kojin_bango": stranger}).status_code == 404
    assert pmh.send_json(ONE, {"jimu_kubun": "03", "kojin_bango": one}).status_code == 403
    asked = [three, stranger, one, two]
    answer = pmh.send_json(MANY, {"jimu_kubun": "02", "kojin_bango": asked})
    assert answer.status_code == 200, answer.text
    kekka = answer.json()["kekka"]
    assert [item["kojin_bango"] for item in kekka] == asked
    ids = {item["kojin_bango"]: item["pmh_id"] for item in kekka}
    assert ids[one] == first.json()["pmh_id"]
    assert ids[stranger] is None
    assert len({ids[one], ids[two], ids[three]}) == 3

    registered(insurers[0], known("04", hokensha=HOKENSHA, edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}))
    registered(
        insurers[1], known("03", hokensha=OTHER, edaban=1, kihon={"jusho": "見本県２", "jusho_henko_ymd": "2026-09-01"})
    )
    stack.wait_until("everything is received", lambda: stack.count(drained) == 0, seconds=120)

    with stack.admin() as admin:
        pairs: dict[str, str] = dict(
            admin.execute("SELECT pmh_id, himozuke_bango::text FROM pmh_hakko_rireki").fetchall()
        )
    assert told(stack, pairs[ids[one]]) == [
        ("shikaku", HOKENSHA, None),
        ("shikaku", OTHER, None),
        ("pmh_id", "", ids[one]),
        ("shikaku", HOKENSHA, ids[one]),
        ("shikaku", OTHER, ids[one]),
    ]
    for number in (two, three):
        assert told(stack, pairs[ids[number]]) == [("shikaku", HOKENSHA, None), ("pmh_id", "", ids[number])]
    assert_in_order_and_clean(stack)
    assert numbers_in(texts_of(stack)) & {one, two, three, stranger} == set()


@pytest.mark.kj("KJ-IN-11", "KJ-PMH-04", "KJ-PMH-09")
def test_every_answer_is_on_record_and_no_number_is(stack: Stack, pmh: HubClient) -> None:
    number = kojin_bango(STRANGER + 1)
    before = "SELECT count(*) FROM sosa_log_event WHERE channel = 'pmh'"
    rows = stack.count(before)
    for _ in range(3):
        pmh.send_json(ONE, {"jimu_kubun": "01", "kojin_bango": number})

    assert stack.count(before) == rows + 3
    with stack.admin() as admin:
        for table in ("sosa_log_event", "pmh_irai", "pmh_hakko_rireki", "outbox_message", "shikaku_onshi_soshin"):
            texts = admin.execute(f"SELECT t::text FROM {table} t").fetchall()
            assert not any(number in text for (text,) in texts)
    logs = "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in (stack.home / "log").glob("*.log"))
    assert number not in logs
