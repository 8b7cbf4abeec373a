"""住基ネット takes a request file once and whole, knows who lives where, and hands on no 個人番号."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from simulators.client import generate_key
from simulators.juki.jumin import Jumin
from simulators.juki.store import JukiStore
from simulators.juki.yokyu_file import FileRefused, read_requests
from simulators.people.__main__ import main as write_people
from tests.unit.simulators.fugo_world import HEADER, SECRET, FugoWorld, fugo_world, inhabitants, tsuban, yokyu_file
from tests.unit.simulators.small_fugo_hub import SmallFugoHub
from tests.unit.simulators.stand_ins import bango, until

PEOPLE = inhabitants(40)
STRANGER = bango(12_345)
WRONG = PEOPLE[0][:-1] + str((int(PEOPLE[0][-1]) + 1) % 10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FugoWorld]:
    with fugo_world(tmp_path) as made:
        yield made


class TestFile:
    def test_is_taken_and_every_inhabitant_gets_a_code(self, world: FugoWorld) -> None:
        lines = [(tsuban(place), number) for place, number in enumerate(PEOPLE)]

        assert world.ask(*lines) == 202
        world.settled()

        assert set(world.hub.codes) == {name for name, _ in lines}
        assert len(set(world.hub.codes.values())) == len(PEOPLE)

    def test_comes_in_chunks_as_well(self, world: FugoWorld) -> None:
        world.hub.open = {tsuban(1)}

        assert world.hub.put(world.juki.url, "f", yokyu_file((tsuban(1), PEOPLE[0])), chunked=True) == 202

        world.settled()
        assert list(world.hub.codes) == [tsuban(1)]

    def test_the_same_bytes_again_are_taken_and_nothing_happens_twice(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]))
        world.settled()

        assert world.ask((tsuban(1), PEOPLE[0])) == 202

        state = world.juki.state()
        assert (state["file"], state["saiuketsuke"], state["yokyu"], state["machi"]) == (1, 1, 1, 0)
        assert world.hub.heard == [tsuban(1)]

    def test_other_bytes_under_the_same_name_are_refused(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]))

        assert world.ask((tsuban(2), PEOPLE[1])) == 409

        world.settled()
        assert (world.juki.state()["file_fuitchi"], world.juki.state()["yokyu"]) == (1, 1)
        assert list(world.hub.codes) == [tsuban(1)]

    def test_a_body_that_does_not_fit_its_digest_leaves_nothing(self, world: FugoWorld) -> None:
        pieces = yokyu_file((tsuban(1), PEOPLE[0]))

        status = world.hub.put(world.juki.url, "f", pieces, digest=f"sha-256=:{'A' * 43}=:")

        assert status == 401
        assert (world.juki.state()["yokyu"], world.juki.state()["digest_fusei"]) == (0, 1)
        assert world.juki_store.rows("select * from kari") == []
        assert world.hub.put(world.juki.url, "f", pieces) == 202

    def test_a_body_that_stops_in_the_middle_leaves_nothing(self, world: FugoWorld) -> None:
        pieces = yokyu_file((tsuban(1), PEOPLE[0]))

        with pytest.raises(httpx.WriteError):
            world.hub.put(world.juki.url, "f", pieces, length=9_000)

        until(lambda: world.juki_store.rows("select * from kari") == [])
        assert (world.juki.state()["file"], world.juki.state()["yokyu"]) == (0, 0)
        assert world.ask((tsuban(1), PEOPLE[0]), file_id="f") == 202

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"kojin_bango,shori_tsuban\r\n",
            HEADER + b"not-a-uuid,1\r\n",
            HEADER + f"{tsuban(1)}\r\n".encode(),
            HEADER + f"{tsuban(1)},1,2\r\n".encode(),
            HEADER + tsuban(1).encode() + b"," + b"9" * 300,
            HEADER + f"{tsuban(1)},".encode() + "１".encode(),
            HEADER + f'{tsuban(1)},"1\r\n'.encode(),
        ],
    )
    def test_anything_else_is_refused_whole(self, body: bytes) -> None:
        with pytest.raises(FileRefused):
            list(read_requests([body]))

    def test_a_refused_file_says_where_and_quotes_nothing(self, world: FugoWorld) -> None:
        pieces = yokyu_file((tsuban(1), PEOPLE[0]), ("nonsense", PEOPLE[1]))
        body = b"".join(pieces)

        answer = world.hub.line(world.juki.url).request("PUT", "/fugo-yokyu/f", body=body)

        assert (answer.status_code, answer.json()["detail"]) == (422, "3行目を読み取れません")
        assert PEOPLE[1] not in answer.text
        assert world.juki.state()["yokyu"] == 0

    @pytest.mark.parametrize("size", [1, 7, 64])
    def test_is_read_the_same_however_it_is_cut(self, size: int) -> None:
        body = b"\xef\xbb\xbf" + b"".join(yokyu_file((tsuban(1), PEOPLE[0]), (tsuban(2), STRANGER)))

        pieces = [body[place : place + size] for place in range(0, len(body), size)]

        assert list(read_requests(pieces)) == [(tsuban(1), PEOPLE[0]), (tsuban(2), STRANGER)]

    def test_nobody_but_the_hub_sends_one(self, world: FugoWorld) -> None:
        assert httpx.put(f"{world.juki.url}/fugo-yokyu/f", content=HEADER, trust_env=False).status_code == 401
        assert SmallFugoHub(key=generate_key(kid="hub-1")).put(world.juki.url, "f", [HEADER]) == 401

        assert (world.juki.state()["file"], world.juki.state()["shomei_fusei"]) == (0, 2)

    def test_memory_does_not_grow_with_the_file(self, world: FugoWorld) -> None:
        world.juki.break_with(watasazu=True)
        small = [(tsuban(place), WRONG) for place in range(5_000)]
        large = [(tsuban(10**6 + place), WRONG) for place in range(50_000)]

        peaks = []
        for name, lines in (("small", small), ("large", large)):
            pieces = yokyu_file(*lines)
            tracemalloc.start()
            assert world.hub.put(world.juki.url, name, pieces) == 202
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

        assert peaks[1] < 1.5 * peaks[0]
        assert world.juki.state()["yokyu"] == 55_000


class TestPeople:
    def test_everybody_of_the_demo_lives_here(self, tmp_path: Path) -> None:
        out = tmp_path / "a.csv"
        write_people(
            [
                *("--n", "300", "--seed", "1", "--hokensha", "06132013", "--bango", "06132013", "--errors", "0"),
                *("--out", str(out), "--truth", str(tmp_path / "t.csv")),
            ]
        )
        head, *rows = out.read_text("utf-8").splitlines()
        place = head.split(",").index("個人番号")
        jumin = Jumin(store=JukiStore(tmp_path / "j.sqlite3"), seed=1, secret=SECRET)

        found = [jumin.shutoku_bango(row.split(",")[place]) for row in rows]

        assert len(found) == len(set(found)) == 300
        assert None not in found

    @pytest.mark.parametrize(
        "number,why",
        [(STRANGER, "jumin_nashi"), (WRONG, "kensa_suji"), ("", "kensa_suji")],
        ids=["of nobody", "wrong check digit", "none"],  # a number may not stand in the name of a test
    )
    def test_a_number_of_nobody_never_gets_a_code(self, world: FugoWorld, number: str, why: str) -> None:
        assert world.ask((tsuban(1), number), (tsuban(2), PEOPLE[0])) == 202

        assert world.settled()["yokyu"] == 1
        state = world.juki.state()
        assert (state["nashi"], state[why]) == (1, 1)
        assert list(world.hub.codes) == [tsuban(2)]

    def test_who_is_added_lives_here_from_then_on_and_after_a_restart(self, tmp_path: Path) -> None:
        with fugo_world(tmp_path) as first:
            first.ask((tsuban(1), STRANGER))
            assert first.juki.stranger.post("/_sim/jumin", json={"kojin_bango": [STRANGER, WRONG]}).json() == {
                "kensu": 1
            }

        with fugo_world(tmp_path) as again:
            again.ask((tsuban(1), STRANGER), file_id="f2")
            again.settled()

            assert list(again.hub.codes) == [tsuban(1)]

    def test_a_new_number_leads_to_the_same_person(self, world: FugoWorld) -> None:
        told = {"kojin_bango": [STRANGER], "kyu_kojin_bango": PEOPLE[0]}
        assert world.juki.stranger.post("/_sim/jumin", json=told).json() == {"kensu": 1}

        world.ask((tsuban(1), PEOPLE[0]), (tsuban(2), STRANGER), (tsuban(3), PEOPLE[1]))
        world.settled()

        persons = [world.of_tsuban(tsuban(number))["hito"] for number in (1, 2, 3)]
        assert persons[0] == persons[1] != persons[2]


class TestHandingOn:
    def test_carries_no_number_and_keeps_none(self, world: FugoWorld, tmp_path: Path) -> None:
        lines = [(tsuban(place), number) for place, number in enumerate([*PEOPLE, STRANGER])]
        world.juki.stranger.post("/_sim/jumin", json={"kojin_bango": [STRANGER]})
        world.ask(*lines)
        world.settled()

        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())

        assert tsuban(1).encode() in kept
        assert all(number.encode() not in kept for number in [*PEOPLE, STRANGER])

    def test_the_same_tsuban_is_asked_again_and_another_person_under_it_is_not(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]))
        world.settled()

        world.ask((tsuban(1), PEOPLE[0]), file_id="f2")
        until(lambda: world.hub.heard == [tsuban(1)] * 2)
        world.ask((tsuban(1), PEOPLE[1]), file_id="f3")

        assert world.juki.state()["tsuban_fuitchi"] == 1
        assert world.settled()["yokyu"] == 1
        assert "要確認" in world.juki.stranger.get("/").text

    def test_a_lost_request_comes_when_asked_again(self, world: FugoWorld) -> None:
        world.juki.break_with(yokyu_ushinau=1.0)
        world.ask((tsuban(1), PEOPLE[0]))
        until(lambda: world.juki.state()["ushinatta"] == 1)
        assert world.nws.state()["yokyu"] == 0

        world.juki.break_with(yokyu_ushinau=0.0)
        world.ask((tsuban(1), PEOPLE[0]), file_id="f2")

        world.settled()
        assert list(world.hub.codes) == [tsuban(1)]

    def test_handed_on_twice_is_one_request(self, world: FugoWorld) -> None:
        world.juki.break_with(nido_watasu=1.0)

        world.ask((tsuban(1), PEOPLE[0]))

        assert world.settled()["yokyu"] == 1
        assert world.nws.state()["saiuketsuke"] == 1
        assert world.of_tsuban(tsuban(1))["sedai"] == 1

    @pytest.mark.parametrize("fault,kept", [("error_5xx", 0), ("drop", 0), ("drop_after", 1), ("half_close", 1)])
    def test_its_door_breaks_when_told(self, world: FugoWorld, fault: str, kept: int) -> None:
        world.juki.break_with(**{fault: 1.0})
        try:
            assert world.ask((tsuban(1), PEOPLE[0])) == 503
        except httpx.TransportError:
            assert fault != "error_5xx"

        assert world.juki.state()["file"] == kept
        world.juki.break_with(**{fault: 0.0})
        assert world.ask((tsuban(1), PEOPLE[0])) == 202
        assert world.settled()["yokyu"] == 1


class TestPages:
    def test_show_what_happened_and_neither_number_nor_code(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]), (tsuban(2), STRANGER))
        world.settled()

        texts = [
            world.juki.stranger.get("/"),
            *(world.juki.stranger.post("/tsuban", data={"shori_tsuban": tsuban(place)}) for place in (1, 2, 3)),
        ]

        assert "模擬システム（本物ではありません）" in texts[0].text
        assert "コアシステムへ渡した" in texts[1].text
        assert "その番号の住民がいない" in texts[2].text
        assert "届いていません" in texts[3].text
        hidden = [PEOPLE[0], STRANGER, *world.hub.codes.values()]
        assert all(value not in page.text for page in texts for value in hidden)
        assert all("<script" not in page.text and "http://" not in page.text for page in texts)

    def test_somebody_is_added_by_the_form(self, world: FugoWorld) -> None:
        assert world.juki.stranger.post("/jumin-form", data={"kojin_bango": STRANGER}).status_code == 303
        refused = world.juki.stranger.post("/jumin-form", data={"kojin_bango": WRONG})

        assert refused.status_code == 422
        assert WRONG not in refused.text
        assert world.juki.state()["jumin_tsuika"] == 1
        assert STRANGER not in world.juki.stranger.get("/").text
