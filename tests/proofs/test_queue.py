"""F-queue: the broker may forget, die, stand still or hang up; what comes out is what comes out without that."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from chukan.embedded.process_table import PROCESSES, ROOT, manage, module
from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi, telegrams_by_edaban
from tests.journeys.sample import Sample, differences, held_after, made_sample, of_another, read_kekka
from tests.plugins_figures import Proof
from tests.support.stack import Stack, running_stack

DISTURBED, QUIET, FORGOTTEN = "06140024", "06138887", "06132013"
UNMARKED, MARKED, FOLLOWED, UNFOLLOWED = "06140024", "06138887", "06132013", "06139992"
PATIENCE = 120
PATIENCE_PER_LINE = 0.005
PAUSE = 0.6
STILL = 25  # seconds in which a file that somebody works on has moved
# A doorbell that nobody answered is waited for so long: the proof lets that time pass.
AGE_RINGS = "UPDATE uketsuke_uketsuke SET rung_at = rung_at - interval '2 minutes' WHERE rung_at IS NOT NULL"
UNDELIVERED = "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL"
TRIED = """
SELECT count(*) FROM outbox_message WHERE attempts > 0 AND (delivered_at IS NOT NULL) = %s AND created_at > %s
"""
MOVED = """
SELECT coalesce(extract(epoch FROM now() - max(moved_at))::int, 0) FROM uketsuke_uketsuke WHERE sender = %s
"""
UNENDED = "SELECT count(*) FROM uketsuke_uketsuke WHERE sender = %s AND state NOT IN ('kanryo', 'kyohi')"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


class Broker:
    """The running product's broker, and what can befall it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._path = stack.urls.redis_url.removeprefix("redis+socket://")

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis(unix_socket_path=self._path) as broker:
            broker.flushall()

    def restart(self) -> None:
        """Die and come again, with nothing kept."""
        before = self._stack.pid("valkey")
        self._stack.kill("valkey")
        self._stack.wait_until("the broker is back", lambda: self._returned(before), seconds=30, pause=0.05)

    def pause(self) -> None:
        """Stand still for a while."""
        self._stack.send_signal("valkey", signal.SIGSTOP)
        time.sleep(PAUSE)
        self._stack.send_signal("valkey", signal.SIGCONT)

    def disconnect(self) -> None:
        """Hang up on everybody."""
        with redis.Redis(unix_socket_path=self._path) as broker:
            broker.client_kill_filter(_type="normal", skipme=True)

    def _returned(self, before: int) -> bool:
        try:
            with redis.Redis(unix_socket_path=self._path) as broker:
                return self._stack.pid("valkey") != before and bool(broker.ping())
        except (redis.ConnectionError, AssertionError):
            return False


def registered(stack: Stack, code: str) -> KizonSystem:
    stack.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho=f"{code}健康保険組合")
    return stack.register_client("hokensha", code)


def samples(folder: Path, *, count: int, lines: int, seed: int, hokensha: str = DISTURBED) -> Sequence[Sample]:
    """Return files of one insurer with other people in each."""
    made = []
    for number in range(count):
        (folder / str(number)).mkdir()
        made.append(
            made_sample(
                folder / str(number), hokensha=hokensha, seed=seed, lines=lines, first_household=number * 100_000
            )
        )
    return made


def faults(
    stack: Stack, system: KizonSystem, files: Sequence[Sample], bango: Sequence[str], folder: Path
) -> tuple[list[str], list[list[tuple[str, ...]]]]:
    """Return what is not as it must be, and the results of every file with persons named by first appearance."""
    found, told = [], []
    persons: list[str] = []
    owed: dict[str, int] = {}
    held: set[str] = set()
    for number, (sample, one) in enumerate(zip(files, bango, strict=True)):
        state = system.state(one)
        if state["jotai"] != "kanryo" or state["shori_zumi"] != len(sample.answers):
            found.append(f"file {number}: {state['jotai']}, {state['shori_zumi']} of {len(sample.answers)} lines")
            continue
        target = folder / f"{one}.csv"
        system.fetch_results(one, target)
        kekka = read_kekka(target.read_bytes())
        found += [f"file {number}: line {line.split(' ', 1)[0]}" for line in differences(kekka, sample.answers)]
        told.append(by_appearance(kekka))
        due = held_after(sample, kekka)
        persons += due
        owed |= {edaban: person.telegrams for edaban, person in due.items() if person.telegrams}
        held |= {edaban for edaban, person in due.items() if person.periods}
    hokensha = files[0].hokensha
    if sorted(persons) != [f"{number:010d}" for number in range(1, len(persons) + 1)]:
        found.append("枝番 given twice, or with gaps")
    if telegrams_by_edaban(stack, hokensha) != owed or set(held_by_onshi(stack, hokensha)) != held:
        found.append("other telegrams arrived than are owed")
    if count := stack.count("SELECT count(*) FROM uketsuke_uketsuke WHERE sender = %s", hokensha) - len(files):
        found.append(f"{count} 受付 too many")
    if count := stack.count(UNENDED, hokensha):
        found.append(f"{count} files stuck")
    if count := stack.count(UNDELIVERED):
        found.append(f"{count} doorbells stuck")
    return found, told


