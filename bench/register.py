"""One worker process: a file through the product's own action, timed from the receipt to the last line's result."""

import argparse
import json
import resource
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

_CHUNK = 1 << 20


def main() -> int:
    """Register the insurer, or one file; print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.register")
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--insurer", action="store_true")
    parser.add_argument("--block-lines", type=int)
    parser.add_argument("--profile", type=Path, help="cProfile statistics; the times are then of no worth")
    parser.add_argument("--shares", action="store_true", help="also say where the time went")
    arguments = parser.parse_args()
    django.setup()
    if arguments.insurer:
        _register_insurer()
        return 0
    told = _register_file(arguments.file, arguments.block_lines, arguments.profile, shares=arguments.shares)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _register_insurer() -> None:
    from bench.ground import ZONE  # noqa: PLC0415  # after setup
    from chukan.controls.kikan.actions import register_hokensha  # noqa: PLC0415
    from chukan.kernel.principal import Principal  # noqa: PLC0415

    register_hokensha(
        by=Principal(channel="command", soshiki="command", actor_id="bench", actor_name="bench"),
        hokensha_code=ZONE,
        hokensha_shubetsu="kenpo_kumiai",
        hokensha_meisho="見本健康保険組合",
        hokensha_bango=[ZONE],
        kohi_futansha_bango=[],
        now=datetime.now(UTC),
    )


def _register_file(file: Path, block_lines: int | None, profile: Path | None, *, shares: bool) -> dict[str, Any]:
    from bench.ground import ZONE  # noqa: PLC0415  # after setup
    from chukan.celery import tune_process  # noqa: PLC0415
    from chukan.controls.uketsuke.actions import Upload  # noqa: PLC0415
    from chukan.controls.uketsuke.queries import get_uketsuke  # noqa: PLC0415
    from chukan.kernel.principal import Principal  # noqa: PLC0415
    from chukan.kernel.storage import store  # noqa: PLC0415
    from chukan.settings import limits  # noqa: PLC0415
    from shikaku.actions.accept_toroku_file import accept_toroku_file  # noqa: PLC0415
    from shikaku.actions.process_toroku_file import process_toroku_file  # noqa: PLC0415

    by = Principal(
        channel="system",
        soshiki="system",
        actor_id="bench",
        actor_name="bench",
        hokensha_code=ZONE,
        hokensha_shubetsu="kenpo_kumiai",
    )
    with file.open("rb") as source, store().create("toroku") as writer:
        while chunk := source.read(_CHUNK):
            writer.write(chunk)
        stored = writer.close()
    upload = Upload(stored.key, stored.size, bytes.fromhex(stored.sha256), "members.csv")
    accepted = accept_toroku_file(by=by, upload=upload, now=datetime.now(UTC))

    def work() -> None:
        process_toroku_file(
            by=by,
            uketsuke_id=accepted.uketsuke_id,
            now=lambda: datetime.now(UTC),
            block_lines=block_lines or limits.BLOCK_LINES,
        )

    tune_process()  # as every worker process does when it starts
    taken: defaultdict[str, float] = defaultdict(float)
    cpu, started = _cpu_seconds(), time.perf_counter()
    if shares:
        from bench.shares import sampled  # noqa: PLC0415  # rarely asked for

        with sampled(taken):
            work()
    elif profile is None:
        work()
    else:
        import cProfile  # noqa: PLC0415  # rarely asked for

        cProfile.runctx("work()", {}, {"work": work}, str(profile))
    seconds, cpu_seconds = time.perf_counter() - started, _cpu_seconds() - cpu
    status = get_uketsuke(by=by, uketsuke_bango=accepted.uketsuke_bango, now=datetime.now(UTC))
    if status.jotai != "kanryo":
        message = f"the file came to {status.jotai}"
        raise RuntimeError(message)
    # The worker and the process that reads ahead for it, each at its highest.
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "lines": status.sosu,
        "accepted": status.seijo + status.keikoku,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_kib": peak // 1024 if sys.platform == "darwin" else peak,
        "shares": dict(taken),
    }


def _cpu_seconds() -> float:
    """Return what this process and the ended processes it started took."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main())
