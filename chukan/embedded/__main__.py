"""`python -m chukan.embedded start|stop|erase --home FOLDER [--detach]`: the two services without the demo."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from chukan.embedded.errors import StartError
from chukan.embedded.services import Services, stop_detached


def main() -> int:
    """Run one command; a failure is one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m chukan.embedded", description="内蔵の PostgreSQL と Redis 互換サーバー"
    )
    parser.add_argument("command", choices=("start", "stop", "erase"))
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("CHUKAN_HOME") or ".chukan"))
    parser.add_argument("--detach", action="store_true", help="起動したまま戻る")
    args = parser.parse_args()
    try:
        if args.command == "start":
            return _start(args.home, detach=args.detach)
        stop_detached(args.home)
        if args.command == "erase":
            Services(args.home).erase()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _start(home: Path, *, detach: bool) -> int:
    services = Services(home)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    services.start()
    try:
        print(f"起動しました: {services.home / 'run' / 'services.json'}", flush=True)
        if detach:
            services.detach()
            return 0
        while not stopped.wait(0.5):
            for name in services.revive():
                print(f"再起動しました: {name}", file=sys.stderr)
    finally:
        services.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