def by_appearance(kekka: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Return the results without what depends on which file was worked off first."""
    names: dict[str, str] = {}
    return [
        tuple(
            names.setdefault(value, f"person {len(names)}") if name == "被保険者枝番" and value else value
            for name, value in one.items()
            if name != "受付番号"
        )
        for one in kekka
    ]


def wait_for_end(stack: Stack, code: str, *, lines: int = 0) -> None:
    patience = PATIENCE + lines * PATIENCE_PER_LINE
    stack.wait_until("all files end", lambda: stack.count(UNENDED, code) == 0, seconds=patience)
    stack.wait_for_deliveries(code, seconds=patience)


@pytest.mark.slow
def test_a_broker_that_fails_changes_nothing(proof: Proof, stack: Stack, tmp_path: Path) -> None:
    dice = random.Random(proof.seed)
    system, twin = registered(stack, DISTURBED), registered(stack, QUIET)
    count, lines = proof.at(ci=10, full=40), proof.at(ci=60, full=5000)
    files = samples(tmp_path, count=count, lines=lines, seed=proof.seed)
    (tmp_path / "twins").mkdir()
    twins = []
    for number, sample in enumerate(files):
        (tmp_path / "twins" / str(number)).mkdir()
        twins.append(of_another(sample, hokensha=QUIET, folder=tmp_path / "twins" / str(number)))
    twin_bango = [twin.send_file(sample.file) for sample in twins]
    wait_for_end(stack, QUIET, lines=count * lines)

    broker = Broker(stack)
    blows: list[Callable[[], None]] = 5 * [broker.flush, broker.restart, broker.pause, broker.disconnect]
    dice.shuffle(blows)
    # The worker comes back while files and blows fall: what was rung for it meanwhile is forgotten.
    stack.kill("worker_bulk")
    bango = []
    share = -(-len(blows) // len(files))
    for number, sample in enumerate(files):
        bango.append(system.send_file(sample.file))
        for blow in blows[number * share : (number + 1) * share]:
            time.sleep(dice.uniform(0.0, 0.2))
            blow()
    time.sleep(1.0)
    with stack.admin() as admin:
        admin.execute(AGE_RINGS)
    wait_for_end(stack, DISTURBED, lines=count * lines)

    found, told = faults(stack, system, files, bango, tmp_path)
    quiet_found, quiet_told = faults(stack, twin, twins, twin_bango, tmp_path)
    found += [
        f"file {number} came out otherwise"
        for number, pair in enumerate(zip(told, quiet_told, strict=True))
        if pair[0] != pair[1]
    ]
    for measure, value, unit, aim, reached in (
        ("broker flushed, restarted, paused, disconnected in mid-run", len(blows), "times", ">= 20", len(blows) >= 20),
        ("differences from the run without", len(found), "faults", "0", not found),
    ):
        proof.keep("F-queue", measure, value, unit=unit, aim=aim, reached=reached)
    assert (found, quiet_found) == ([], [])
    assert_in_order_and_clean(stack)
    assert list((stack.home / "objects" / "toroku").rglob("toroku-*")) == []


def test_mutant_without_the_sweeper_is_seen(stack: Stack, tmp_path: Path) -> None:
    system = registered(stack, FORGOTTEN)
    sample = made_sample(tmp_path, hokensha=FORGOTTEN, seed=3, lines=20)
    stack.send_signal("beat", signal.SIGSTOP)
    try:
        stack.send_signal("worker_bulk", signal.SIGSTOP)
        bango = system.send_file(sample.file)
        stack.wait_until("the doorbell rang", lambda: stack.count(UNDELIVERED) == 0, seconds=30)
        Broker(stack).flush()
        stack.kill("worker_bulk")
        time.sleep(8)

        found, _ = faults(stack, system, [sample], [bango], tmp_path)
        assert "1 files stuck" in found
    finally:
        stack.send_signal("beat", signal.SIGCONT)
    wait_for_end(stack, FORGOTTEN)
    assert faults(stack, system, [sample], [bango], tmp_path)[0] == []


@pytest.fixture(scope="module")
def unhelped() -> Iterator[Stack]:
    """A running product without relay, workers of files and sweeper: what a test starts of them is all there is."""
    with running_stack(without=frozenset({"relay", "worker_bulk", "beat"})) as running:
        yield running


@contextmanager
def process(stack: Stack, role: str, argv: Sequence[str]) -> Iterator[None]:
    """Run one process of the product, sound or not, for a while."""
    with (stack.home / "log" / "alone.log").open("ab") as words:
        running = subprocess.Popen(argv, cwd=ROOT, env=stack.stage.environment(role), stdout=words, stderr=words)
    try:
        yield
    finally:
        running.terminate()
        running.wait(timeout=60)


def sound_relay(stack: Stack) -> AbstractContextManager[None]:
    return process(stack, "relay", manage("relay_outbox"))


def worker_of(stack: Stack, *, sound: bool) -> AbstractContextManager[None]:
    if sound:
        argv = next(spec for spec in PROCESSES if spec.name == "worker_bulk").argv(stack.stage)
    else:
        argv = module("tests.proofs.queue_processes", "worker")
    return process(stack, "worker", argv)


@pytest.mark.slow
@pytest.mark.parametrize(("mutant", "told"), [((), ""), (("--marks-first",), "1 files stuck")])
def test_mutant_a_relay_that_marks_before_it_rings_is_seen(
    unhelped: Stack, tmp_path: Path, mutant: tuple[str, ...], told: str
) -> None:
    """The broker is away for the first relay and there for the next one, which is ours."""
    code = MARKED if mutant else UNMARKED
    system = registered(unhelped, code)
    sample = made_sample(tmp_path, hokensha=code, seed=3, lines=20)
    since = datetime.now(UTC)
    with process(unhelped, "relay", module("tests.proofs.queue_processes", "relay", *mutant)):
        bango = system.send_file(sample.file)
        unhelped.wait_until("it was tried", lambda: unhelped.count(TRIED, bool(mutant), since) > 0, seconds=60)
    with sound_relay(unhelped), worker_of(unhelped, sound=True):
        settle(unhelped, code)
        found, _ = faults(unhelped, system, [sample], [bango], tmp_path)

    assert told in found if told else found == []


@pytest.mark.slow
@pytest.mark.parametrize(("sound", "told"), [(True, ""), (False, "1 files stuck")])
def test_mutant_a_worker_that_rings_for_no_following_file_is_seen(
    unhelped: Stack, tmp_path: Path, sound: bool, told: str
) -> None:
    """Both bells have rung before the first file is done: the second one waits for its turn and another bell."""
    code = FOLLOWED if sound else UNFOLLOWED
    system = registered(unhelped, code)
    files = samples(tmp_path, count=2, lines=1500, seed=4, hokensha=code)
    bango = [system.send_file(sample.file) for sample in files]
    with sound_relay(unhelped):
        unhelped.wait_until("both bells rang", lambda: unhelped.count(UNDELIVERED) == 0, seconds=60)
        with worker_of(unhelped, sound=sound):
            settle(unhelped, code)
            found, _ = faults(unhelped, system, files, bango, tmp_path)

    assert told in found if told else found == []


def settle(stack: Stack, code: str) -> None:
    """Wait until no file of the sender moves any more."""
    stack.wait_until(
        "it ends or stands still",
        lambda: stack.count(UNENDED, code) == 0 or stack.count(MOVED, code) >= STILL,
        seconds=PATIENCE,
    )
    stack.wait_for_deliveries(code, seconds=PATIENCE)
