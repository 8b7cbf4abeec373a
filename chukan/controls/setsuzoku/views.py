"""The door for machines: every REST view of a connecting system is a `MachineView`.

Order: signature from the headers → kind of client → size → Idempotency-Key → body against the signed digest → handler.
Every refusal is written to the operation log. 根拠: KJ-AUTH-26, KJ-LOG-18.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, ClassVar, Final, cast

import structlog
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from chukan.controls.kikan.queries import find_shubetsu
from chukan.controls.setsuzoku.actions.admit_request import admit_request
from chukan.controls.setsuzoku.actions.answer_once import Answer, Repeat, answer_once, keep_refusal
from chukan.controls.setsuzoku.domain import (
    ClientFacts,
    ClientKind,
    RateLimit,
    fingerprint,
    is_idempotency_key,
    kept_key,
    machine_principal,
    unknown_principal,
)
from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import Result, SosaKind
from chukan.controls.sosa_log.sealing import require_sealed_for_partners
from chukan.kernel import clock
from chukan.kernel.crypto.data_key import IDEMPOTENCY
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict, Invalid, NotAuthenticated, NotPermitted, RuleBroken
from chukan.kernel.http.bodies import CheckedBody, Readable, too_large
from chukan.kernel.http.parsing import json_object
from chukan.kernel.http.problems import exception_handler, problem_of
from chukan.kernel.http.signatures import Claim, SignatureRefused, SignedRequest
from chukan.kernel.principal import Principal, system_principal
from chukan.settings import limits

log = structlog.get_logger()

BURST_SECONDS: Final = 4
_CLIENT_ERROR: Final = 400
_NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_DENIALS: Final = frozenset({"ninsho", "setsuzoku_taishogai", "yokyu_kata", "jimu_taishogai", "riyo_kaishi_mae"})


class OneNegotiation(BaseContentNegotiation):
    """Every route has one form of answer; Accept changes nothing."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the first parser; the view reads its body itself."""
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002  # DRF calls it so
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        first = next(iter(renderers))
        return first, str(first.media_type)


@dataclass(frozen=True, slots=True)
class MachineUser:
    """Who a signature proved: DRF's `request.user`."""

    principal: Principal
    client: ClientFacts
    is_authenticated: bool = True


def signed_request(request: HttpRequest) -> SignedRequest:
    """Return what a signature of this request speaks of; nothing of the body is read."""
    # The target as it came: Django's is read and written again, and one signature would hold for many spellings.
    target = request.META.get("RAW_URI") or request.get_full_path()
    url = f"{request.scheme}://{request.get_host()}{target}"
    return SignedRequest(request.method or "", url, {name: value for name, value in request.headers.items() if value})


def _terminal(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) or "-"


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))


