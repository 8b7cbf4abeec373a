"""Rules about connecting systems: who may be registered as what, which key a signature names, what a repeat is."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, cast, get_args

from chukan.kernel.errors import ErrorItem
from chukan.kernel.principal import Channel, Principal

ClientKind = Literal["hokensha", "kokuho_shuyaku", "pmh", "onshi", "nws"]
KINDS: Final[tuple[str, ...]] = get_args(ClientKind)
KIND_LABELS: Final[Mapping[str, str]] = {
    "hokensha": "既存システム",
    "kokuho_shuyaku": "国保情報集約システム",
    "pmh": "PMH",
    "onshi": "オンライン資格確認等システム",
    "nws": "情報提供ネットワークシステム",
}
_CHANNELS: Final[Mapping[str, Channel]] = {
    "hokensha": "server_api",
    "kokuho_shuyaku": "shuyaku",
    "pmh": "pmh",
    "onshi": "onshi",
    "nws": "nws",
}
SHICHOSON_KOKUHO: Final = "shichoson_kokuho"
PMH_JIMU: Final[Mapping[str, str]] = {"01": "医療費公費", "02": "予防接種", "03": "母子保健"}
KEY_MIN, KEY_MAX = 1, 64
FINGERPRINT_LABEL: Final = b"chukan-idempotency-v1"
KEY_LABEL: Final = b"chukan-idempotency-key-v1"


@dataclass(frozen=True, slots=True)
class ClientKeyFacts:
    """One public key of a client, usable on the day it was asked for."""

    id: int
    kid: str
    jwk: Mapping[str, str]
    proven: bool


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """One registered system, with the keys that are valid on the day it was asked for."""

    client_id: str
    kind: ClientKind
    hokensha_code: str | None
    carried: frozenset[str]
    keys: tuple[ClientKeyFacts, ...]


@dataclass(frozen=True, slots=True)
class Itaku:
    """A confirmed entrustment of one PMH 事務: who confirmed it, when, and when it is reviewed. 根拠: KJ-PMH-08."""

    jimu_kubun: str
    kakuninsha: str
    kakunin_ymd: date
    minaoshi_ymd: date


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per second that may go on for ever, and how many may come at once."""

    per_second: int
    burst: int


def split_keyid(keyid: str) -> tuple[str, str | None]:
    """Return (client_id, kid) of `client_id` or `client_id#kid`."""
    client_id, mark, kid = keyid.partition("#")
    return client_id, kid if mark else None


def candidate_keys(client: ClientFacts, kid: str | None) -> tuple[ClientKeyFacts, ...]:
    """Return the key the signature names; without a name, all that are valid (two during a rotation)."""
    return tuple(key for key in client.keys if kid is None or key.kid == kid)


def check_client(
    *,
    kind: str,
    hokensha: Mapping[str, str | None],
    itaku: Sequence[Itaku],
) -> tuple[ErrorItem, ...]:
    """Collect every reason why a client cannot be registered.

    `hokensha` maps each 保険者コード asked for to its 保険者種別, None where it is not registered.
    市町村国保 comes through 国保情報集約 only. 根拠: KJ-IN-23.
    """
    errors: list[ErrorItem] = []
    if kind not in KINDS:
        errors.append(ErrorItem("E205", "kind", f"種類は {'、'.join(KINDS)} のどれかで指定してください。"))
    unknown = [code for code, shubetsu in hokensha.items() if shubetsu is None]
    if unknown:
        errors.append(
            ErrorItem("E203", "hokensha", "登録されていない保険者コードがあります。先に保険者を登録してください。")
        )
    if kind == "hokensha":
        if len(hokensha) != 1:
            errors.append(ErrorItem("E208", "hokensha", "既存システムには保険者コードを1つだけ指定してください。"))
        if SHICHOSON_KOKUHO in hokensha.values():
            message = "市町村国民健康保険は国保情報集約システムを通してつなぎます。kokuho_shuyaku にしてください。"
            errors.append(ErrorItem("E209", "hokensha", message))
    elif kind == "kokuho_shuyaku":
        if not hokensha:
            errors.append(ErrorItem("E208", "hokensha", "取り扱う保険者コードを1つ以上指定してください。"))
        if any(shubetsu not in {SHICHOSON_KOKUHO, None} for shubetsu in hokensha.values()):
            message = "国保情報集約システムが扱えるのは市町村国民健康保険だけです。保険者コードを確かめてください。"
            errors.append(ErrorItem("E209", "hokensha", message))
    elif hokensha:
        errors.append(ErrorItem("E209", "hokensha", "この種類には保険者コードを指定できません。"))
    if itaku and kind != "pmh":
        errors.append(ErrorItem("E209", "itaku", "委託の確認は PMH だけに指定できます。"))
    if any(row.jimu_kubun not in PMH_JIMU for row in itaku):
        errors.append(ErrorItem("E205", "itaku", "事務区分は 01、02、03 のどれかで指定してください。"))
    return tuple(errors)


