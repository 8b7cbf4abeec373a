"""The one door of 払出し: Public Medical Hub asks for one person or for many. No screen, no file, no other caller.

根拠: KJ-IN-09, KJ-IN-10, KJ-EXT-06, KJ-EXT-09.
"""

import json
from collections.abc import Sequence
from typing import ClassVar, Final

from django.http import HttpResponse
from rest_framework.request import Request

from chukan.controls.setsuzoku.schema import describes
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.domain import Result, SosaKind
from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from chukan.kernel.http.parsing import refuse_unknown_keys
from chukan.kernel.http.problems import CONTENT_TYPE, problem_of
from chukan.kernel.retry import done_again
from pmh.actions.issue_pmh_id import FILE, JIMU, Kotae, issue_pmh_id
from pmh.actions.record_refused_irai import record_refused_irai
from pmh.domain.irai import IKKATSU, IKKEN, check_ikkatsu, check_ikken, check_jimu_kubun
from pmh.http import schemas

_KEYS: Final = {"jimu_kubun", "kojin_bango"}


class PmhView(MachineView):
    """What both forms of a request share."""

    kinds = frozenset({"pmh"})
    jimu = JIMU
    target_file = FILE
    sosa = SosaKind.PMH_ID_HARAIDASHI
    hoho: ClassVar[str] = IKKEN
    jimu_kubun: str = ""

    def read(self) -> object:
        """Return what was sent as numbers; any further key is refused before anything else is looked at."""
        body = self.json_body()
        refuse_unknown_keys(body, _KEYS)
        self.jimu_kubun = check_jimu_kubun(body.get("jimu_kubun"))
        return body.get("kojin_bango")

    def issue(self, kojin_bango: Sequence[str]) -> tuple[Kotae, ...]:
        """Return the answers in order; done again when other requests were in between."""
        return done_again(
            lambda: issue_pmh_id(
                by=self.by, jimu_kubun=self.jimu_kubun, hoho=self.hoho, kojin_bango=kojin_bango, now=self.now
            )
        )

    def _record(self, result: Result, code: str, kind: SosaKind | None = None) -> None:
        super()._record(result, code, kind)
        if self.principal is not None and self.principal.channel == "pmh":
            record_refused_irai(
                by=self.principal, jimu_kubun=self.jimu_kubun, hoho=self.hoho, code=code, now=clock.now()
            )


class PmhIdView(PmhView):
    """POST one number."""

    @describes(
        summary="PMH-IDの払出し（1人）",
        request=schemas.IKKEN,
        answers={200: schemas.IKKEN_KOTAE},
        errors=(404, 503),
    )
    def post(self, _request: Request) -> HttpResponse:
        """Answer with the number as it came and the person's PMH-ID; 404 when it is nobody's."""
        kotae = self.issue([check_ikken(self.read())])[0]
        if kotae.pmh_id is None:
            # The request was answered and is on record as such: this is no failure of it.
            problem = problem_of(NotFound("kanyusha_nashi", "この番号の加入者はいません。番号を確かめてください。"))
            return HttpResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE)
        return _json(_pair(kotae))


class PmhIdIkkatsuView(PmhView):
    """POST up to a thousand numbers."""

    hoho = IKKATSU

    @describes(
        summary="PMH-IDの払出し（一括）",
        request=schemas.IKKATSU,
        answers={200: schemas.IKKATSU_KOTAE},
        errors=(503,),
    )
    def post(self, _request: Request) -> HttpResponse:
        """Answer every number in the order asked; null for one that is nobody's."""
        return _json({"kekka": [_pair(kotae) for kotae in self.issue(check_ikkatsu(self.read()))]})


def _pair(kotae: Kotae) -> dict[str, str | None]:
    return {"kojin_bango": kotae.kojin_bango, "pmh_id": kotae.pmh_id}


def _json(value: object) -> HttpResponse:
    return HttpResponse(json.dumps(value).encode(), content_type="application/json")