class SignatureAuthentication(BaseAuthentication):
    """Finds the client whose key signed the headers. No body is read, no token exists."""

    def authenticate(self, request: Request) -> tuple[MachineUser, Claim]:
        """Return who acts and what the signature says. Raises: NotAuthenticated, TooMany."""
        http = request._request  # noqa: SLF001  # DRF has no public name for it
        per_second = max(1, int(settings.CHUKAN_RATE_PER_CLIENT))
        try:
            client, claim = admit_request(
                by=system_principal(actor_id="setsuzoku"),
                request=signed_request(http),
                rate=RateLimit(per_second, per_second * BURST_SECONDS),
                now=clock.now(),
            )
        except SignatureRefused as refused:
            log.info("setsuzoku.request.refused", reason=refused.reason, request_id=_request_id(http))
            raise NotAuthenticated(
                "ninsho", "接続元を確認できませんでした。鍵、署名の対象、時刻、使い捨て番号を確かめてください。"
            ) from None
        shubetsu = None if client.hokensha_code is None else find_shubetsu(client.hokensha_code)
        principal = machine_principal(
            client,
            hokensha_shubetsu=shubetsu,
            request_id=_request_id(http),
            terminal=_terminal(http),
        )
        return MachineUser(principal, client), claim

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme of WWW-Authenticate."""
        return "Signature"


class MachineView(APIView):
    """A REST view for connecting systems.

    `kinds`: who may call. `sosa`: the operation it is, for the record of what failed; a handler that knows it better
    says so. `idempotent`: demands Idempotency-Key. `streams_body`: the handler reads the body itself through
    `read_form`. `body_max`: bytes of what is posted; no other method has a use for more than a message.
    A handler writes the operation log of its success in its own transaction and leaves failures to this class.
    """

    kinds: ClassVar[frozenset[ClientKind]] = frozenset()
    jimu: ClassVar[str] = "shikaku"
    target_file: ClassVar[str] = "資格履歴ファイル"
    sosa: SosaKind = SosaKind.REFUSED
    idempotent: ClassVar[bool] = False
    streams_body: ClassVar[bool] = False
    body_max: ClassVar[int] = limits.BODY_MAX
    authentication_classes = (SignatureAuthentication,)
    content_negotiation_class = OneNegotiation
    renderer_classes = (JSONRenderer,)
    metadata_class = None  # OPTIONS is no method of the contract: docs/openapi.yaml says what a route takes

    principal: Principal | None = None
    body: bytes = b""
    now: datetime

    # --- for handlers

    @property
    def by(self) -> Principal:
        """Return who acts."""
        if self.principal is None:
            raise NotAuthenticated("ninsho", "接続元を確認できませんでした。")
        return self.principal

    def json_body(self) -> dict[str, object]:
        """Return the JSON object that was sent; its digest has been checked."""
        content_type = self.request.content_type or ""
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Invalid("media_type_fusei", "Content-Type は application/json にしてください。")
        return json_object(self.body)

    def read_form(self, handlers: Sequence[FileUploadHandler]) -> Mapping[str, str]:
        """Read a multipart body through the upload handlers and return its text fields.

        The handlers must keep what they store apart until this returns: it raises NotAuthenticated when the body was
        not the signed one, TooLarge when it is over the limit, Invalid when it cannot be read.
        """
        http = self.request._request  # noqa: SLF001
        if not (self.request.content_type or "").lower().startswith("multipart/form-data"):
            raise Invalid("media_type_fusei", "Content-Type は multipart/form-data にしてください。")
        http.upload_handlers = list(handlers)
        try:
            fields, _files = http.POST, http.FILES
        except MultiPartParserError:
            self.checked.finish()
            raise Invalid("hombun_fusei", "multipart の本文を読み取れません。形式を確かめてください。") from None
        self.checked.finish()
        return {name: str(fields[name]) for name in fields}

    def answer_once(
        self, *, compared: Mapping[str, object], work: Callable[[], Answer], zone: str | None = None
    ) -> HttpResponse:
        """Answer with what `work` returns, or with the first answer of this Idempotency-Key.

        `work` runs inside the transaction that keeps the answer, so it calls actions that join one. `compared` is the
        parsed body (for a file: kind, resend flag and digest). 409 and 422 that `work` raises are kept as well.
        """
        repeat = self._repeat(compared)
        try:
            answer = answer_once(by=self.by, repeat=repeat, work=work, now=self.now, zone=zone)
        except (Conflict, RuleBroken) as error:
            if error.code not in {"shorichu", "idempotency_mismatch"}:
                problem = problem_of(error)
                refusal = Answer(problem.status, problem.body(), "application/problem+json")
                keep_refusal(by=self.by, repeat=repeat, answer=refusal, now=self.now)
            raise
        response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
            self._record("ok" if answer.status < _CLIENT_ERROR else "refused", "replayed", SosaKind.REPLAYED)
        return response

    # --- the order of checks

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Check everything that comes before the handler."""
        self.now = clock.now()
        super().initial(request, *args, **kwargs)
        user, claim = cast("MachineUser", request.user), cast("Claim", request.auth)
        self.principal = user.principal
        require_sealed_for_partners(by=user.principal, now=self.now)
        if user.client.kind not in self.kinds:
            raise NotPermitted(
                "setsuzoku_taishogai", "この接続システムが呼べる宛先ではありません。仕様を確かめてください。"
            )
        http = request._request  # noqa: SLF001
        length = http.META.get("CONTENT_LENGTH") or "0"
        limit = self.body_max if request.method == "POST" else limits.BODY_MAX
        if not length.isdigit() or int(length) > limit:
            raise too_large(limit)
        if self.idempotent and request.method == "POST":
            self._idempotency_key()
        self.checked = CheckedBody(cast("Readable", http), sha256=claim.sha256, limit=limit)
        if self.streams_body and request.method == "POST":
            self._put_in_place(http)
            return
        self.body = self.checked.read()
        self.checked.finish()

    def _put_in_place(self, http: HttpRequest) -> None:
        """Let Django's own parser read through the counting stream."""
        inner = cast("Readable", http._stream)  # noqa: SLF001
        self.checked = CheckedBody(inner, sha256=self.checked.expected, limit=self.body_max)
        # Django has no public door for a wrapped body.
        http._stream = cast("BinaryIO", self.checked)  # noqa: SLF001

    def _idempotency_key(self) -> str:
        key = self.request.headers.get("Idempotency-Key", "")
        if not key:
            raise Invalid("idempotency_key_nashi", "Idempotency-Key を付けて送ってください。")
        if not is_idempotency_key(key):
            raise Invalid("idempotency_key_fusei", "Idempotency-Key は1〜64文字の印字できる ASCII にしてください。")
        return key

    def _repeat(self, compared: Mapping[str, object]) -> Repeat:
        secret = get_keyring().secret(IDEMPOTENCY)
        path = self.request.path
        client_id = cast("MachineUser", self.request.user).client.client_id
        key = kept_key(secret, self._idempotency_key())
        return Repeat(client_id, path, key, fingerprint(secret, path=path, compared=compared))

    # --- failures

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # DRF takes any response
        """Record the failure, then answer it."""
        problem = problem_of(exc)
        result: Result = "refused"
        if problem.status == _NOT_FOUND:
            result = "not_found"
        elif problem.status >= _SERVER_ERROR:
            result = "error"
        self._record(result, problem.code)
        return cast("HttpResponse", super().handle_exception(exc))

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        """Answer errors as problems whatever the settings say."""
        return exception_handler

    def _record(self, result: Result, code: str, kind: SosaKind | None = None) -> None:
        http = self.request._request  # noqa: SLF001
        if kind is None:
            kind = SosaKind.REFUSED if code in _DENIALS else self.sosa
        by = self.principal or unknown_principal(request_id=_request_id(http), terminal=_terminal(http))
        record_sosa_alone(
            by=by,
            kind=kind,
            jimu=self.jimu,
            target_file=self.target_file,
            result=result,
            detail={"code": code, "method": http.method or "", "route": self._route()},
            now=clock.now(),
        )

    def _route(self) -> str:
        """Return the pattern of the address, never the address itself: it could hold anything."""
        match = self.request.resolver_match
        return "" if match is None else str(match.route)
