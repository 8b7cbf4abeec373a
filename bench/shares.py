"""Where the time of one file goes: the worker's main thread is looked at every few milliseconds while it works.

What a line waits for is the sum of these; the process that reads ahead works beside it and is not in them.
"""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from bench.ground import EMPTY, HELD, ROOT, Ground
from bench.measure import Say, Size

_EVERY: Final = 0.003
_OURS: Final = (str(ROOT / "shikaku"), str(ROOT / "chukan"))
_DRIVER: Final = f"{Path('site-packages') / 'psycopg'}"
# Frames that say less than whoever called them.
_THROUGH: Final = frozenset({"wrapper", "_execute", "record_sosa", "binary_copy"})
_SHOWN: Final = 20
_RUN: Final = "bench_run"


@contextmanager
def sampled(seconds: defaultdict[str, float]) -> Iterator[None]:
    """Add up the seconds of the calling thread by what it was at."""
    watched, stop = threading.get_ident(), threading.Event()

    def look() -> None:
        last = time.perf_counter()
        while not stop.wait(_EVERY):
            frame = sys._current_frames().get(watched)  # noqa: SLF001  # what the standard library has for it
            now = time.perf_counter()
            if frame is not None:
                seconds[_place(frame)] += now - last
            last = now

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _place(frame: FrameType) -> str:
    """Return whom the time belongs to: the database or Python, at which of our functions."""
    database, place = False, ""
    at: FrameType | None = frame
    while at is not None:
        file, name = at.f_code.co_filename, at.f_code.co_name
        database = database or (_DRIVER in file and not place)
        if file.startswith(_OURS) and name not in _THROUGH:
            place = f"{Path(file).stem}.{name}"
            break
        at = at.f_back
    if at is not None and "table" in at.f_locals:
        place += f" {at.f_locals['table']}"
    elif at is not None and "stage" in at.f_locals:
        place += f" {at.f_locals['stage']}"
    return f"{'database' if database else 'python'} {place or 'outside'}"


def measure_shares(ground: Ground, size: Size, say: Say) -> tuple[Mapping[str, Any], str]:
    """Register a file into an insurer that holds as many lines, and return who took which share of the time."""
    held = ground.sample("held", size.lines, seed=size.seed)
    fresh = ground.sample("fresh", size.lines, seed=size.seed + 1, first_household=size.lines)
    say(f"準備: {size.lines:,} 行を登録済みにする")
    ground.copy(EMPTY, HELD)
    ground.register(HELD, held)
    ground.settle(HELD)
    ground.copy(HELD, _RUN)
    told = ground.register(_RUN, fresh, "--shares")
    shares: dict[str, float] = told["shares"]
    whole = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    database = sum(seconds for place, seconds in ordered if place.startswith("database"))
    lines = [
        f"{1e6 * seconds / told['lines']:8.1f} µs/行 {seconds / whole:6.1%}  {place}"
        for place, seconds in ordered[:_SHOWN]
    ]
    lines.append(f"データベースを待つ {database / whole:.1%}、Python {1 - database / whole:.1%}")
    data = {
        "lines_per_second": round(told["lines"] / told["seconds"]),
        "database": round(database / whole, 3),
        "microseconds_per_line": {place: round(1e6 * seconds / told["lines"], 2) for place, seconds in ordered},
    }
    return data, "\n".join(lines)
