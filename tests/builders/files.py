"""登録ファイル brought in and worked off as a worker does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chukan.controls.uketsuke.actions import Upload
from chukan.controls.uketsuke.queries import MeisaiResult, UketsukeStatus, get_uketsuke, list_meisai
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """One file after it was worked off."""

    by: Principal
    row_id: UUID
    bango: str
    at: datetime

    @property
    def status(self) -> UketsukeStatus:
        """Return what its sender sees at the same instant."""
        return get_uketsuke(by=self.by, uketsuke_bango=self.bango, now=self.at)

    @property
    def results(self) -> list[tuple[int, str, tuple[str, ...]]]:
        """Return (line of the file, 処理結果区分, codes) of every line."""
        return [(one.line_number, one.kubun, one.codes) for one in self.meisai]

    @property
    def meisai(self) -> tuple[MeisaiResult, ...]:
        """Return every result."""
        return list_meisai(by=self.by, row_id=self.row_id, notable_only=False, limit=100_000)


def stored(content: bytes) -> Upload:
    """Return an upload as the door stores it."""
    with store().create("toroku") as writer:
        writer.write(content)
        kept = writer.close()
    return Upload(kept.key, kept.size, bytes.fromhex(kept.sha256), "members.csv")


def accept_file(content: bytes, *, by: Principal, saisoshin: bool = False, now: datetime = NOW) -> Sent:
    """Bring a file in."""
    accepted = accept_toroku_file(by=by, upload=stored(content), saisoshin=saisoshin, now=now)
    return Sent(by, accepted.uketsuke_id, accepted.uketsuke_bango, now)


def send_file(
    content: bytes | str, *, by: Principal, saisoshin: bool = False, block_lines: int = 500, now: datetime = NOW
) -> Sent:
    """Bring a file in and work it off; whoever opens it through a page or over REST gives the present instant."""
    sent = accept_file(content.encode() if isinstance(content, str) else content, by=by, saisoshin=saisoshin, now=now)
    process_toroku_file(by=by, uketsuke_id=sent.row_id, now=lambda: now, block_lines=block_lines)
    return sent


def objects(home: object) -> Iterator[str]:
    """Yield the stored objects of a CHUKAN_HOME."""
    from pathlib import Path

    yield from (str(path) for path in (Path(str(home)) / "objects").rglob("*") if path.is_file())
