"""A hub small enough for a test that speaks the PMH part of the contract: one person, one PMH-ID."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from simulators.client import ClientKey, generate_key
from tests.unit.simulators.small_hub import SmallHub

PATH = "/api/v1/pmh/pmh-id"


@dataclass(kw_only=True)
class SmallPmhHub(SmallHub):
    """Knows the given persons; `itaku` are the 事務 allowed."""

    persons: set[str] = field(default_factory=set)
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="pmh-1"))
    itaku: set[str] = field(default_factory=lambda: {"01", "02", "03"})
    issued: dict[str, str] = field(default_factory=dict)

    def answer(self, path: str, message: Any) -> tuple[int, Any]:
        """What §6 says to a parsed message."""
        if self.statuses:
            return self.statuses.pop(0), {"code": "kunren"}
        if not self.lenient and message.keys() != {"jimu_kubun", "kojin_bango"}:
            return 400, {"code": "unknown_field"}
        if message["jimu_kubun"] not in self.itaku:
            return 403, {"code": "itaku_kakunin_nashi"}
        number = message["kojin_bango"]
        if path == f"{PATH}/ikkatsu":
            return 200, self.spoil({"kekka": [{"kojin_bango": one, "pmh_id": self.id_of(one)} for one in number]})
        if path != PATH:
            return 404, {"code": "nashi"}
        if number not in self.persons:
            return 404, {"code": "kanyusha_nashi"}
        return 200, self.spoil({"kojin_bango": number, "pmh_id": self.id_of(number)})

    def id_of(self, number: str) -> str | None:
        """The one PMH-ID of a known person."""
        if number not in self.persons:
            return None
        return self.issued.setdefault(number, f"PMH{secrets.token_hex(12)}")
