"""Children in their own session, and the marks that let a later start find what an earlier one left behind.

A process is known by its number and the moment it began, so that a reused number is never signalled.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.05
_LONGEST_LOG = 20 * 1024 * 1024
_PROC = Path("/proc")
_HAS_PROC = platform.system() == "Linux"
_STARTED_BY = "CHUKAN_STARTED_BY"


@dataclass(frozen=True, kw_only=True)
class OsUser:
    """The OS account a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One process: its number and when it began."""

    pid: int
    born: str

    def is_alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return born(self.pid) == self.born


def born(pid: int) -> str | None:
    """When the process began, as text that no later process of that number repeats; None when there is none."""
    if _HAS_PROC:
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    question = ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(question, capture_output=True, text=True, check=False)
    state, _, began = answer.stdout.strip().partition(" ")
    return began.strip() or None if not state.startswith("Z") else None


class Child:
    """A running child of ours, leader of its own session and process group."""

    def __init__(self, *, name: str, process: subprocess.Popen[bytes], pid_file: Path) -> None:
        """Note the child in its pid file."""
        self.name = name
        self.process = process
        self.pid_file = pid_file
        mark = Mark(pid=process.pid, born=born(process.pid) or "")
        _write_mark(pid_file, mark)

    @property
    def pid(self) -> int:
        """Process number."""
        return self.process.pid

    def is_alive(self) -> bool:
        """Whether it still runs; when it does not, what is left of its process group is ended too."""
        if self.process.returncode is not None:
            return False
        if _ended_unreaped(self.pid):
            # The number is ours until it is reaped: the moment at which the group can be ended safely.
            _kill_group(self.pid)
        if self.process.poll() is None:
            return True
        self.pid_file.unlink(missing_ok=True)
        return False

    def ask_to_end(self, how: signal.Signals) -> None:
        """Signal the leader, if it still runs."""
        if self.is_alive():
            self.process.send_signal(how)

    def stop(self, *, how: signal.Signals, patience: float) -> bool:
        """Ask the leader to end, wait, then end the whole group; True when it went by itself."""
        self.ask_to_end(how)
        return self.wait_for_end(patience)

    def wait_for_end(self, patience: float) -> bool:
        """Wait, then end the whole group; True when it went by itself."""
        deadline = time.monotonic() + patience
        while self.is_alive():
            if time.monotonic() > deadline:
                _kill_group(self.pid)
                self.process.wait()
                self.pid_file.unlink(missing_ok=True)
                return False
            time.sleep(_POLL_SECONDS)
        return True


def start_child(
    *,
    name: str,
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    pid_file: Path,
    user: OsUser | None = None,
) -> Child:
    """Start `argv` in a session of its own, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**env, _STARTED_BY: str(pid_file)},
            cwd=cwd,
            start_new_session=True,
            umask=0o077,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    return Child(name=name, process=process, pid_file=pid_file)


def stop_left_over(pid_file: Path, *, how: signal.Signals, patience: float) -> bool:
    """End the process an earlier starter left in `pid_file`, with its group; True when there was one."""
    mark = read_mark(pid_file)
    if mark is None:
        return False
    found = mark.is_alive()
    if found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(mark.pid, how)
        deadline = time.monotonic() + patience
        while mark.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if mark.is_alive():
            _kill_group(mark.pid)
    _kill_orphans(pid_file)
    pid_file.unlink(missing_ok=True)
    return found


def read_mark(pid_file: Path) -> Mark | None:
    """The process noted in a pid file, or None."""
    try:
        told = json.loads(pid_file.read_text())
        return Mark(pid=int(told["pid"]), born=str(told["born"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    fresh.replace(path)


def _write_mark(pid_file: Path, mark: Mark) -> None:
    write_private(pid_file, json.dumps({"pid": mark.pid, "born": mark.born}))


def _kill_orphans(pid_file: Path) -> None:
    """End what still carries the sign of this pid file: members of a group whose leader died alone."""
    sign = f"{_STARTED_BY}={pid_file}".encode()
    for folder in _PROC.glob("[0-9]*") if _HAS_PROC else ():
        with contextlib.suppress(OSError):
            if sign in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)


def _ended_unreaped(pid: int) -> bool:
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