def check_keys(
    *,
    held: Mapping[str, Mapping[str, str]],
    keys: Mapping[str, Mapping[str, str]],
    valid_from: date,
    valid_to: date | None,
    on: date,
) -> tuple[ErrorItem, ...]:
    """Collect every reason why keys cannot be added to those a client has or had; both are JWKs by kid.

    A key that ended never comes back, not under another kid either: it may have been given away. 根拠: KJ-AUTH-26.
    """
    errors: list[ErrorItem] = []
    if held.keys() & keys.keys():
        errors.append(ErrorItem("kid_jufuku", "jwks", "同じ鍵IDの鍵が登録されています。新しい kid を付けてください。"))
    known = {_material(jwk) for jwk in held.values()}
    if any(_material(jwk) in known for jwk in keys.values()):
        errors.append(ErrorItem("kagi_jufuku", "jwks", "この鍵は前に登録されています。新しい鍵を作ってください。"))
    if valid_to is not None and (valid_to <= valid_from or valid_to <= on):
        message = "有効終了日は、有効開始日より後で、明日からの日にしてください。"
        errors.append(ErrorItem("E202", "valid_to", message))
    return tuple(errors)


def _material(jwk: Mapping[str, str]) -> tuple[str | None, ...]:
    """Return what a public key is, whatever it is called."""
    return tuple(jwk.get(name) for name in ("kty", "crv", "x", "y"))


def check_renewal(itaku: Sequence[Itaku], *, on: date) -> tuple[ErrorItem, ...]:
    """Collect every reason why entrustments cannot be confirmed anew on a day. 根拠: KJ-PMH-08."""
    errors: list[ErrorItem] = []
    kubun = [row.jimu_kubun for row in itaku]
    if not kubun or len(kubun) != len(set(kubun)) or any(code not in PMH_JIMU for code in kubun):
        message = "事務区分は 01、02、03 のどれかを、それぞれ一度だけ指定してください。"
        errors.append(ErrorItem("E205", "itaku", message))
    if any(row.kakunin_ymd > on for row in itaku):
        errors.append(ErrorItem("E202", "kakunin_ymd", "確認年月日は今日までの日にしてください。"))
    if any(row.minaoshi_ymd <= on for row in itaku):
        errors.append(ErrorItem("E202", "minaoshi_ymd", "見直し年月日は明日からの日にしてください。"))
    return tuple(errors)


def machine_principal(
    client: ClientFacts, *, hokensha_shubetsu: str | None, request_id: str, terminal: str
) -> Principal:
    """Return who acts when a proven request of this client is handled.

    An insurer's own system may read and write its 資格履歴 and sends 個人番号; a carrying system writes for those it
    carries; the others have no right over 資格履歴.
    """
    registers = client.kind in {"hokensha", "kokuho_shuyaku"}
    kengen: frozenset[tuple[str, str]] = frozenset()
    if registers:
        kengen = frozenset({("shikaku", "shokai"), ("shikaku", "koshin")})
    return Principal(
        channel=_CHANNELS[client.kind],
        soshiki=client.kind,
        actor_id=client.client_id,
        actor_name=KIND_LABELS[client.kind],
        hokensha_code=client.hokensha_code,
        hokensha_shubetsu=hokensha_shubetsu,
        kengen=kengen,
        kojin_bango_jimu=frozenset({"shikaku"}) if registers else frozenset(),
        terminal=terminal,
        request_id=request_id,
        carried=client.carried,
    )


def unknown_principal(*, request_id: str, terminal: str) -> Principal:
    """Return who acts when nobody was proven; for the record of the refusal."""
    return Principal(
        channel="server_api",
        soshiki="未確認",
        actor_id="mikakunin",
        actor_name="未確認の接続元",
        terminal=terminal,
        request_id=request_id,
    )


def is_idempotency_key(text: str) -> bool:
    """Tell whether the text is 1 to 64 printable ASCII characters."""
    return KEY_MIN <= len(text) <= KEY_MAX and text.isascii() and text.isprintable()


def kept_key(secret: bytes, key: str) -> str:
    """Return the name a request is kept under: a keyed hash, because a caller's key may be anything, also a number."""
    return hmac.digest(secret, b"\0".join((KEY_LABEL, key.encode())), "sha256").hex()


def fingerprint(secret: bytes, *, path: str, compared: Mapping[str, object]) -> bytes:
    """Return the HMAC by which a repeat is known, of path and parsed body; never a bare hash."""
    canonical = json.dumps(compared, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    message = b"\0".join((FINGERPRINT_LABEL, path.encode(), canonical.encode()))
    return hmac.digest(secret, message, "sha256")


def lock_number(client_id: str, path: str, key: str) -> int:
    """Return the number of the lock that one (client, path, key) holds while its first request runs."""
    text = f"{client_id}\0{path}\0{key}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def as_kind(text: str) -> ClientKind:
    """Return the text as one of the kinds."""
    if text not in KINDS:
        message = f"unknown kind of client: {text}"
        raise ValueError(message)
    return cast("ClientKind", text)
