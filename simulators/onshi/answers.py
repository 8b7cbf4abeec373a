"""What the handlers share."""

from dataclasses import dataclass
from http import HTTPStatus

from simulators.client import NonceMemory, SignatureRefusedError, SignedRequest, verify_request
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.hub import HubKeys, PlanHolder
from simulators.onshi.renkei import Renkei
from simulators.onshi.store import Store
from simulators.shell.answers import Answer, Request, problem
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
        keys = self.keys.current(naming=_keyid(request.headers.get("Signature-Input", "")))
        if keys is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "kagi_machi", "中間サーバーの公開鍵をまだ取得できません")
        try:
            return verify_request(
                SignedRequest(request.method, request.url, request.headers, request.body),
                keys=keys,
                nonces=self.nonces,
            ).keyid
        except SignatureRefusedError as error:
            self.store.count(shomei_fusei=1)
            return problem(HTTPStatus.UNAUTHORIZED, "shomei_fusei", f"署名を確かめられません: {error}")


def _keyid(signature_input: str) -> str:
    return signature_input.partition('keyid="')[2].partition('"')[0]
