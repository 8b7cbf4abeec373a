"""Routes of a hub with nothing but doors for machines: what the doors do is tested without any business behind."""

import hashlib
import json
import time

from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request

from chukan.controls.setsuzoku.actions.answer_once import Answer
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict, ErrorItem, NotFound, RuleBroken

WORK_DONE: list[str] = []
KEPT: list[bytes] = []


class EchoView(MachineView):
    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.KENSAKU

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(json.dumps({"actor": self.by.actor_id, "zone": self.by.hokensha_code}))

    def post(self, request: Request) -> HttpResponse:
        value = self.json_body()
        if value.get("want") == "404":
            raise NotFound("kanyusha_nashi", "見つかりませんでした。")
        if value.get("want") == "500":
            raise RuntimeError("123456789018")
        return HttpResponse(json.dumps(value), content_type="application/json")


class OnceView(MachineView):
    kinds = frozenset({"hokensha", "kokuho_shuyaku"})
    sosa = SosaKind.TOROKU
    idempotent = True

    def post(self, request: Request) -> HttpResponse:
        value = self.json_body()

        def work() -> Answer:
            WORK_DONE.append(str(value.get("n")))
            record_sosa(
                by=self.by, kind=self.sosa, jimu="shikaku", target_file="資格履歴ファイル", result="ok", now=self.now
            )
            time.sleep(float(str(value.get("sleep", 0))))
            if value.get("want") == "422":
                raise RuleBroken("kisoku_ihan", "直す", errors=[ErrorItem("E207", "kihon/jusho", "直す")])
            if value.get("want") == "409":
                raise Conflict("jufuku_file", "同じファイルです。")
            if value.get("want") == "500":
                raise RuntimeError("gone")
            return Answer(201, json.dumps({"n": value.get("n"), "done": len(WORK_DONE)}).encode())

        return self.answer_once(compared=value, work=work)


class KeepingHandler(FileUploadHandler):
    """Collects the bytes of the file."""

    def new_file(  # noqa: PLR0917  # Django's own signature
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, bytes] | None = None,
    ) -> None:
        super().new_file(field_name, file_name, content_type, content_length, charset, content_type_extra)
        self.pieces: list[bytes] = []
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.pieces.append(raw_data)

    def file_complete(self, file_size: int) -> None:
        return None


class FormView(MachineView):
    kinds = frozenset({"hokensha"})
    sosa = SosaKind.FILE_ACCEPTED
    streams_body = True
    idempotent = True
    body_max = 4 * 1024 * 1024

    def post(self, request: Request) -> HttpResponse:
        handler = KeepingHandler(request._request)
        fields = self.read_form([handler])
        content = b"".join(handler.pieces)
        KEPT.append(content)
        digest = hashlib.sha256(content).hexdigest()
        return self.answer_once(
            compared={"shubetsu": fields["shubetsu"], "digest": digest},
            work=lambda: Answer(202, json.dumps({"digest": digest}).encode()),
        )


class OnshiView(MachineView):
    kinds = frozenset({"onshi"})
    sosa = SosaKind.SHORI_KEKKA

    def post(self, request: Request) -> HttpResponse:
        return HttpResponse(status=204)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>画面</p>")


urlpatterns = [
    path("api/v1/echo", EchoView.as_view()),
    path("api/v1/once", OnceView.as_view()),
    path("api/v1/form", FormView.as_view()),
    path("api/v1/onshi/shori-kekka", OnshiView.as_view()),
    path("gamen", page),
    path("", include("chukan.kernel.http.urls")),
]
