"""S1 to S4: the product beside its peers, turn and turn about, so that a machine that speeds up or slows down hits both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ground import EMPTY, HELD, Ground
from bench.peers import Written, bulk_create, export, middle, next_xid, raw_copy

Say = Callable[[str], None]
_DONE, _RUN = "bench_done", "bench_run"
_BULK_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much one run of the benchmark does."""

    lines: int
    repeats: int
    seed: int = 1


@dataclass(slots=True)
class Figure:
    """One measure: every repeat, the peer's repeats, and the ratio of each repeat to the peers around it."""

    key: str
    title: str
    aim: float
    goal: float
    higher_is_better: bool
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return what the result file keeps."""
        return {
            "measure": self.title,
            "aim": self.aim,
            "goal": self.goal,
            "higher_is_better": self.higher_is_better,
            "ours": self.ours,
            "peer": self.peer,
            "ratio": {
                "each": self.ratios,
                "median": middle(self.ratios),
                "range": [min(self.ratios), max(self.ratios)],
            },
            **self.more,
        }

    @property
    def reached(self) -> bool:
        """Tell whether the median ratio comes up to the first aim."""
        ratio = middle(self.ratios)
        return ratio >= self.aim if self.higher_is_better else ratio <= self.aim


def turns(repeats: int) -> Iterator[tuple[str, ...]]:
    """Yield groups peer–product–product–peer until the product had `repeats` turns."""
    left = repeats
    while left > 0:
        yield ("peer", *["product"] * min(2, left), "peer")
        left -= 2


def measure_all(ground: Ground, size: Size, say: Say) -> list[Figure]:
    """Run S1 to S4 and return their figures."""
    held = ground.sample("held", size.lines, seed=size.seed)
    fresh = ground.sample("fresh", size.lines, seed=size.seed + 1, first_household=size.lines)
    tenth = ground.sample("tenth", size.lines // 10, seed=size.seed + 2, first_household=2 * size.lines)
    say(f"準備: {size.lines:,} 行を登録済みにする")
    ground.copy(EMPTY, HELD)
    ground.register(HELD, held)
    ground.settle(HELD)
    s1 = Figure("S1", "増分の登録、生の COPY に対する比", 0.5, 0.85, higher_is_better=True)
    s2 = Figure("S2", "増分の登録、bulk_create に対する比", 5.0, 7.0, higher_is_better=True)
    s3 = Figure("S3", "空の保険者への登録、生の COPY に対する比", 0.5, 1.0, higher_is_better=True)
    s4 = Figure("S4", "作業プロセスの最大メモリ、十分の一のファイルに対する比", 1.1, 1.1, higher_is_better=False)
    peaks = _beside_copy(ground, HELD, fresh, size, s1, say, bulk=s2)
    _beside_copy(ground, EMPTY, fresh, size, s3, say)
    _peak_memory(ground, tenth, size, peaks, s4, say)
    return [s1, s2, s3, s4]


def _beside_copy(
    ground: Ground, template: str, file: Path, size: Size, figure: Figure, say: Say, bulk: Figure | None = None
) -> list[float]:
    """Fill `figure` with lines per second, and `bulk` once per group; return the peak memory of each product run."""
    since = next_xid(ground)
    ground.copy(template, _DONE)
    ground.register(_DONE, file)
    written = export(ground, _DONE, since, ground.files)
    figure.more = {"unit": "lines/s", "peer_name": "raw COPY", "rows_per_line": round(written.rows / size.lines, 2)}
    figure.more["cpu_seconds_per_line_us"] = []
    peaks = []
    for group in turns(size.repeats):
        ours, peers = [], []
        for turn in group:
            ground.copy(template, _RUN)
            if turn == "peer":
                peers.append(size.lines / raw_copy(ground, _RUN, written))
                continue
            told = ground.register(_RUN, file)
            ours.append(told["lines"] / told["seconds"])
            peaks.append(told["peak_kib"])
            figure.more["cpu_seconds_per_line_us"].append(round(1e6 * told["cpu_seconds"] / told["lines"], 1))
        around = sum(peers) / len(peers)
        figure.ours += ours
        figure.peer += peers
        figure.ratios += [rate / around for rate in ours]
        say(f"{figure.key}: 製品 {_rates(ours)} 行/秒、COPY {_rates(peers)} 行/秒")
        if bulk is not None:
            _beside_bulk(ground, template, since, size, sum(ours) / len(ours), bulk, say)
    if bulk is None:
        ground.drop(_DONE)
    return peaks


def _beside_bulk(ground: Ground, template: str, since: int, size: Size, ours: float, figure: Figure, say: Say) -> None:
    lines = min(size.lines, _BULK_LINES)
    ground.copy(template, _RUN)
    seconds, _ = bulk_create(ground, _RUN, _DONE, since, lines)
    rate = lines / seconds
    figure.more = {"unit": "lines/s", "peer_name": "bulk_create", "peer_lines": lines}
    figure.ours.append(ours)
    figure.peer.append(rate)
    figure.ratios.append(ours / rate)
    say(f"{figure.key}: bulk_create {_rates([rate])} 行/秒")


def _peak_memory(ground: Ground, tenth: Path, size: Size, peaks: Sequence[float], figure: Figure, say: Say) -> None:
    small = []
    for _ in range(min(3, size.repeats)):
        ground.copy(HELD, _RUN)
        small.append(float(ground.register(_RUN, tenth)["peak_kib"]))
    base = middle(small)
    figure.more = {"unit": "KiB", "peer_name": f"{size.lines // 10:,} lines"}
    figure.ours, figure.peer = list(peaks), small
    figure.ratios = [peak / base for peak in peaks]
    say(f"{figure.key}: {size.lines:,} 行 {middle(peaks) / 1024:.0f} MiB、十分の一 {base / 1024:.0f} MiB")


def _rates(values: Sequence[float]) -> str:
    return " ".join(f"{value:,.0f}" for value in values)


__all__ = ["Figure", "Size", "Written", "measure_all", "turns"]
