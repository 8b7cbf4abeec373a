"""サーバー間連携: an insurer's existing system registers, sends files and reads its own history."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from chukan.controls.setsuzoku.actions.answer_once import Answer
from chukan.controls.setsuzoku.schema import describes
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.queries import UketsukeStatus, get_uketsuke
from chukan.kernel.errors import Conflict, DomainError, Invalid
from chukan.kernel.http.parsing import refuse_unknown_keys
from chukan.kernel.http.problems import json_pointer
from chukan.kernel.retry import done_again
from chukan.kernel.values.edaban import format_edaban, parse_edaban
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import take_toroku_file
from shikaku.actions.record_shokai import record_file_shokai, record_rireki_kensaku
from shikaku.actions.register_one import Registered, register_line
from shikaku.domain.periods import with_open_end
from shikaku.domain.ymd import day_of
from shikaku.formats.kekka_file_v1 import write_kekka
from shikaku.formats.toroku_message_v1 import read_message
from shikaku.http import schemas
from shikaku.http.upload import SealingUploadHandler
from shikaku.queries.channel_rules import check_channel
from shikaku.queries.kekka import kekka_rows
from shikaku.queries.rireki import FoundRireki
from shikaku.queries.versions import Version

CREATED = {"01", "02"}
GROUPS = ("kihon", "seigyo")
REPEATED = ("sho", "korei", "gendogaku", "tokutei_shippei")
_IF_MATCH = re.compile(schemas.IF_MATCH_FORM)
# Not Asia/Tokyo: its offset was another one in summers of old, and odd seconds before 1888.
_WIRE_ZONE = timezone(timedelta(hours=9))


def jst(instant: datetime | None) -> str | None:
    """Return an instant as the contract writes it."""
    return None if instant is None else instant.astimezone(_WIRE_ZONE).isoformat(timespec="microseconds")


class ItakuKanyushaView(MachineView):
    """POST one person, one 明細."""

    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.TOROKU
    idempotent = True

    @describes(
        summary="1人分の登録",
        request=schemas.TOROKU,
        answers={201: schemas.TOROKU_KEKKA, 200: schemas.TOROKU_KEKKA},
        errors=(409, 422, 503),
        idempotent=True,
        parameters=(schemas.IF_MATCH,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Register, amend, end or withdraw; answered when all of it is committed."""
        check_channel(by=self.by, now=self.now)
        body = self.json_body()
        line = read_message(body)
        if_match = _if_match(request)

        def work() -> Answer:
            registered = register_line(by=self.by, line=line, if_match=if_match, now=self.now)
            status = 201 if line.shori_shubetsu_code in CREATED else 200
            return Answer(status, json.dumps(_registered(registered), ensure_ascii=False).encode(), "application/json")

        zone = line.hokensha_code if line.hokensha_code in self.by.sendable else None
        return done_again(lambda: self.answer_once(compared=body, work=work, zone=zone))


def _if_match(request: Request) -> int | None:
    value = request.headers.get("If-Match")
    if value is None:
        return None
    if not _IF_MATCH.fullmatch(value):
        raise Invalid("if_match_fusei", "If-Match には履歴通番を引用符で囲んで指定してください。")
    return int(value.strip('"'))


def _registered(registered: Registered) -> dict[str, object]:
    return {
        "uketsuke_bango": registered.uketsuke_bango,
        "uketsuke_meisai_bango": registered.uketsuke_meisai_bango,
        "hihokensha_edaban": format_edaban(registered.hihokensha_edaban),
        "shikaku_tsuban": registered.shikaku_tsuban,
        "rireki_tsuban": registered.rireki_tsuban,
        "shori_kekka_kubun": registered.shori_kekka_kubun,
        "keikoku": [
            {"code": item.code, "pointer": json_pointer(item.pointer), "message": item.message}
            for item in registered.keikoku
        ],
    }


