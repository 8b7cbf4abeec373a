"""/api/schema/ and /api/docs/: the contract for programs and for people, behind sign-in or signature."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from chukan.controls.setsuzoku.views import OneNegotiation, SignatureAuthentication
from chukan.kernel.http.problems import exception_handler

_METHODS = ("get", "post", "put", "patch", "delete")


class StaffOrSignature(BaseAuthentication):
    """Lets in a person whose session opens screens, or a system that signs. 根拠: KJ-AUTH-03, KJ-AUTH-10."""

    def authenticate(self, request: Request) -> tuple[object, object]:
        """Return who reads. Raises: NotAuthenticated."""
        http = request._request  # noqa: SLF001  # DRF has no public name for it
        staff = getattr(http, "staff", None)
        kept_out = getattr(http, "staff_locked", False) or getattr(http, "staff_password_due", False)
        if staff is not None and not kept_out:
            return staff, None
        return SignatureAuthentication().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme of WWW-Authenticate."""
        return "Signature"


@cache
def contract() -> Mapping[str, Any]:
    """Return the OpenAPI document, made once from the serializers."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # untyped there
    return cast("Mapping[str, Any]", generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]  # untyped there


class _ReadView(APIView):
    authentication_classes = (StaffOrSignature,)
    content_negotiation_class = OneNegotiation
    metadata_class = None
    chukan_access: ClassVar[str] = "signed_in"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Ask who reads before anything is made."""
        super().initial(request, *args, **kwargs)
        _ = request.user

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        """Answer errors as problems."""
        return exception_handler


@extend_schema(exclude=True)
class SchemaView(_ReadView):
    """The document itself: YAML, or JSON where it is asked for."""

    def get(self, request: Request) -> HttpResponse:
        """Return the document."""
        wants_json = "json" in request.headers.get("Accept", "") or request.query_params.get("format") == "json"
        renderer = OpenApiJsonRenderer() if wants_json else OpenApiYamlRenderer()
        return HttpResponse(renderer.render(contract(), renderer_context={}), content_type=renderer.media_type)


@extend_schema(exclude=True)
class DocsView(_ReadView):
    """A page of our own made from the document: no script, nothing from elsewhere."""

    def get(self, request: Request) -> HttpResponse:
        """Return the page."""
        document = contract()
        context = {
            "screen": {"id": "", "name": "接続仕様（API）"},
            "info": document["info"],
            "security": document["components"].get("securitySchemes", {}),
            "operations": [_operation(*found) for found in _operations(document)],
            "shapes": [
                {"name": name, "text": shape.get("description", ""), "rows": _rows(shape)}
                for name, shape in sorted(document["components"]["schemas"].items())
            ],
        }
        return render(request._request, "controls/setsuzoku/api_docs.html", context)  # noqa: SLF001


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [
        (path, method, operations[method])
        for path, operations in document["paths"].items()
        for method in _METHODS
        if method in operations
    ]


def _operation(path: str, method: str, found: Mapping[str, Any]) -> dict[str, object]:
    body = found.get("requestBody", {}).get("content", {})
    return {
        "id": found["operationId"],
        "path": path,
        "method": method.upper(),
        "summary": found.get("summary", ""),
        "text": found.get("description", ""),
        "parameters": [
            {
                "name": item["name"],
                "place": {"header": "ヘッダー", "path": "宛先", "query": "問合せ"}.get(item["in"], item["in"]),
                "required": item.get("required", False),
                "text": item.get("description", ""),
            }
            for item in found.get("parameters", [])
        ],
        "bodies": [{"media": media, "shape": _shape_name(content)} for media, content in body.items()],
        "answers": [
            {
                "status": status,
                "text": answer.get("description") or "成功",
                "shapes": [
                    {"media": media, "shape": _shape_name(content)}
                    for media, content in answer.get("content", {}).items()
                ],
            }
            for status, answer in sorted(found["responses"].items())
        ],
    }


def _shape_name(content: Mapping[str, Any]) -> str:
    reference = content.get("schema", {}).get("$ref", "")
    return str(reference).rpartition("/")[2]


def _rows(shape: Mapping[str, Any]) -> list[dict[str, object]]:
    required = set(shape.get("required", ()))
    return [
        {
            "name": name,
            "kind": _kind(item),
            "shape": _reference(item),
            "required": name in required,
            "text": item.get("description") or item.get("title", ""),
        }
        for name, item in shape.get("properties", {}).items()
    ]


def _reference(item: Mapping[str, Any]) -> str:
    for candidate in (item, item.get("items", {}), *item.get("oneOf", ()), *item.get("allOf", ())):
        if "$ref" in candidate:
            return str(candidate["$ref"]).rpartition("/")[2]
    return ""


def _kind(item: Mapping[str, Any]) -> str:
    kinds = item.get("type", "")
    text = "・".join(kinds) if isinstance(kinds, list) else str(kinds)
    limits = [f"{item['maxLength']}字以内"] if "maxLength" in item else []
    return " ".join([text, item.get("format", ""), item.get("pattern", ""), *limits]).strip()
