"""The insurer's stand-in sends, waits, fetches, and asks again when an answer is lost."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from simulators import clock
from simulators.client import HubAnswerError, HubClient, RequestSigner, generate_key
from simulators.hokensha.__main__ import main
from simulators.hokensha.kizon_system import FileEndedBadly, KizonSystem, read_message

BANGO = "20261120-ABCDEFGHJK"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "wait", lambda _seconds: None)


def system(answer: Answer) -> KizonSystem:
    signer = RequestSigner(client_id="hokensha-1", key=generate_key(kid="k1"))
    return KizonSystem(HubClient(base_url="http://hub.test", signer=signer, transport=httpx.MockTransport(answer)))


def test_a_lost_answer_is_asked_for_under_the_same_key() -> None:
    keys: list[str] = []

    def hub(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ReadError("cut")
        if len(keys) == 2:
            return httpx.Response(409, json={"code": "shorichu"}, headers={"Retry-After": "1"})
        return httpx.Response(201, json={"hihokensha_edaban": "0000000001"})

    assert system(hub).register({})["hihokensha_edaban"] == "0000000001"

    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_broken_rule_is_not_repeated() -> None:
    calls: list[str] = []

    def hub(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(422, json={"code": "ihan", "errors": [{"code": "E201"}]})

    with pytest.raises(HubAnswerError):
        system(hub).register({})

    assert len(calls) == 1


def test_a_file_the_hub_has_leads_to_its_earlier_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")

    def hub(request: httpx.Request) -> httpx.Response:
        return httpx.Response(409, json={"code": "jufuku_file", "uketsuke_bango": BANGO})

    assert system(hub).send_file(path) == BANGO


def test_waits_until_the_file_has_ended_and_fetches_the_results(tmp_path: Path) -> None:
    states = ["uketsuke", "kensa", "shori", "kanryo"]

    def hub(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/kekka"):
            return httpx.Response(200, content="﻿受付番号\r\n".encode())
        return httpx.Response(200, json={"jotai": states.pop(0), "sosu": 1})

    insurer = system(hub)

    assert insurer.wait(BANGO, seconds=60)["jotai"] == "kanryo"
    insurer.fetch_results(BANGO, tmp_path / "k.csv")
    assert (tmp_path / "k.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_refused_file_says_why() -> None:
    def hub(request: httpx.Request) -> httpx.Response:
        riyu = {"code": "midashi_fumei", "message": "見出しに知らない項目があります"}
        return httpx.Response(200, json={"jotai": "kyohi", "riyu": riyu})

    with pytest.raises(FileEndedBadly, match="見出しに知らない項目があります"):
        system(hub).wait(BANGO, seconds=60)


def test_a_message_is_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"a": 1}))

    assert read_message(f"@{path}") == read_message('{"a": 1}') == {"a": 1}


def test_what_went_wrong_is_said_in_japanese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key.json"
    generate_key(kid="k1").save(key)
    common = ["--base-url", "http://127.0.0.1:9", "--client-id", "x", "--key"]

    assert main([*common, str(key), "jotai", BANGO]) == 1
    assert "中間サーバーにつながりません" in capsys.readouterr().err
    assert main([*common, str(tmp_path / "none.json"), "jotai", BANGO]) == 1
    assert "ファイルを扱えません" in capsys.readouterr().err
