"""A line to オンライン資格確認 that keeps what came over it, and loses some calls when told to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class OnshiLine:
    """Takes telegrams; the first `lost` calls arrive nowhere."""

    def __init__(self, *, lost: int = 0) -> None:
        self._lost = lost
        self.tried: list[dict[str, Any]] = []
        self.arrived: list[dict[str, Any]] = []

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        """Return the 送信番号 that arrived."""
        sent: list[dict[str, Any]] = [json.loads(json.dumps(one)) for one in telegrams]
        self.tried += sent
        if self._lost:
            self._lost -= 1
            return frozenset()
        self.arrived += sent
        return frozenset(one["soshin_bango"] for one in sent)