class UketsukeView(MachineView):
    """POST a file of many lines."""

    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.FILE_ACCEPTED
    idempotent = True
    streams_body = True
    body_max = limits.FILE_MAX + limits.BODY_MAX

    @describes(
        summary="ファイルの受付",
        request={"multipart/form-data": schemas.UKETSUKE_FORM},
        answers={202: schemas.UKETSUKE_UKE},
        errors=(409, 422),
        idempotent=True,
    )
    def post(self, _request: Request) -> HttpResponse:
        """Store the file while it arrives and give a 受付番号."""
        check_channel(by=self.by, now=self.now)
        handler = SealingUploadHandler()
        try:
            fields = self.read_form([handler])
            saisoshin = _checked_fields(dict(fields))
            upload = handler.upload()
            answer = self._accept(handler, saisoshin)
        except DomainError:
            handler.discard()
            raise
        except BaseException:
            handler.let_go()
            raise
        if answer.headers.get("Idempotency-Replayed") and not upload.refused:
            handler.discard()
        return answer

    def _accept(self, handler: SealingUploadHandler, saisoshin: bool) -> HttpResponse:  # noqa: FBT001
        upload = handler.upload()

        def work() -> Answer:
            accepted = take_toroku_file(by=self.by, upload=upload, saisoshin=saisoshin, now=self.now)
            body = {"uketsuke_bango": accepted.uketsuke_bango, "jotai": "uketsuke"}
            return Answer(202, json.dumps(body).encode(), "application/json")

        compared = {
            "shubetsu": "kanyusha",
            "saisoshin": saisoshin,
            "digest": upload.digest.hex(),
            "refused": upload.refused,
        }
        return self.answer_once(compared=compared, work=work)


def _checked_fields(fields: dict[str, str]) -> bool:
    shubetsu, saisoshin = fields.pop("shubetsu", ""), fields.pop("saisoshin", "false")
    refuse_unknown_keys(fields, ())
    if shubetsu != "kanyusha":
        raise Invalid("shubetsu_fusei", "shubetsu には kanyusha を指定してください。", pointer="shubetsu")
    if saisoshin not in {"true", "false"}:
        raise Invalid("saisoshin_fusei", "saisoshin には true か false を指定してください。", pointer="saisoshin")
    return saisoshin == "true"


class UketsukeStatusView(MachineView):
    """GET the state of one 受付."""

    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.FILE_STATUS

    @describes(summary="受付の状況", answers={200: schemas.UKETSUKE_JOTAI}, errors=(404,))
    def get(self, _request: Request, uketsuke_bango: str) -> HttpResponse:
        """Return state and counts; not yours and not there are the same 404."""
        status = get_uketsuke(by=self.by, uketsuke_bango=uketsuke_bango, now=self.now)
        return _json(uketsuke_json(status))


def uketsuke_json(status: UketsukeStatus) -> dict[str, object]:
    """Return one 受付 under its published keys."""
    return {
        "jotai": status.jotai,
        "sosu": status.sosu,
        "shori_zumi": status.shori_zumi,
        "seijo": status.seijo,
        "keikoku": status.keikoku,
        "ijo": status.ijo,
        "kaishi_nichiji": jst(status.kaishi_nichiji),
        "shuryo_nichiji": jst(status.shuryo_nichiji),
        "yosoku_shuryo_nichiji": jst(status.yosoku_shuryo_nichiji),
        "riyu": None if status.riyu is None else dict(status.riyu),
        "teitai_nichiji": jst(status.teitai_nichiji),
    }


class UketsukeKekkaView(MachineView):
    """GET the results, one line per 明細."""

    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.DOWNLOAD

    @describes(summary="受付の結果", answers={(200, "text/csv"): schemas.KEKKA_CSV}, errors=(404, 409))
    def get(self, _request: Request, uketsuke_bango: str) -> HttpResponse | StreamingHttpResponse:
        """Stream the result CSV in input order; 409 before the end."""
        status = get_uketsuke(by=self.by, uketsuke_bango=uketsuke_bango, now=self.now)
        if not status.finished:
            raise Conflict("shorichu", "まだ処理しています。終わってから取得してください。")
        record_file_shokai(
            by=self.by, uketsuke_bango=uketsuke_bango, kind=SosaKind.DOWNLOAD, lines=status.sosu, now=self.now
        )
        return kekka_response(self, status)


def kekka_response(view: MachineView, status: UketsukeStatus) -> StreamingHttpResponse:
    """Return the result CSV as a stream."""
    rows = kekka_rows(by=view.by, status=status)
    return StreamingHttpResponse(write_kekka(rows), content_type="text/csv; charset=utf-8")


