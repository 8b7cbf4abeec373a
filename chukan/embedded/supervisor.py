"""Keeps a table of processes running: restarts what dies, stops in reverse order, clears up after a killed one."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chukan.embedded.errors import StartError
from chukan.embedded.process_table import ROOT, ProcessSpec, Stage
from chukan.embedded.processes import Child, start_child, stop_left_over

_LONGEST_WAIT = 30.0
_STEADY_AFTER = 60.0
_LEFT_OVER_PATIENCE = 5.0
_SERVICES = {"postgres", "valkey"}


class Stopped(Exception):
    """The person at the terminal asked for the end while something was being prepared."""


@dataclass(kw_only=True)
class _Watched:
    spec: ProcessSpec
    child: Child
    began: float
    failures: int = 0
    not_before: float = 0.0


class Supervisor:
    """The processes of one demo, without the two services."""

    def __init__(self, *, stage: Stage, stopping: Callable[[], bool]) -> None:
        """`stopping` tells whether the end was asked for."""
        self._stage = stage
        self._stopping = stopping
        self._watched: list[_Watched] = []

    def run_step(self, name: str, argv: Sequence[str], *, role: str) -> None:
        """Run one command to its end; StartError with its last line when it fails, Stopped when interrupted."""
        log = self._stage.home / "log" / "prepare.log"
        before = log.stat().st_size if log.exists() else 0
        child = self._start(name, argv, role=role, log=log)
        while child.is_alive():
            if self._stopping():
                child.stop(how=signal.SIGTERM, patience=10)
                raise Stopped
            time.sleep(0.05)
        if child.process.returncode != 0:
            raise StartError(f"準備（{name}）に失敗しました: {_tail(log, before)}（{log}）")

    def start(self, specs: Sequence[ProcessSpec]) -> None:
        """Start the processes of the table that this stage needs."""
        for spec in specs:
            if spec.needed(self._stage):
                self._watched.append(_Watched(spec=spec, child=self._start_spec(spec), began=time.monotonic()))

    def tend(self) -> list[str]:
        """Start again what has died, ever more slowly while it keeps dying; returns the names."""
        revived = []
        now = time.monotonic()
        for watched in self._watched:
            if watched.child.is_alive():
                if watched.failures and now - watched.began > _STEADY_AFTER:
                    watched.failures = 0
                continue
            if watched.not_before == 0.0:
                watched.not_before = now + min(_LONGEST_WAIT, 0.5 * 2**watched.failures)
                watched.failures += 1
            if now >= watched.not_before:
                watched.child, watched.began, watched.not_before = self._start_spec(watched.spec), now, 0.0
                revived.append(watched.spec.name)
        return revived

    def stop(self) -> list[str]:
        """Stop everything, wave by wave in reverse order; returns the names of those that had to be killed."""
        killed = []
        for wave in sorted({watched.spec.wave for watched in self._watched}, reverse=True):
            ending = [watched for watched in reversed(self._watched) if watched.spec.wave == wave]
            for watched in ending:
                watched.child.ask_to_end(signal.SIGTERM)
            killed += [w.spec.name for w in ending if not w.child.wait_for_end(w.spec.patience)]
        self._watched.clear()
        return killed

    def last_words(self, name: str) -> str:
        """Last line of a process's log."""
        return _tail(self._stage.home / "log" / f"{name}.log", 0)

    def _start_spec(self, spec: ProcessSpec) -> Child:
        log = self._stage.home / "log" / f"{spec.name}.log"
        return self._start(spec.name, spec.argv(self._stage), role=spec.role, log=log)

    def _start(self, name: str, argv: Sequence[str], *, role: str, log: Path) -> Child:
        return start_child(
            name=name,
            argv=argv,
            env=self._stage.environment(role),
            cwd=ROOT,
            log=log,
            pid_file=self._stage.home / "run" / f"{name}.pid",
        )


def end_left_overs(home: Path) -> list[str]:
    """End every process an earlier demo of this home left behind, services aside; returns the names."""
    found = [path for path in sorted((home / "run").glob("*.pid")) if path.stem not in _SERVICES]
    return [path.stem for path in found if stop_left_over(path, how=signal.SIGTERM, patience=_LEFT_OVER_PATIENCE)]


def _tail(log: Path, before: int) -> str:
    try:
        with log.open("rb") as text:
            text.seek(before)
            lines = text.read().decode(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "記録がありません"
