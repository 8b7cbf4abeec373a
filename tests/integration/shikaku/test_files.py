"""登録ファイル from receipt to the end, also where workers die, meet or read what cannot be read."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from chukan.controls.uketsuke.actions import LEASE
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from shikaku.actions import register_block as block_module
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.rireki import find_rireki
from tests.builders.files import NOW, Sent, accept_file, send_file
from tests.builders.lines import file_text, known, kojin_bango, message
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, machine, shuyaku
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


class Killed(BaseException):
    """The worker is gone: nothing of the product catches it."""


def people(count: int) -> str:
    return file_text([message(n) for n in range(1, count + 1)])


def rows(world: World, table: str) -> int:
    with world.admin() as admin:
        found = admin.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert found is not None
    return int(found[0])


def goes_on(sent: Sent, *, block_lines: int = 5) -> None:
    """Work the file off as another worker does once the lease of the dead one has ended."""
    later = NOW + LEASE * 2
    process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: later, block_lines=block_lines)


class TestDeath:
    @pytest.mark.kj("KJ-IN-05", "KJ-IN-21")
    @pytest.mark.parametrize("place", ["publish", "record_progress", "register_itaku_kukaku", "write_file_results"])
    @pytest.mark.parametrize("block", [1, 3])
    def test_killed_inside_a_block_it_goes_on_behind_the_last_whole_one(
        self, world: World, monkeypatch: pytest.MonkeyPatch, place: str, block: int
    ) -> None:
        sent = accept_file(people(23).encode(), by=clerk())
        real, calls = getattr(block_module, place), []
        # A block writes two records: that numbers came in, and the block itself.
        fatal = 2 * block if place == "record_sosa" else block

        def dies(*args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            done = real(*args, **kwargs)
            if len(calls) == fatal:
                raise Killed
            return done

        with monkeypatch.context() as patched:
            patched.setattr(block_module, place, dies)
            with pytest.raises(Killed):
                process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: NOW, block_lines=5)
        assert rows(world, "shikaku_rireki") == (block - 1) * 5 == rows(world, "uketsuke_meisai")

        goes_on(sent)

        assert [(number, kubun) for number, kubun, _ in sent.results] == [(n + 1, "1") for n in range(1, 24)]
        assert [item.hihokensha_edaban for item in sent.meisai] == list(range(1, 24))
        assert (sent.status.jotai, sent.status.sosu, sent.status.seijo) == ("kanryo", 23, 23)
        for table in ("shikaku_rireki", "shikaku_itaku_kukaku_kanyusha", "shikaku_onshi_soshin"):
            assert rows(world, table) == 23

    @pytest.mark.kj("KJ-IN-05")
    def test_two_workers_on_one_file_apply_it_once(self, world: World) -> None:
        sent = accept_file(people(40).encode(), by=clerk())
        start, errors = threading.Barrier(2), []

        def work() -> None:
            try:
                start.wait()
                process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: NOW, block_lines=5)
            except Exception as error:  # noqa: BLE001  # told to the test
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert errors == []
        assert [item.hihokensha_edaban for item in sent.meisai] == list(range(1, 41))
        assert rows(world, "shikaku_rireki") == 40

    def test_where_blocks_are_cut_makes_no_difference(self, world: World) -> None:
        bodies = [message(1), known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-05-01"})]
        bodies += [message(1, shikaku={"shikaku_shutoku_ymd": "2026-06-01"}), message(1), message(2), message(2)]
        found = []
        for block_lines in (1, 2, 3, 100):
            world.empty()
            found.append(send_file(file_text(bodies), by=clerk(), block_lines=block_lines).results)

        assert found[0] == found[1] == found[2] == found[3]
        assert [(kubun, codes) for _, kubun, codes in found[0]] == [
            ("1", ()), ("1", ()), ("2", ("W101",)), ("9", ("E201",)), ("1", ()), ("9", ("E201",)),
        ]  # fmt: skip


class TestReading:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
    @pytest.mark.parametrize("newline", ["\r\n", "\n"])
    def test_every_allowed_spelling_of_a_file_says_the_same(self, encoding: str, newline: str) -> None:
        text = file_text([message(1, kihon={"shimei_kenmen": "髙橋　﨑"}), message(2)], newline=newline)
        sent = send_file(text.encode(encoding), by=clerk())

        assert [kubun for _, kubun, _ in sent.results] == ["1", "1"]
        found = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=NOW).versions[0]
        assert found.joho["kihon"]["shimei_kenmen"] == "髙橋　﨑"

    def test_a_record_that_does_not_decode_is_refused_by_itself(self, world: World) -> None:
        first, bad, last, end = people(3).encode().split(b"\r\n")[1:5]
        head = people(1).encode().split(b"\r\n")[0]
        broken = bad.replace("見本".encode(), b"\xff\xfe\xfd")
        sent = send_file(b"\r\n".join([head, first, broken, last, end]), by=clerk())

        assert [(number, kubun, codes[:1]) for number, kubun, codes in sent.results] == [
            (2, "1", ()), (3, "9", ("E207",)), (4, "1", ()),
        ]  # fmt: skip
        assert rows(world, "shikaku_rireki") == 2

    def test_a_header_alone_ends_with_nothing(self) -> None:
        sent = send_file(people(1).split("\r\n")[0] + "\r\n", by=clerk())

        assert (sent.status.jotai, sent.status.sosu, sent.results) == ("kanryo", 0, [])

    def test_a_line_over_several_rows_of_text_counts_as_one(self) -> None:
        text = people(2).replace("見本　花1", '"見本　花""1"""')
        sent = send_file(text, by=clerk())

        assert [number for number, _, _ in sent.results] == [2, 3]

    def test_clearing_is_written_and_silence_keeps(self) -> None:
        send_file(file_text([message(1, kihon={"jusho": "見本県1", "yubin_bango": "1000001"})]), by=clerk())
        change = known("03", edaban=1, kihon={"jusho": None, "jusho_henko_ymd": "2026-05-01"})
        sent = send_file(file_text([change]), by=clerk())

        assert [codes for _, _, codes in sent.results] == [()]
        kihon = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=NOW + LEASE).versions[0].joho["kihon"]
        assert "jusho" not in {key for key, value in kihon.items() if value}
        assert kihon["yubin_bango"] == "1000001"

    @pytest.mark.kj("KJ-IN-19")
    def test_one_wrong_digit_of_a_number_is_refused(self) -> None:
        number = kojin_bango(1)
        wrong = [f"{number[:n]}{(int(number[n]) + 1) % 10}{number[n + 1 :]}" for n in range(12)]
        wrong += [number[:-1], f"{number}0", f"{number[:4]}-{number[4:8]}-{number[8:]}", number[:-1] + "x"]
        sent = send_file(file_text([message(1, kojin_bango=text) for text in wrong]), by=clerk())

        assert [(kubun, codes[:1]) for _, kubun, codes in sent.results] == [
            *[("9", ("E206",))] * 12, *[("9", ("E207",))] * 4,
        ]  # fmt: skip


