"""Everything is killed while a file is on its way; it ends with every line once and every telegram delivered once."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
import redis

from chukan.settings import limits
from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi, telegrams_by_edaban
from tests.journeys.sample import differences, held_after, made_sample
from tests.journeys.sent_file import SentFile
from tests.support.stack import Stack

HOKENSHA = "06140024"
SMALL_HOKENSHA = "06138887"
BLOCK = limits.BLOCK_LINES
# Large enough for a second process that reads ahead, and for a middle.
BIG = limits.APART_LINES + 2 * BLOCK
SMALL = 200
PATIENCE = 240


def bookmark(stack: Stack, bango: str) -> tuple[int, int]:
    """How many lines of a file are done, and how many it has."""
    with stack.admin() as admin:
        row = admin.execute(
            "SELECT bookmark, line_count FROM uketsuke_uketsuke WHERE uketsuke_bango = %s", [bango]
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1] or 0)


def readers(stack: Stack, bango: str) -> int:
    """How many processes read ahead in this file."""
    with stack.admin() as admin:
        row = admin.execute("SELECT id FROM uketsuke_uketsuke WHERE uketsuke_bango = %s", [bango]).fetchone()
    assert row is not None
    found = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = process.read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile
        found += b"prepare_toroku_file" in arguments and str(row[0]).encode() in arguments
    return found


def flush_redis(stack: Stack) -> int:
    """Empty the broker; returns how many keys it held."""
    with redis.Redis(unix_socket_path=stack.urls.redis_url.removeprefix("redis+socket://")) as broker:
        held = broker.dbsize()
        broker.flushall()
    return int(held)


def in_the_middle(stack: Stack, bango: str) -> bool:
    done, lines = bookmark(stack, bango)
    return 0 < done < lines


@pytest.mark.slow
@pytest.mark.kj("KJ-IN-21", "KJ-IN-05")
def test_file_and_telegrams_survive_the_death_of_every_process(stack: Stack, folder: Path) -> None:
    for code, name in ((HOKENSHA, "不死身健康保険組合"), (SMALL_HOKENSHA, "小規模健康保険組合")):
        stack.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho=name)
    big = made_sample(folder, hokensha=HOKENSHA, seed=4, lines=BIG)
    small = made_sample(folder, hokensha=SMALL_HOKENSHA, seed=5, lines=SMALL)
    system, small_system = (stack.register_client("hokensha", code) for code in (HOKENSHA, SMALL_HOKENSHA))

    bango = system.send_file(big.file)
    stack.wait_until("the middle of the file", lambda: in_the_middle(stack, bango), seconds=60, pause=0.01)
    assert readers(stack, bango) == 1
    stack.kill("worker_bulk")
    stack.kill("deliver_onshi")
    stack.kill("relay")
    stopped_at, lines = bookmark(stack, bango)
    assert 0 < stopped_at < lines
    assert stopped_at % BLOCK == 0
    wait_for_return(stack, "worker_bulk", "deliver_onshi", "relay")
    stack.wait_until("nobody reads for the dead worker", lambda: readers(stack, bango) == 0, seconds=30)

    # A second file is accepted and its doorbell rings at a worker that no longer hears; then the broker forgets all.
    stack.send_signal("worker_bulk", signal.SIGSTOP)
    small_bango = small_system.send_file(small.file)
    undelivered = "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL"
    stack.wait_until("the doorbell rang", lambda: stack.count(undelivered) == 0, seconds=30)
    assert flush_redis(stack) > 0
    for name in ("worker_bulk", "web", "sealer", "beat", "onshi"):
        stack.kill(name)
    wait_for_return(stack, "web", "sealer", "beat", "onshi")
    stack.wait_until("the web answers again", stack.is_ready, seconds=60)
    stack.delay_results()

    finished = {
        big: SentFile.wait(system, bango, folder=folder, seconds=PATIENCE),
        small: SentFile.wait(small_system, small_bango, folder=folder, seconds=PATIENCE),
    }
    for sample, sent in finished.items():
        assert differences(sent.kekka, sample.answers) == []
        assert sent.state["sosu"] == sent.state["shori_zumi"] == len(sample.answers)
        assert sent.state["seijo"] + sent.state["keikoku"] + sent.state["ijo"] == len(sample.answers)
        stack.wait_for_deliveries(sample.hokensha, seconds=PATIENCE)
        due = held_after(sample, sent.kekka)
        owed = {edaban: person.telegrams for edaban, person in due.items() if person.telegrams}
        assert telegrams_by_edaban(stack, sample.hokensha) == owed
        held = held_by_onshi(stack, sample.hokensha)
        assert set(held) == {edaban for edaban, person in due.items() if person.periods}
    assert_in_order_and_clean(stack)
    assert stack.command("verify_sosa_log")["ok"] is True


def wait_for_return(stack: Stack, *names: str) -> None:
    """Wait until the supervisor has started these again."""
    deadline = time.monotonic() + 60
    while missing := [name for name in names if not returned(stack, name)]:
        assert time.monotonic() < deadline, (missing, stack.last_words())
        time.sleep(0.1)


def returned(stack: Stack, name: str) -> bool:
    """Whether a process was started again and runs."""
    path = stack.home / "run" / f"{name}.pid"
    if name not in stack.revived or not path.exists():
        return False
    return Path(f"/proc/{json.loads(path.read_text())['pid']}").exists()
