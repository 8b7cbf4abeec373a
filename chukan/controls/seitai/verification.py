"""Reads what a browser and an authenticator sent and verifies it by py_webauthn; decides nothing of its own.

The rules that refuse with words of their own are `domain.check_said`; the library is asked after them and has the last
word on every signature. Its defaults are never relied on: user verification is demanded explicitly.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography import x509
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorData,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chukan.controls.seitai.domain import Place, Refusal, Said

RP_NAME: Final = "医療保険者等向け中間サーバー"
_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_TIMEOUT_MS: Final = 120_000
_ANSWER_MAX: Final = 65_536  # characters of an answer; certificates of an attestation are a few thousand
_AAGUID_OF_CERTIFICATE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
# Of a malformed answer anything may come out of the parsers, beside the library's own errors.
_MALFORMED: Final = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Key:
    """The name of one registered key and how its authenticator is connected."""

    credential_id: bytes
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as far as it can be read: whose key, what is said, and the bytes that were signed."""

    credential_id: bytes
    said: Said
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class NewKey:
    """A registration whose signatures hold: the key, the model, and whether a trusted maker vouches for the model."""

    public_key: bytes
    aaguid: UUID
    is_attested: bool
    sign_count: int
    transports: tuple[str, ...]


def request_options(*, rp_id: str, challenge: bytes, keys: Sequence[Key]) -> str:
    """Return what the browser is given to ask for a confirmation by one of these keys, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=rp_id,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[_descriptor(key) for key in keys],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def creation_options(
    *, rp_id: str, challenge: bytes, account_id: UUID, shokuin_id: str, shimei: str, keys: Sequence[Key]
) -> str:
    """Return what the browser is given to make a key, as JSON: kept in the device, with its maker's word."""
    return options_to_json(
        generate_registration_options(
            rp_id=rp_id,
            rp_name=RP_NAME,
            user_id=account_id.bytes,
            user_name=shokuin_id,
            user_display_name=shimei,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            attestation=AttestationConveyancePreference.DIRECT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(key) for key in keys],
            supported_pub_key_algs=_ALGORITHMS,
        )
    )


def _descriptor(key: Key) -> PublicKeyCredentialDescriptor:
    known = {transport.value for transport in AuthenticatorTransport}
    transports = [AuthenticatorTransport(name) for name in key.transports if name in known]
    return PublicKeyCredentialDescriptor(id=key.credential_id, transports=transports or None)


def read_assertion(answer: str) -> Answered | None:
    """Return what a confirmation says, or None when it cannot be read. Nothing is verified yet."""
    try:
        credential = _assertion(answer)
        response = credential.response
        client = parse_client_data_json(response.client_data_json)
        data = parse_authenticator_data(response.authenticator_data)
        return Answered(
            credential_id=credential.raw_id,
            said=_said(client, data, kind="webauthn.get"),
            client_data=response.client_data_json,
            authenticator_data=response.authenticator_data,
            signature=response.signature,
        )
    except _MALFORMED:
        return None


def read_registration(answer: str) -> Answered | None:
    """Return what a registration says, or None when it cannot be read. Nothing is verified yet."""
    try:
        credential = _registration(answer)
        response = credential.response
        client = parse_client_data_json(response.client_data_json)
        attestation = parse_attestation_object(response.attestation_object)
        return Answered(
            credential_id=credential.raw_id,
            said=_said(client, attestation.auth_data, kind="webauthn.create"),
            client_data=response.client_data_json,
            authenticator_data=response.attestation_object,
            signature=attestation.att_stmt.sig or b"",
        )
    except _MALFORMED:
        return None


def verify_assertion(
    answer: str, *, place: Place, challenge: bytes, public_key: bytes, held_count: int
) -> Refusal | None:
    """Return why the signature of a confirmation does not hold, or None."""
    try:
        verified = verify_authentication_response(
            credential=_assertion(answer),
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=sorted(place.origins),
            credential_public_key=public_key,
            credential_current_sign_count=held_count,
            require_user_verification=True,
        )
    except _MALFORMED:
        return Refusal.BAD_SIGNATURE
    return None if verified.user_verified else Refusal.NO_UV


def verify_registration(answer: str, *, place: Place, challenge: bytes, roots: Sequence[bytes]) -> NewKey | None:
    """Return the new key when its signature, and the maker's if there is one, hold; None when not.

    `roots` are the certificates (PEM) of makers: a model is attested only by a chain that ends in one of them.
    """
    try:
        credential = _registration(answer)
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=sorted(place.origins),
            require_user_presence=True,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
            pem_root_certs_bytes_by_fmt={fmt: list(roots) for fmt in AttestationFormat},
        )
        # The library tells two of three: that the named key is the one in the signed bytes is asked here.
        if not verified.user_verified or not hmac.compare_digest(verified.credential_id, credential.raw_id):
            return None
        attestation = parse_attestation_object(credential.response.attestation_object)
        chain = attestation.att_stmt.x5c or []
        aaguid = UUID(verified.aaguid)
        if chain and not _names_model(chain[0], aaguid):
            return None
    except _MALFORMED:
        return None
    return NewKey(
        public_key=verified.credential_public_key,
        aaguid=aaguid,
        is_attested=bool(roots) and bool(chain),
        sign_count=verified.sign_count,
        transports=tuple(transport.value for transport in credential.response.transports or ()),
    )


def _names_model(certificate: bytes, aaguid: UUID) -> bool:
    try:
        named = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_oid(_AAGUID_OF_CERTIFICATE)
    except x509.ExtensionNotFound:
        return True
    value = named.value
    # An OCTET STRING of 16 bytes inside the extension: two bytes of head.
    return isinstance(value, x509.UnrecognizedExtension) and value.value[2:] == aaguid.bytes


def _said(client: CollectedClientData, data: AuthenticatorData, *, kind: str) -> Said:
    return Said(
        is_kind_right=client.type == kind and not client.cross_origin,
        challenge=client.challenge,
        origin=str(client.origin),
        rp_id_hash=data.rp_id_hash,
        is_user_verified=data.flags.up and data.flags.uv,
        is_backup_eligible=data.flags.be or data.flags.bs,
        sign_count=data.sign_count,
    )


def _assertion(answer: str) -> AuthenticationCredential:
    return parse_authentication_credential_json(_object(answer))


def _registration(answer: str) -> RegistrationCredential:
    return parse_registration_credential_json(_object(answer))


def _object(answer: str) -> dict[str, object]:
    if len(answer) > _ANSWER_MAX:
        raise ValueError("an answer of this length is none")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise ValueError("an answer is one object")  # noqa: TRY004  # it is caught beside the others
    return read
