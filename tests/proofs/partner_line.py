"""The line between a running product and the stand-in of オンライン資格確認: broken, mended, and two senders on it."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chukan.embedded.process_table import ROOT, module
from tests.proofs.partner_effects import wrongs
from tests.support.stack import Stack

_ALONE = {"result_delay_ms", "result_off"}
_OVERDUE = "shikaku.onshi_soshin.overdue"


@dataclass(frozen=True)
class Line:
    """What a test does to the line of one running product."""

    stack: Stack

    def reset(self) -> None:
        """Let the stand-in forget everything, and the hub owe nothing any more."""
        self._post("/_sim/reset", {})
        with self.stack.admin() as admin:
            admin.execute("UPDATE shikaku_onshi_soshin SET sent_at = now() WHERE sent_at IS NULL")

    def break_with(self, **faults: float) -> None:
        """Switch faults on, in addition to those that are."""
        self._post("/_sim/faults", faults)

    def mend(self) -> None:
        """Switch every fault off, of the line and of what is answered."""
        answer = httpx.post(f"{self.stack.onshi_url}/futo/teishi", trust_env=False, timeout=30)
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.status_code

    def faults_on(self) -> dict[str, float]:
        """Return what is not as it is without any fault, but for the waits, which do nothing by themselves."""
        plan = self.stack.ask_onshi("/_sim/faults")
        return {name: value for name, value in plan.items() if value and (name in _ALONE or not isinstance(value, int))}

    def struck(self) -> Counter[str]:
        """Return how often each fault has happened."""
        return Counter(self.state()["futo"])

    def state(self) -> dict[str, Any]:
        """Return the stand-in's counts."""
        return self.stack.ask_onshi("/_sim/state")

    def waiting(self) -> int:
        """Return how many telegrams nobody has received."""
        return self.stack.count("SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NULL")

    def left(self) -> tuple[int, int]:
        """Return how many telegrams nobody has received, and how many 処理結果 have not come back."""
        return self.waiting(), int(self.state()["kekka"]["machi"])

    def is_drained(self) -> bool:
        """Whether everything was received and every 処理結果 has come back."""
        return self.left() == (0, 0)

    def wrongs(self, hokensha: str) -> Counter[str]:
        """Return what is wrong with an insurer's telegrams and their results."""
        with self.stack.admin() as admin:
            return wrongs(admin, self.stack.onshi_store, hokensha, results=True)

    @contextmanager
    def senders(self, folder: Path, *, seconds: float, batch: int, overdue: float, count: int = 2) -> Iterator[Path]:
        """Run senders for a while; yield the file of their logs."""
        argv = module(
            "tests.proofs.partner_sender",
            *("--seconds", str(seconds), "--batch", str(batch), "--overdue", str(overdue)),
        )
        log = folder / "senders.log"
        with ExitStack() as running, log.open("ab") as words:
            for _ in range(count):
                process = subprocess.Popen(
                    argv, cwd=ROOT, env=self.stack.stage.environment("relay"), stdout=words, stderr=words
                )
                running.callback(_end, process)
            yield log

    def _post(self, path: str, value: object) -> None:
        answer = httpx.post(f"{self.stack.onshi_url}{path}", json=value, trust_env=False, timeout=30)
        answer.raise_for_status()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def alarms(log: Path) -> list[int]:
    """Return the ages that were alarmed, in seconds."""
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    return [int(line["lag_seconds"]) for line in lines if line.get("event") == _OVERDUE]