class TestWhoSends:
    @pytest.mark.kj("KJ-IN-08")
    def test_a_line_of_another_insurer_is_refused_with_its_own_code(self, world: World) -> None:
        sent = send_file(file_text([message(1), message(2, hokensha=OTHER_KENPO)]), by=clerk())

        assert [(kubun, codes) for _, kubun, codes in sent.results] == [("1", ()), ("9", ("E204",))]
        with world.admin() as admin:
            held = admin.execute("SELECT DISTINCT hokensha_code FROM shikaku_itaku_kukaku_kanyusha").fetchall()
        assert held == [(KENPO,)]

    @pytest.mark.kj("KJ-IN-23", "KJ-IN-08", "KJ-IN-02", "KJ-IN-03")
    def test_one_file_of_the_carrying_system_goes_to_each_town(self, world: World) -> None:
        bodies = [
            message(1, hokensha=SHICHOSON[0], bango="138057"),
            message(2, hokensha=SHICHOSON[1], bango="138065"),
            message(3, hokensha=KENPO),
            message(4, hokensha=SHICHOSON[0], bango="138057"),
        ]
        sent = send_file(file_text(bodies), by=shuyaku(), block_lines=3)

        assert [(kubun, codes) for _, kubun, codes in sent.results] == [
            ("1", ()), ("1", ()), ("9", ("E204",)), ("1", ()),
        ]  # fmt: skip
        assert [item.hihokensha_edaban for item in sent.meisai] == [1, 1, None, 2]
        with world.admin() as admin:
            held = admin.execute("SELECT hokensha_code, count(*) FROM shikaku_rireki GROUP BY 1 ORDER BY 1").fetchall()
        assert held == [(SHICHOSON[0], 2), (SHICHOSON[1], 1)]

    @pytest.mark.kj("KJ-IN-03", "KJ-IN-02")
    @pytest.mark.parametrize(
        "by", [clerk(SHICHOSON[0], shubetsu="shichoson_kokuho"), machine(SHICHOSON[0], shubetsu="shichoson_kokuho")]
    )
    def test_a_town_itself_brings_nothing_in(self, by: Principal) -> None:
        from shikaku.queries.channel_rules import check_channel

        with pytest.raises(NotPermitted) as refused:
            check_channel(by=by, now=NOW)
        assert refused.value.code == "jimu_taishogai"
