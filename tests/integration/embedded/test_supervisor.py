from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chukan.embedded.errors import StartError
from chukan.embedded.places import make_home
from chukan.embedded.process_table import PROCESSES, ProcessSpec, Stage
from chukan.embedded.processes import read_mark
from chukan.embedded.supervisor import Stopped, Supervisor, end_left_overs

SLEEPER = "import time; time.sleep(600)"
# A leader with a member in its group, as a worker and its pool.
PAIR = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); time.sleep(600)"


def spec(name: str, code: str, *, patience: float = 5, wave: int = 1) -> ProcessSpec:
    """A process of the table that runs these lines."""
    argv = [sys.executable, "-c", code]
    return ProcessSpec(name=name, role="web", argv=lambda _stage: argv, patience=patience, wave=wave)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    home = tmp_path / "home"
    make_home(home)
    return Stage(home=home, port=8999)


@pytest.fixture
def supervisor(stage: Stage) -> Iterator[Supervisor]:
    made = Supervisor(stage=stage, stopping=lambda: False)
    yield made
    made.stop()


def pid_of(stage: Stage, name: str) -> int:
    """Number of the running process."""
    mark = read_mark(stage.home / "run" / f"{name}.pid")
    assert mark is not None
    return mark.pid


def group_of(pid: int) -> list[int]:
    """Living members of a process group."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[2]) == pid:
            members.append(int(folder.name))
    return members


def wait_for(condition: object, seconds: float = 5) -> bool:
    """Whether the condition comes true in time."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


class TestTend:
    def test_starts_again_what_died(self, supervisor: Supervisor, stage: Stage) -> None:
        supervisor.start([spec("one", SLEEPER), spec("two", SLEEPER)])
        before = pid_of(stage, "one")
        os.kill(before, signal.SIGKILL)

        assert wait_for(lambda: supervisor.tend() == ["one"])

        assert pid_of(stage, "one") != before

    def test_waits_longer_each_time_it_dies_again(self, supervisor: Supervisor) -> None:
        supervisor.start([spec("broken", "raise SystemExit(1)")])

        seen: list[float] = []
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            seen.extend(time.monotonic() for _ in supervisor.tend())
            time.sleep(0.02)

        assert 2 <= len(seen) <= 3
        assert seen[1] - seen[0] >= 1.0

    def test_ends_the_pool_of_a_leader_that_was_killed_alone(self, supervisor: Supervisor, stage: Stage) -> None:
        supervisor.start([spec("pair", PAIR)])
        leader = pid_of(stage, "pair")
        assert wait_for(lambda: len(group_of(leader)) == 2)
        os.kill(leader, signal.SIGKILL)

        assert wait_for(lambda: supervisor.tend() == ["pair"])

        assert wait_for(lambda: group_of(leader) == [])


class TestStop:
    def test_wave_by_wave_in_reverse_order(self, supervisor: Supervisor, stage: Stage) -> None:
        trace = stage.home / "trace"
        code = (
            "import signal, sys, pathlib, time\n"
            "def end(*_):\n"
            f"    with open({str(trace)!r}, 'a') as out: out.write('%s ')\n"
            "    sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\n"
            "print('ready', flush=True)\n"
            "time.sleep(600)"
        )
        names = ["first", "second", "third"]
        supervisor.start([spec(name, code % name, wave=wave) for wave, name in enumerate(names)])
        assert wait_for(lambda: all(supervisor.last_words(name) == "ready" for name in names))

        killed = supervisor.stop()

        assert killed == []
        assert trace.read_text().split() == ["third", "second", "first"]

    def test_one_wave_ends_together(self, supervisor: Supervisor) -> None:
        code = (
            "import signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit(0)))\n"
            "print('ready', flush=True)\n"
            "time.sleep(600)"
        )
        names = ["first", "second", "third"]
        supervisor.start([spec(name, code) for name in names])
        assert wait_for(lambda: all(supervisor.last_words(name) == "ready" for name in names))
        began = time.monotonic()

        supervisor.stop()

        assert time.monotonic() - began < 2.5

    def test_kills_what_does_not_listen_and_says_so(self, supervisor: Supervisor, stage: Stage) -> None:
        code = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
            "time.sleep(600)"
        )
        supervisor.start([spec("deaf", code, patience=0.3)])
        assert wait_for(lambda: supervisor.last_words("deaf") == "deaf")
        pid = pid_of(stage, "deaf")

        assert supervisor.stop() == ["deaf"]

        assert group_of(pid) == []


class TestLeftOvers:
    def test_a_later_start_ends_what_a_killed_one_left(self, stage: Stage) -> None:
        killed = Supervisor(stage=stage, stopping=lambda: False)
        killed.start([spec("worker", PAIR)])
        leader = pid_of(stage, "worker")
        assert wait_for(lambda: len(group_of(leader)) == 2)

        assert end_left_overs(stage.home) == ["worker"]

        assert wait_for(lambda: group_of(leader) == [])
        killed.stop()

    def test_members_whose_leader_is_gone_are_ended_too(self, stage: Stage) -> None:
        killed = Supervisor(stage=stage, stopping=lambda: False)
        killed.start([spec("worker", PAIR)])
        leader = pid_of(stage, "worker")
        assert wait_for(lambda: len(group_of(leader)) == 2)
        os.kill(leader, signal.SIGKILL)
        os.waitpid(leader, 0)

        end_left_overs(stage.home)

        assert wait_for(lambda: group_of(leader) == [])
        killed.stop()

    def test_a_reused_number_is_not_signalled(self, stage: Stage) -> None:
        with subprocess.Popen(["sleep", "600"]) as stranger:
            (stage.home / "run" / "worker.pid").write_text(f'{{"pid": {stranger.pid}, "born": "another boot:1"}}')

            ended = end_left_overs(stage.home)

            assert ended == []
            assert stranger.poll() is None
            stranger.kill()


class TestRunStep:
    def test_failure_is_one_line_with_the_last_words(self, supervisor: Supervisor) -> None:
        with pytest.raises(StartError, match="準備（表）に失敗しました: 壊れた"):
            supervisor.run_step("表", [sys.executable, "-c", "print('x'); raise SystemExit('壊れた')"], role="web")

    def test_end_interrupts_it(self, stage: Stage) -> None:
        supervisor = Supervisor(stage=stage, stopping=lambda: True)

        with pytest.raises(Stopped):
            supervisor.run_step("表", [sys.executable, "-c", SLEEPER], role="web")

        assert not list((stage.home / "run").glob("*.pid"))


class TestTable:
    def test_names_are_unique_and_roles_known(self) -> None:
        assert len({process.name for process in PROCESSES}) == len(PROCESSES)
        assert {process.role for process in PROCESSES} <= {"web", "worker", "relay", "sealer"}

    def test_web_listens_on_loopback_only(self, stage: Stage) -> None:
        web = next(process for process in PROCESSES if process.name == "web")

        assert "127.0.0.1:8999" in web.argv(stage)
