"""The made-up people of the demo live where its stand-ins look for them."""

from __future__ import annotations

import socket
from pathlib import Path

from chukan.embedded.preparation import FIRST_MEMBERS_FILE, HOKENSHA_CODE, STEPS, free_port
from chukan.embedded.process_table import Stage
from simulators.juki.jumin import Jumin
from simulators.juki.store import JukiStore
from simulators.people.__main__ import main as make_people
from tests.journeys.sample import Sample


def test_juki_knows_everybody_of_the_first_members(tmp_path: Path) -> None:
    stage = Stage(home=tmp_path, port=1)
    stage.demo.mkdir()
    (argv,) = (step.argv(stage) for step in STEPS if step.name == "見本の加入者")
    assert make_people(argv[argv.index("simulators.people") + 1 :]) == 0
    file = stage.demo / FIRST_MEMBERS_FILE
    numbers = Sample(file, file.with_suffix(".seikai.csv"), HOKENSHA_CODE).kojin_bango
    store = JukiStore(tmp_path / "juki.sqlite3")

    living = Jumin(store=store, seed=1, secret=b"x" * 32)

    assert len(numbers) == 300
    assert [number for number in numbers if living.shutoku_bango(number) is None] == []
    store.close()


def test_a_port_is_kept_while_it_is_free_and_is_none_a_call_going_out_may_take(tmp_path: Path) -> None:
    note = tmp_path / "web.port"
    port = free_port(note)

    assert port < 32_768
    assert free_port(note) == port
    with socket.socket() as line:
        line.bind(("127.0.0.1", port))
        line.listen()
        assert free_port(note) != port
