"""Facts that 資格履歴 announces: ids, codes and times only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chukan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TorokuFileAccepted(Event):
    """A 登録ファイル was received and waits to be processed."""

    TOPIC: ClassVar[str] = "shikaku.toroku_file.accepted.v1"
    uketsuke_id: UUID
    sender: str
    hokensha_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TorokuFileReleased(Event):
    """A held 登録ファイル was let through by every insurer it was held for and waits to be registered."""

    TOPIC: ClassVar[str] = "shikaku.toroku_file.released.v1"
    uketsuke_id: UUID
    sender: str
    hokensha_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TorokuBlockReflected(Event):
    """A block of lines, or one line, now stands in 委託区画 and 資格履歴."""

    TOPIC: ClassVar[str] = "shikaku.toroku_block.reflected.v1"
    uketsuke_id: UUID
    sender: str
    hokensha_code: str
    first_meisai_no: int
    last_meisai_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TorokuFileFinished(Event):
    """A 登録ファイル reached its end; its upload is erased."""

    TOPIC: ClassVar[str] = "shikaku.toroku_file.finished.v1"
    uketsuke_id: UUID
    state: str
