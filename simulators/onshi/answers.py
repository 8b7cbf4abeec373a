"""What the handlers share."""

from dataclasses import dataclass
from http import HTTPStatus

from simulators.client import NonceMemory, SignedRequest
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.hub import HubKeys, PlanHolder
from simulators.onshi.renkei import Renkei
from simulators.onshi.store import Store
from simulators.shell.answers import Answer, Request
from simulators.shell.hub_keys import signer_of
from simulators.shell.partners import Partners

PARTNER_PATHS = frozenset({"/hihokensha-bango"})


@dataclass
class Onshi:
    """What every request handler shares."""

    store: Store
    keys: HubKeys | None
    nonces: NonceMemory
    plan: PlanHolder[FaultPlan]
    dice: Dice
    public_url: str = ""
    renkei: Renkei | None = None
    partners: Partners | None = None

    def admit(self, request: Request) -> str | Answer:
        """Who signed the call, by the keys of the hub or of the other partners; or the refusal."""
        if self.partners is not None and request.path in PARTNER_PATHS:
            return self.partners.admit(request)
        if self.keys is None:
            return ""
        signed = SignedRequest(request.method, request.url, request.headers, request.body)
        caller = signer_of(signed, keys=self.keys, nonces=self.nonces)
        if isinstance(caller, Answer) and caller.status == HTTPStatus.UNAUTHORIZED:
            self.store.count(shomei_fusei=1)
        return caller
