"""住基ネット, as 機関別符号 sees it: a file goes out and is taken, refused, or nobody knows."""

from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

from chukan.outside.client import OutcomeUnknown
from chukan.outside.juki_ap import JukiApClient, juki_ap_client

__all__ = ["JukiGateway", "OutcomeUnknown", "SignedJukiGateway"]


class JukiGateway(Protocol):
    """Takes a 符号取得要求ファイル."""

    def put(self, file_id: UUID, content: BinaryIO, *, now: datetime) -> int:
        """Send the file and return the status of the answer, 202 when it was taken. Raises OutcomeUnknown."""
        ...


class SignedJukiGateway:
    """The real line: one signed call, the file streams."""

    def __init__(self, client: JukiApClient | None = None) -> None:
        """Use the process's line unless another is given."""
        self._client = client

    def put(self, file_id: UUID, content: BinaryIO, *, now: datetime) -> int:
        """Send the file. Raises OutcomeUnknown."""
        return (self._client or juki_ap_client()).put_fugo_yokyu(file_id, content, now=now)
