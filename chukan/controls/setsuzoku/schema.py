"""The published contract (OpenAPI 3.1): what every machine route shares, and a short way to describe one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from chukan.kernel.http.problems import TITLES

View = TypeVar("View", bound=Callable[..., object])
Shape = serializers.BaseSerializer[Any] | type[serializers.BaseSerializer[Any]]

ALWAYS: Final = (400, 401, 403, 413, 429)
# What the server refuses by itself, before the product has read a byte.
BEFORE: Final = {414: "宛先が長すぎます", 431: "ヘッダーが長すぎます"}
EXACTLY_ONE: Final = "x-exactly-one"

_KEY: Final = OpenApiParameter(
    name="Idempotency-Key",
    # A field's value begins and ends with no space: HTTP takes them off on the way.
    type={"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    location=OpenApiParameter.HEADER,
    required=True,
    description="同じ要求の印。7日のあいだ、同じ印と内容には最初の答えを返す（Idempotency-Replayed: true）。",
)
_REQUEST_ID: Final = OpenApiParameter(
    name="X-Request-ID",
    type=OpenApiTypes.STR,
    location=OpenApiParameter.HEADER,
    required=False,
    description="要求番号。なければ作って返す。操作ログに残る。",
)


class ErrorItemSerializer(serializers.Serializer[object]):
    """One violation."""

    pointer = serializers.CharField(help_text="項目の位置（JSON Pointer）")
    code = serializers.CharField(help_text="コード")
    message = serializers.CharField(help_text="何が起き、どう直すか")


class ProblemSerializer(serializers.Serializer[object]):
    """RFC 9457. Never holds a 個人番号."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = ErrorItemSerializer(many=True)  # type: ignore[assignment]  # a field of that name, as the contract says


class SignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped there
    """How requests are signed."""

    target_class = "chukan.controls.setsuzoku.views.SignatureAuthentication"
    name = "httpMessageSignature"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002  # as it is called
        """Return the scheme; OpenAPI knows no parameters for it, so the text says them."""
        return {
            "type": "http",
            "scheme": "signature",
            "description": (
                "HTTP Message Signatures (RFC 9421). 対象: @method @target-uri content-digest（必ず）、"
                "content-type idempotency-key（あるとき）。created（±30秒）、expires（300秒以内）、"
                'keyid（client_id または client_id#kid）、nonce（128ビット以上、一度だけ）、tag="chukan-v1"。'
                "鍵は Ed25519 か ECDSA P-256（r‖s）。Content-Digest は sha-256（RFC 9530）。"
            ),
        }


def describes(
    *,
    summary: str,
    request: object = None,
    answers: Mapping[int | tuple[int, str], object],
    errors: tuple[int, ...] = (),
    idempotent: bool = False,
    parameters: tuple[OpenApiParameter, ...] = (),
) -> Callable[[View], View]:
    """Describe one method of a `MachineView`: its body, its good answers, and the errors beside the usual ones."""
    responses: dict[object, object] = {
        status: OpenApiResponse(description="データなし") if answer is None else answer
        for status, answer in answers.items()
    }
    for status in sorted({*ALWAYS, *errors}):
        responses[(status, "application/problem+json")] = OpenApiResponse(ProblemSerializer, TITLES[status])
    for status, title in BEFORE.items():
        responses[(status, "text/html")] = OpenApiResponse(OpenApiTypes.STR, title)
    return extend_schema(
        summary=summary,
        request=request,
        responses=responses,
        parameters=[*parameters, *((_KEY,) if idempotent else ()), _REQUEST_ID],
    )


def close_requests(result: dict[str, Any], **_asked: object) -> dict[str, Any]:
    """Say what the doors hold to: a body there is, no further key in any shape of it, and of some items exactly one.

    The generator calls it with the finished document.
    """
    shapes = result["components"]["schemas"]
    for route in (route for path in result["paths"].values() for route in path.values()):
        if "requestBody" in route:
            route["requestBody"]["required"] = True
    for name in sorted(_sent(result["paths"], shapes)):
        shape = shapes[name]
        if shape.get("type") == "object":
            shape["additionalProperties"] = False
        if chosen := shape.pop(EXACTLY_ONE, None):
            shape["oneOf"] = [_only(one, chosen) for one in chosen]
    return result


def _only(one: str, chosen: tuple[str, ...]) -> dict[str, Any]:
    """Return what it is for one of some items to be there, the others being left out or null."""
    others = {other: {"type": "null"} for other in chosen if other != one}
    return {"required": [one], "properties": {one: {"type": "string"}, **others}}


def _sent(paths: Mapping[str, Any], shapes: Mapping[str, Any]) -> set[str]:
    """Return the names of the shapes that stand in the body of a request, also inside another one."""
    waiting = [name for path in paths.values() for route in path.values() for name in _named(route.get("requestBody"))]
    found = set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(shapes[name])
    return found


def _named(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)
