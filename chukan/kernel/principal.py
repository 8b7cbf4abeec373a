"""Who acts: one frozen value that every action and query is given as `by`."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Channel = Literal["terminal", "server_api", "shuyaku", "operator", "onshi", "pmh", "nws", "system", "command"]
KengenAction = Literal["shokai", "koshin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The acting person or system, its organisation, zone and rights.

    `hokensha_code` is the zone (委託区画) and None for operators and systems without one.
    `carried` lists the 保険者コード a 国保情報集約システム may send for (KJ-IN-23).
    `session_id` is the session a member of staff is signed in by.
    """

    channel: Channel
    soshiki: str
    actor_id: str
    actor_name: str
    hokensha_code: str | None = None
    hokensha_shubetsu: str | None = None
    kengen: frozenset[tuple[str, str]] = frozenset()
    kojin_bango_jimu: frozenset[str] = frozenset()
    terminal: str = ""
    request_id: str = ""
    carried: frozenset[str] = frozenset()
    session_id: UUID | None = None

    @property
    def sender(self) -> str | None:
        """Return whose 受付 this principal sees: the insurer's, or the carrying system's own."""
        if self.channel == "shuyaku":
            return self.actor_id
        return self.hokensha_code

    @property
    def sendable(self) -> frozenset[str]:
        """Return the 保険者コード this principal may register for."""
        if self.channel == "shuyaku":
            return self.carried
        return frozenset() if self.hokensha_code is None else frozenset({self.hokensha_code})

    def can(self, jimu: str, action: KengenAction) -> bool:
        """Tell whether the 業務権限 for (事務, 照会/更新) is held. 根拠: KJ-AUTH-13."""
        return (jimu, action) in self.kengen

    def can_kojin_bango(self, jimu: str) -> bool:
        """Tell whether the 個人番号取扱権限 for the 事務 is held. 根拠: KJ-AUTH-14."""
        return jimu in self.kojin_bango_jimu


def system_principal(
    *, actor_id: str, hokensha_code: str | None = None, hokensha_shubetsu: str | None = None
) -> Principal:
    """Return the principal of the hub's own process `actor_id`, working in one zone or in none."""
    return Principal(
        channel="system",
        soshiki="system",
        actor_id=actor_id,
        actor_name=actor_id,
        hokensha_code=hokensha_code,
        hokensha_shubetsu=hokensha_shubetsu,
    )
