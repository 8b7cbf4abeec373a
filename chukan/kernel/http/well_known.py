"""The hub's public keys, by which partners verify its requests."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import HTTP


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Answer the JWK set of the hub (RFC 7517)."""
    response = JsonResponse({"keys": get_keyring().public_jwks(HTTP)})
    response["Cache-Control"] = "public, max-age=300"
    return response
