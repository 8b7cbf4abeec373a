"""処理結果電文: the only thing オンライン資格確認等システム may call. 根拠: KJ-EXT-03, KJ-EXT-04."""

import re
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from chukan.controls.setsuzoku.schema import describes
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict, Invalid
from chukan.kernel.http.parsing import refuse_unknown_keys
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from shikaku.actions.record_onshi_kekka import record_onshi_kekka
from shikaku.http import schemas

_KEYS: Final = {"soshin_bango", "shori_kekka_kubun", "shori_kekka_meisai_code"}
_MEISAI_CODE: Final = re.compile(schemas.MEISAI_CODE)


class ShoriKekkaView(MachineView):
    """POST what became of one telegram of ours."""

    kinds = frozenset({"onshi"})
    sosa = SosaKind.SHORI_KEKKA

    @describes(summary="処理結果電文", request=schemas.SHORI_KEKKA, answers={204: None}, errors=(409,))
    def post(self, _request: Request) -> HttpResponse:
        """Record the result of the telegram it names; the same twice is fine, another one is not."""
        body = self.json_body()
        refuse_unknown_keys(body, _KEYS)
        kubun, code = body.get("shori_kekka_kubun"), body.get("shori_kekka_meisai_code", "")
        if not isinstance(kubun, str) or kubun not in {"1", "2", "9"}:
            raise Invalid("kubun_fusei", "処理結果区分は 1、2、9 のどれかにしてください。", pointer="shori_kekka_kubun")
        if code is None:
            code = ""
        # It is kept as it came and shown to clerks. 根拠: KJ-IN-19
        if isinstance(code, str) and contains_kojin_bango(code):
            raise Invalid(
                "meisai_code_bango",
                "処理結果明細コードに個人番号と同じ形の数字があります。個人番号は受け取れません。",
                pointer="shori_kekka_meisai_code",
            )
        if not isinstance(code, str) or len(code) > schemas.MEISAI_CODE_MAX or not _MEISAI_CODE.fullmatch(code):
            raise Invalid(
                "meisai_code_fusei", "処理結果明細コードを読み取れません。", pointer="shori_kekka_meisai_code"
            )
        outcome = record_onshi_kekka(
            by=self.by,
            soshin_bango=_soshin_bango(body.get("soshin_bango")),
            kubun=kubun,
            meisai_code=code,
            now=self.now,
        )
        if outcome == "unknown":
            raise Conflict("soshin_bango_fumei", "この送信番号の電文は送っていません。送信番号を確かめてください。")
        if outcome == "other":
            raise Conflict("kekka_soi", "この送信番号には別の処理結果が届いています。")
        return HttpResponse(status=204)


def _soshin_bango(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise Invalid("soshin_bango_fusei", "送信番号を読み取れません。", pointer="soshin_bango") from None
