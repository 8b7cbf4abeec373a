"""S1 to S4: the product beside its peers, turn and turn about: a machine that slows down slows both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ground import EMPTY, HELD, Ground
from bench.peers import bulk_create, export, middle, next_xid, raw_copy

Say = Callable[[str], None]
_DONE, _RUN = "bench_done", "bench_run"
_BULK_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much one run of the benchmark does; `initial`: also S3, the file into an insurer that holds nothing.

    `arguments` are for `bench.register`: how the product is to work.
    """

    lines: int
    repeats: int
    seed: int = 1
    initial: bool = True
    arguments: tuple[str, ...] = ()


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
    s3 = Figure("S3", "空の保険者への登録、生の COPY に対する比", 1.0, 1.0, higher_is_better=True)
    s4 = Figure("S4", "作業プロセスの最大メモリ、十分の一のファイルに対する比", 1.1, 1.1, higher_is_better=False)
    _Runs(ground, size, say, HELD, fresh).fill(s1, bulk=s2, peaks=s4)
    if size.initial:
        _Runs(ground, size, say, EMPTY, fresh).fill(s3)
    _fill_peaks(ground, size, tenth, s4)
    say(f"S4: 最大メモリ {middle(s4.ours) / 1024:.0f} MiB、十分の一のファイル {middle(s4.peer) / 1024:.0f} MiB")
    return [s1, s2, *([s3] if size.initial else []), s4]


@dataclass(slots=True)
class _Runs:
    """The product and its peers, each on its own copy of one template."""

    ground: Ground
    size: Size
    say: Say
    template: str
    file: Path

    def fill(self, figure: Figure, *, bulk: Figure | None = None, peaks: Figure | None = None) -> None:
        """Fill `figure` with lines per second, `bulk` once per group, `peaks` with each run's peak memory."""
        since = next_xid(self.ground)
        self.ground.copy(self.template, _DONE)
        self.ground.register(_DONE, self.file)
        written = export(self.ground, _DONE, since, self.ground.files)
        cpu: list[float] = []
        figure.more = {
            "unit": "lines/s",
            "peer_name": "raw COPY",
            "rows_per_line": round(written.rows / self.size.lines, 2),
            "cpu_us_per_line": cpu,
        }
        for group in turns(self.size.repeats):
            ours, peers = [], []
            for turn in group:
                self.ground.copy(self.template, _RUN)
                if turn == "peer":
                    peers.append(self.size.lines / raw_copy(self.ground, _RUN, written))
                    continue
                told = self.ground.register(_RUN, self.file, *self.size.arguments)
                ours.append(told["lines"] / told["seconds"])
                cpu.append(round(1e6 * told["cpu_seconds"] / told["lines"], 1))
                if peaks is not None:
                    peaks.ours.append(told["peak_kib"])
            figure.ours += ours
            figure.peer += peers
            figure.ratios += [rate * len(peers) / sum(peers) for rate in ours]
            self.say(f"{figure.key}: 製品 {_rates(ours)} 行/秒、COPY {_rates(peers)} 行/秒")
            if bulk is not None:
                self._beside_bulk(since, sum(ours) / len(ours), bulk)
        self.ground.drop(_DONE)

    def _beside_bulk(self, since: int, ours: float, figure: Figure) -> None:
        lines = min(self.size.lines, _BULK_LINES)
        self.ground.copy(self.template, _RUN)
        seconds, _ = bulk_create(self.ground, _RUN, _DONE, since, lines)
        figure.more = {"unit": "lines/s", "peer_name": "bulk_create", "peer_lines": lines}
        figure.ours.append(ours)
        figure.peer.append(lines / seconds)
        figure.ratios.append(ours * seconds / lines)
        self.say(f"{figure.key}: bulk_create {lines / seconds:,.0f} 行/秒")


def _fill_peaks(ground: Ground, size: Size, tenth: Path, figure: Figure) -> None:
    """Compare the peaks of the full file with those of a tenth of it."""
    for _ in range(min(3, size.repeats)):
        ground.copy(HELD, _RUN)
        figure.peer.append(float(ground.register(_RUN, tenth, *size.arguments)["peak_kib"]))
    base = middle(figure.peer)
    figure.more = {"unit": "KiB", "peer_name": f"{size.lines // 10:,} lines"}
    figure.ratios = [peak / base for peak in figure.ours]


def _rates(values: Sequence[float]) -> str:
    return " ".join(f"{value:,.0f}" for value in values)
