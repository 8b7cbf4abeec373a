"""The one way a 機関別符号 comes in: 情報提供NWS インターフェイスシステム brings it, for one request or for many.

根拠: KJ-IN-12, KJ-IN-13, KJ-NWS-13.
"""

import json

from django.http import HttpResponse
from rest_framework.request import Request

from chukan.controls.setsuzoku.schema import describes
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict
from chukan.kernel.retry import done_again
from fugo.actions.record_fugo import record_fugo
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.answer_matching import CODES, Juryo, Received, is_settled
from fugo.http import schemas
from fugo.http.received import read_item, read_items


class FugoView(MachineView):
    """POST one code."""

    kinds = frozenset({"nws"})
    jimu = JIMU
    target_file = FILE
    sosa = SosaKind.FUGO_KAKUNO

    def record(self, received: list[Received]) -> tuple[Juryo, ...]:
        """Return what became of the codes; done again when another message was in between."""
        return done_again(lambda: record_fugo(by=self.by, received=received, now=self.now))

    @describes(summary="機関別符号の受領", request=schemas.FUGO, answers={204: None}, errors=(409, 503))
    def post(self, _request: Request) -> HttpResponse:
        """Store the code of the request it names: 204, also for the same again; 409 for anything else."""
        (juryo,) = self.record([read_item(self.json_body())])
        if not is_settled(juryo):
            code = CODES[juryo]
            raise Conflict(code, schemas.KEKKA_TEXTS[code])
        return HttpResponse(status=204)


class FugoIkkatsuView(FugoView):
    """POST up to five thousand codes."""

    @describes(
        summary="機関別符号の受領（一括）",
        request=schemas.FUGO_IKKATSU,
        answers={200: schemas.FUGO_IKKATSU_KEKKA},
        errors=(503,),
    )
    def post(self, _request: Request) -> HttpResponse:
        """Answer every code in the order sent, each as if it had come alone."""
        received = read_items(self.json_body())
        judged = self.record(received)
        kekka = [
            {"shori_tsuban": str(one.shori_tsuban), "code": CODES[juryo]}
            for one, juryo in zip(received, judged, strict=True)
        ]
        return HttpResponse(json.dumps({"kekka": kekka}).encode(), content_type="application/json")
