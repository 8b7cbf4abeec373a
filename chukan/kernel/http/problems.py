"""Errors as RFC 9457 problems (machines) and Japanese pages (people): one table; no value is ever echoed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from rest_framework import exceptions as drf

from chukan.kernel.errors import (
    Conflict,
    DomainError,
    ErrorItem,
    Invalid,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RuleBroken,
    TooLarge,
    TooMany,
    Unavailable,
)
from chukan.kernel.values.kojin_bango import MASK, contains_kojin_bango

log = structlog.get_logger()

CONTENT_TYPE: Final = "application/problem+json"
RETRY_SOON: Final = 1
RETRY_LATER: Final = 5
_LACKS_RIGHT: Final = "kengen_nashi"  # how the codes of a missing right end
_KEPT_OUT: Final = "この操作は行えません"

_STATUS: Final[tuple[tuple[type[DomainError], int], ...]] = (
    (Invalid, 400),
    (NotAuthenticated, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooLarge, 413),
    (RuleBroken, 422),
    (TooMany, 429),
    (Unavailable, 503),
)
TITLES: Final[Mapping[int, str]] = {
    400: "要求を読み取れません",
    401: "接続元を確認できません",
    403: "この操作の権限がありません",
    404: "見つかりません",
    405: "この呼び方はできません",
    406: "求められた形式では返せません",
    409: "いまの状態ではできません",
    413: "データが大きすぎます",
    415: "この形式は受け付けていません",
    422: "内容に直すところがあります",
    429: "要求が多すぎます",
    500: "処理を続けられませんでした",
    503: "いま処理を受け付けられません",
}
_DRF: Final[tuple[tuple[type[drf.APIException], str, str], ...]] = (
    (drf.ParseError, "hombun_fusei", "本文を読み取れません。形式を確かめて、もう一度送ってください。"),
    (drf.NotAuthenticated, "ninsho", "接続元を確認できません。署名を付けて送ってください。"),
    (drf.AuthenticationFailed, "ninsho", "接続元を確認できません。署名を確かめてください。"),
    (
        drf.PermissionDenied,
        "kengen_nashi",
        "この操作の権限がありません。必要なときはシステム管理責任者に依頼してください。",
    ),
    (drf.NotFound, "nashi", "見つかりませんでした。番号や宛先を確かめてください。"),
    (drf.MethodNotAllowed, "method_fusei", "この宛先では使えないメソッドです。公開している仕様を確かめてください。"),
    (drf.NotAcceptable, "accept_fusei", "求められた形式では返せません。Accept を確かめてください。"),
    (
        drf.UnsupportedMediaType,
        "media_type_fusei",
        "この Content-Type は受け付けていません。公開している仕様を確かめてください。",
    ),
    (drf.Throttled, "yokyu_kata", "要求が多すぎます。少し待ってから送ってください。"),
)
_OUR_FAULT: Final = (
    "処理を続けられませんでした。何も登録していません。"
    "少し待ってからもう一度送り、続くときは要求番号を添えて連絡してください。"
)


def json_pointer(pointer: str) -> str:
    """Return a pointer as RFC 6901 writes it; '-' (the whole line) is the whole document, ''.

    The caller's own names can stand in it: one that holds a 個人番号 is not given back. 根拠: KJ-IN-19.
    """
    if pointer in {"", "-"}:
        return ""
    return "/" + "/".join(MASK if contains_kojin_bango(part) else part for part in pointer.split("/"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as it goes out."""

    status: int
    code: str
    detail: str
    errors: tuple[ErrorItem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return the JSON bytes of RFC 9457."""
        document: dict[str, object] = {
            "type": "about:blank",
            "title": TITLES.get(self.status, TITLES[500]),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [
                {"pointer": json_pointer(item.pointer), "code": item.code, "message": item.message}
                for item in self.errors
            ],
            **self.members,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def problem_of(error: Exception) -> Problem:
    """Return the problem of an error; anything unknown is a 500 that says nothing about itself."""
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, Http404):
        return _drf_problem(drf.NotFound())
    if isinstance(error, PermissionDenied):
        return _drf_problem(drf.PermissionDenied())
    if isinstance(error, SuspiciousOperation):
        return _drf_problem(drf.ParseError())
    if isinstance(error, drf.ValidationError):
        return _validation_problem(error)
    if isinstance(error, drf.APIException):
        return _drf_problem(error)
    return Problem(500, "naibu", _OUR_FAULT)


def _domain_problem(error: DomainError) -> Problem:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, error.retry_after))
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_LATER)
    elif error.code == "shorichu":
        headers["Retry-After"] = str(RETRY_SOON)
    elif isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Signature"
    errors = error.errors or (
        (ErrorItem(error.code, error.pointer, error.message),) if error.pointer is not None else ()
    )
    members = {str(key): str(value) for key, value in error.members.items()}
    return Problem(status, error.code, error.message, errors, headers, members)


def _drf_problem(error: drf.APIException) -> Problem:
    for kind, code, detail in _DRF:
        if isinstance(error, kind):
            headers = {"WWW-Authenticate": "Signature"} if error.status_code == 401 else {}  # noqa: PLR2004
            return Problem(error.status_code, code, detail, (), headers)
    return Problem(500, "naibu", _OUR_FAULT)


# DRF's own texts echo the value ("… is not a valid choice"); only its codes are used.
_FIELD_MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "required": ("hissu", "この項目は必要です。値を入れて送ってください。"),
    "null": ("hissu", "この項目は null にできません。値を入れて送ってください。"),
    "blank": ("hissu", "この項目は空にできません。値を入れて送ってください。"),
    "invalid_choice": ("code_fusei", "使えない値です。公開している仕様の値から選んでください。"),
    "max_length": ("nagasa", "長すぎます。決められた文字数以内にしてください。"),
    "min_length": ("nagasa", "短すぎます。決められた文字数にしてください。"),
}
_FIELD_DEFAULT: Final = ("keishiki", "この項目を読み取れません。公開している仕様の形にしてください。")


def _validation_items(codes: object, pointer: str) -> list[ErrorItem]:
    if isinstance(codes, Mapping):
        return [
            item for key, value in codes.items() for item in _validation_items(value, f"{pointer}/{key}".strip("/"))
        ]
    if isinstance(codes, Sequence) and not isinstance(codes, str):
        nested = any(isinstance(value, Mapping) for value in codes)
        return [
            item
            for index, value in enumerate(codes)
            for item in _validation_items(value, f"{pointer}/{index}" if nested else pointer)
        ]
    code, message = _FIELD_MESSAGES.get(str(codes), _FIELD_DEFAULT)
    return [ErrorItem(code, pointer.removesuffix("/non_field_errors"), message)]


def _validation_problem(error: drf.ValidationError) -> Problem:
    return Problem(
        400,
        "keishiki",
        "読み取れない項目があります。何も登録していません。",
        tuple(_validation_items(error.get_codes(), "")),
    )


def problem_response(problem: Problem) -> HttpResponse:
    """Return the HTTP answer of a problem."""
    return HttpResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers))


def exception_handler(error: Exception, _context: Mapping[str, object]) -> HttpResponse:
    """Answer every error of a REST view; DRF's setting EXCEPTION_HANDLER names this function."""
    problem = problem_of(error)
    if problem.status >= 500:  # noqa: PLR2004
        log.error("http.request.failed", exc_info=error)
    return problem_response(problem)


def wants_problem(request: HttpRequest) -> bool:
    """Tell whether the caller is a program."""
    return request.path.startswith(("/api/", "/.well-known/", "/health/"))


def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the problem or the page of an error, by who asked."""
    problem = problem_of(error)
    if wants_problem(request):
        return problem_response(problem)
    return _page(request, problem)


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    # 403 has many causes: a missing right is named, and asking for one advised, where that is the cause alone.
    lacks_right = problem.code.endswith(_LACKS_RIGHT)
    title = TITLES.get(problem.status, TITLES[500])
    context = {
        "status": problem.status,
        "lacks_right": lacks_right,
        "title": _KEPT_OUT if problem.status == 403 and not lacks_right else title,  # noqa: PLR2004
        "message": problem.detail,
        "code": problem.code,
        "request_id": getattr(request, "request_id", ""),
    }
    try:
        html: str = render_to_string("errors/problem.html", context, request=request)
    except TemplateDoesNotExist:
        html = f"<!doctype html><html lang=ja><title>{context['title']}</title><p>{problem.detail}</p></html>"
    return HttpResponse(html, status=problem.status, headers=dict(problem.headers))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 (Django's handler400)."""
    return answer_error(request, drf.ParseError())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 (Django's handler403)."""
    return answer_error(request, drf.PermissionDenied())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 (Django's handler404)."""
    return answer_error(request, drf.NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 (Django's handler500)."""
    return answer_error(request, RuntimeError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old (Django's CSRF_FAILURE_VIEW)."""
    return answer_error(
        request,
        NotPermitted(
            "csrf",
            "画面を開いてから時間がたったか、別の画面から送られました。画面を開き直して、もう一度行ってください。",
        ),
    )