class RirekiKensakuView(MachineView):
    """POST a question about one person of the caller's own zone."""

    kinds = frozenset({"hokensha"})
    sosa = SosaKind.RIREKI_SHOKAI

    @describes(summary="資格履歴の照会", request=schemas.KENSAKU, answers={200: schemas.RIREKI}, errors=(404,))
    def post(self, _request: Request) -> HttpResponse:
        """Return what was valid on a day as the hub knew it at an instant."""
        check_channel(by=self.by, now=self.now)
        body = self.json_body()
        if body.get("kojin_bango") is not None:
            self.sosa = SosaKind.BANGO_KENSAKU  # whoever is found, and whatever is wrong with it: KJ-LOG-08
        asked = _asked(body)
        known_at = asked.known_at or self.now
        if known_at > self.now:
            raise Invalid("known_at_mirai", "known_at は今より前の時刻にしてください。", pointer="known_at")
        found = record_rireki_kensaku(
            by=self.by,
            hihokensha_edaban=asked.edaban,
            kojin_bango=asked.kojin_bango,
            on=asked.on,
            known_at=known_at,
            now=self.now,
        )
        return _json(_found(found))


class _Asked:
    """The parsed question."""

    def __init__(
        self, *, edaban: int | None, kojin_bango: str | None, on: date | None, known_at: datetime | None
    ) -> None:
        self.edaban, self.kojin_bango, self.on, self.known_at = edaban, kojin_bango, on, known_at


def _asked(body: dict[str, object]) -> _Asked:
    refuse_unknown_keys(body, {"hihokensha_edaban", "kojin_bango", "on", "known_at"})
    edaban, number = body.get("hihokensha_edaban"), body.get("kojin_bango")
    if (edaban is None) == (number is None):
        raise Invalid("kensaku_key", "hihokensha_edaban と kojin_bango のどちらか1つだけを指定してください。")
    return _Asked(
        edaban=None if edaban is None else _edaban(edaban),
        kojin_bango=None if number is None else _number(number),
        on=_day(body.get("on")),
        known_at=_instant(body.get("known_at")),
    )


def _number(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid("kojin_bango_fusei", "個人番号は文字列で指定してください。", pointer="kojin_bango")
    return value


def _edaban(value: object) -> int:
    try:
        return parse_edaban(value if isinstance(value, str) else "")
    except ValueError:
        raise Invalid(
            "hihokensha_edaban_fusei", "被保険者枝番は数字10桁で指定してください。", pointer="hihokensha_edaban"
        ) from None


def _day(value: object) -> date | None:
    if value is None:
        return None
    day = day_of(value)
    if day is None:
        raise Invalid("on_fusei", "on は YYYY-MM-DD の形で指定してください。", pointer="on")
    return day


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value if isinstance(value, str) else "")
        kept = instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):  # the first and the last day of the calendar exist in some zones only
        kept = None
    if kept is None:
        raise Invalid("known_at_fusei", "known_at は時差つきの ISO 8601 で指定してください。", pointer="known_at")
    return kept


def _found(found: FoundRireki) -> dict[str, object]:
    return {
        "items": [_item(version) for version in found.versions],
        "known_at": jst(found.known_at),
        "saishu_juryo_nichiji": jst(found.saishu_juryo_nichiji),
    }


def _item(version: Version) -> dict[str, object]:
    item: dict[str, object] = {
        "hokensha_code": version.hokensha_code,
        "hihokensha_edaban": format_edaban(version.hihokensha_edaban),
        "shikaku_tsuban": version.shikaku_tsuban,
        "rireki_tsuban": version.rireki_tsuban,
        "shori_shubetsu_code": version.shori_shubetsu_code,
        "toroku_nichiji": jst(version.toroku_nichiji),
    }
    item |= {group: version.joho.get(group) or {} for group in GROUPS}
    item["shikaku"] = with_open_end(version.joho.get("shikaku") or {})
    return item | {group: version.joho.get(group) or [] for group in REPEATED}


def _json(value: dict[str, object]) -> HttpResponse:
    return HttpResponse(json.dumps(value, ensure_ascii=False).encode(), content_type="application/json")
