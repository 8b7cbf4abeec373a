"""Signed requests that are not what was signed, or are signed otherwise than the contract demands.

Every kind is a function of the dice; all of them are told by name, so that a breach says what got through.
"""

from __future__ import annotations

import base64
import hmac
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.builders.signed import (
    Draft,
    Sender,
    Terms,
    base_of,
    bytes_of,
    digest_of,
    digested,
    honest,
    nonce,
    quoted,
    sealed,
    terms_of,
    with_signature,
)
from tests.support.wire import Wire

Allowed = frozenset[tuple[int, str]]
UNPROVEN: Final[Allowed] = frozenset({(401, "ninsho")})
ELSEWHERE: Final[Allowed] = UNPROVEN | {(404, "nashi")}  # an address that is none is told before anybody is asked
NO_HOST: Final[Allowed] = UNPROVEN | {(400, "hombun_fusei")}
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Components that a signature may cover beside the ones it must, and those that mean nothing here.
COVERABLE: Final = ('"@authority"', '"@path"', '"@query"', '"@request-target"', '"content-digest";sf')
STRANGE: Final = (
    '"@status"', '"@query-param";name="on"', '"@unknown"', '"x-absent"', '"content-type";bs', '"host";unknown',
    '"content-digest";key="sha-512"', '"@method";req', '"Content-Type"', '"@method"',
)  # fmt: skip


@dataclass(frozen=True)
class Others:
    """Who else there is: another system, one whose days are over, and one without a registration."""

    other: Sender
    ended: Sender
    nobody: Sender


@dataclass(frozen=True)
class Forged:
    """One request the hub must refuse; `before` is sent first and is honest (a replay needs it)."""

    kind: str
    draft: Draft
    wire: Wire
    allowed: Allowed = UNPROVEN
    before: Wire | None = None


class Cast:
    """The dice, the moment and the people of one forgery."""

    def __init__(self, dice: random.Random, now: datetime, others: Others) -> None:
        self.dice, self.now, self.others = dice, now, others

    def letter_changed(self, text: str, *, start: int = 0) -> str:
        """Return the text with one letter or digit replaced by another of its kind."""
        places = [at for at in range(start, len(text)) if text[at].isalnum()]
        at = self.dice.choice(places)
        letters = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
        return text[:at] + self.dice.choice([one for one in letters if one != text[at].lower()]) + text[at + 1 :]

    def bit_changed(self, data: bytes) -> bytes:
        """Return the bytes with one bit turned."""
        at = self.dice.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << self.dice.randrange(8))]) + data[at + 1 :]


Changed = Callable[[Cast, Wire], Wire | None]
Otherwise = Callable[[Cast, Draft, Terms], Terms | None]


def signature_bytes(wire: Wire) -> bytes:
    """Return the signature of a request."""
    return base64.b64decode(wire.get("Signature").split(":")[1])


def _signature(wire: Wire, signature: bytes) -> Wire:
    label = wire.get("Signature").partition("=")[0]
    return wire.put("Signature", f"{label}={bytes_of(signature)}")


def _input(wire: Wire, change: Callable[[str], str]) -> Wire:
    return wire.put("Signature-Input", change(wire.get("Signature-Input")))


def _param(name: str) -> Changed:
    def change(cast: Cast, wire: Wire) -> Wire:
        before, found, after = wire.get("Signature-Input").partition(f";{name}=")
        assert found
        value, mark, rest = after.partition(";")
        return wire.put("Signature-Input", f"{before}{found}{cast.letter_changed(value)}{mark}{rest}")

    return change


def _other_input(cast: Cast, wire: Wire) -> Wire:
    """Change one letter after the label: a label alone means nothing."""
    value = wire.get("Signature-Input")
    return wire.put("Signature-Input", cast.letter_changed(value, start=value.index("(")))


def _param_gone(cast: Cast, wire: Wire) -> Wire:
    def change(value: str) -> str:
        parts = value.split(";")
        del parts[cast.dice.randrange(1, len(parts))]
        return ";".join(parts)

    return _input(wire, change)


def _component_gone(cast: Cast, wire: Wire) -> Wire:
    names = wire.get("Signature-Input").partition("(")[2].partition(")")[0].split(" ")
    gone = cast.dice.choice(names)
    return _input(
        wire, lambda value: value.replace(gone, "", 1).replace("  ", " ").replace("( ", "(").replace(" )", ")")
    )


def _body_other(cast: Cast, wire: Wire) -> Wire:
    return wire.carrying(cast.bit_changed(wire.body) if wire.body else b"{}")


def _body_shorter(cast: Cast, wire: Wire) -> Wire | None:
    return wire.carrying(wire.body[: cast.dice.randrange(len(wire.body))]) if wire.body else None


def _path_written_otherwise(cast: Cast, wire: Wire) -> Wire:
    path, mark, query = wire.target.partition("?")
    at = cast.dice.choice([at for at in range(len(path)) if path[at].isalnum()])
    return replace(wire, target=f"{path[:at]}%{ord(path[at]):02X}{path[at + 1 :]}{mark}{query}")


def _field_twice(name: str) -> Changed:
    return lambda _cast, wire: wire.plus(name, wire.get(name)) if wire.get(name) else None


def _field_gone(name: str) -> Changed:
    return lambda _cast, wire: wire.without(name) if wire.get(name) else None


def _field_other(name: str) -> Changed:
    return lambda cast, wire: wire.put(name, cast.letter_changed(wire.get(name))) if wire.get(name) else None


def _field_new(name: str, value: str) -> Changed:
    return lambda _cast, wire: None if wire.get(name) else wire.plus(name, value)


def _host(name: str) -> Changed:
    return lambda _cast, wire: wire.put("Host", name + wire.get("Host").removeprefix("127.0.0.1"))


# What happens to a request after it was signed.
CHANGED: Final[dict[str, tuple[Changed, Allowed]]] = {
    "method": (
        lambda cast, wire: replace(wire, method=cast.dice.choice([one for one in METHODS if one != wire.method])),
        UNPROVEN,
    ),
    "path: a letter": (
        lambda cast, wire: replace(wire, target=cast.letter_changed(wire.target, start=len("/api/v1/"))),
        ELSEWHERE,
    ),
    "path: written otherwise": (_path_written_otherwise, ELSEWHERE),
    "path: longer": (
        lambda cast, wire: replace(wire, target=wire.target + cast.dice.choice(["/", "/x", ";a=1", "%20", "%00"])),
        ELSEWHERE,
    ),
    "path: doubled slash": (lambda _cast, wire: replace(wire, target=wire.target.replace("/v1/", "/v1//")), ELSEWHERE),
    "query: a new one": (
        lambda cast, wire: replace(wire, target=f"{wire.target}?{cast.dice.choice(['a=1', 'on=2026-01-01', '%00'])}"),
        UNPROVEN,
    ),
    "query: an empty one": (lambda _cast, wire: replace(wire, target=f"{wire.target}?"), UNPROVEN),
    "host: another of ours": (_host("localhost"), UNPROVEN),
    "host: not ours": (_host("hub.example"), NO_HOST),
    "body: a bit": (_body_other, UNPROVEN),
    "body: longer": (lambda cast, wire: wire.carrying(wire.body + cast.dice.randbytes(1)), UNPROVEN),
    "body: shorter": (_body_shorter, UNPROVEN),
    "body: none": (lambda _cast, wire: wire.carrying(b"") if wire.body else None, UNPROVEN),
    "body and digest": (lambda cast, wire: digested(_body_other(cast, wire)), UNPROVEN),
    "digest: of another name": (
        lambda _cast, wire: wire.put("Content-Digest", digest_of(wire.body, name="sha-512")),
        UNPROVEN,
    ),
    "digest: beside another": (
        lambda _cast, wire: wire.put(
            "Content-Digest", f"{wire.get('Content-Digest')}, {digest_of(wire.body, name='sha-512')}"
        ),
        UNPROVEN,
    ),
    "digest: a letter": (_field_other("Content-Digest"), UNPROVEN),
    "digest: gone": (_field_gone("Content-Digest"), UNPROVEN),
    "digest: twice": (_field_twice("Content-Digest"), UNPROVEN),
    "content type: a letter": (_field_other("Content-Type"), UNPROVEN),
    "content type: gone": (_field_gone("Content-Type"), UNPROVEN),
    "content type: new": (_field_new("Content-Type", "application/json"), UNPROVEN),
    "key: a letter": (_field_other("Idempotency-Key"), UNPROVEN),
    "key: gone": (_field_gone("Idempotency-Key"), UNPROVEN),
    "key: twice": (_field_twice("Idempotency-Key"), UNPROVEN),
    "key: new": (_field_new("Idempotency-Key", "k"), UNPROVEN),
    "staff: new": (_field_new("Chukan-Sosasha", "S0001"), UNPROVEN),
    "input: a letter": (_other_input, UNPROVEN),
    "input: created": (_param("created"), UNPROVEN),
    "input: expires": (_param("expires"), UNPROVEN),
    "input: keyid": (_param("keyid"), UNPROVEN),
    "input: nonce": (_param("nonce"), UNPROVEN),
    "input: tag": (_param("tag"), UNPROVEN),
    "input: a parameter gone": (_param_gone, UNPROVEN),
    "input: a parameter more": (
        lambda cast, wire: _input(
            wire, lambda value: value + cast.dice.choice([';alg="ed25519"', ';alg="ecdsa-p256-sha256"', ";a=1"])
        ),
        UNPROVEN,
    ),
    "input: a component gone": (_component_gone, UNPROVEN),
    "input: a component more": (
        lambda cast, wire: _input(
            wire, lambda value: value.replace(")", f" {cast.dice.choice(COVERABLE + STRANGE)})", 1)
        ),
        UNPROVEN,
    ),
    "input: components in another order": (
        lambda _cast, wire: _input(
            wire, lambda value: value.replace('"@method" "@target-uri"', '"@target-uri" "@method"')
        ),
        UNPROVEN,
    ),
    "input: gone": (_field_gone("Signature-Input"), UNPROVEN),
    "input: twice": (_field_twice("Signature-Input"), UNPROVEN),
    "input: nothing to read": (
        lambda cast, wire: wire.put(
            "Signature-Input", cast.dice.choice(["(((", "sig1", "sig1=1", 'sig1="a"', "=()", "%"])
        ),
        UNPROVEN,
    ),
    "signature: a bit": (lambda cast, wire: _signature(wire, cast.bit_changed(signature_bytes(wire))), UNPROVEN),
    "signature: another length": (
        lambda cast, wire: _signature(wire, signature_bytes(wire)[: cast.dice.randrange(64)] or b"\0" * 65),
        UNPROVEN,
    ),
    "signature: longer": (
        lambda cast, wire: _signature(wire, signature_bytes(wire) + cast.dice.randbytes(1)),
        UNPROVEN,
    ),
    "signature: zeros": (lambda _cast, wire: _signature(wire, bytes(64)), UNPROVEN),
    "signature: of the dice": (lambda cast, wire: _signature(wire, cast.dice.randbytes(64)), UNPROVEN),
    "signature: under another label": (
        lambda _cast, wire: wire.put("Signature", wire.get("Signature").replace("sig1=", "sig2=", 1)),
        UNPROVEN,
    ),
    "signature: gone": (_field_gone("Signature"), UNPROVEN),
    "signature: twice": (_field_twice("Signature"), UNPROVEN),
    "signature: no bytes": (
        lambda cast, wire: wire.put("Signature", f"sig1={cast.dice.choice(['1', 'abc', '?1', '()', '::'])}"),
        UNPROVEN,
    ),
}


def _without(cast: Cast, _draft: Draft, terms: Terms) -> Terms:
    gone = cast.dice.choice(terms.components)
    return replace(terms, components=tuple(one for one in terms.components if one != gone))


def _times(created: Callable[[random.Random], int], lifetime: int = 120) -> Otherwise:
    def otherwise(cast: Cast, _draft: Draft, terms: Terms) -> Terms:
        start = int(cast.now.timestamp()) + created(cast.dice)
        return terms.saying(created=str(start), expires=str(start + lifetime))

    return otherwise


def _says(**params: str | None) -> Otherwise:
    return lambda _cast, _draft, terms: terms.saying(**params)


def _says_one_of(name: str, *values: str) -> Otherwise:
    return lambda cast, _draft, terms: terms.saying(**{name: cast.dice.choice(values)})


def _lifetime(*seconds: int) -> Otherwise:
    return lambda cast, _draft, terms: terms.saying(
        expires=str(int(terms.params["created"]) + cast.dice.choice(seconds))
    )


def _another_key(_cast: Cast, draft: Draft, terms: Terms) -> Terms:
    """Sign with a key of the other kind, under the own name."""
    ours = isinstance(draft.sender.key, ed25519.Ed25519PrivateKey)
    return replace(terms, key=ec.generate_private_key(ec.SECP256R1()) if ours else ed25519.Ed25519PrivateKey.generate())


# What is signed otherwise than the contract demands; every one of these signatures is right for what it says.
OTHERWISE: Final[dict[str, Otherwise]] = {
    "covered: a component left out": _without,
    "covered: nothing": lambda _cast, _draft, terms: replace(terms, components=()),
    "covered: the path for the address": lambda _cast, _draft, terms: replace(
        terms, components=tuple('"@path"' if one == '"@target-uri"' else one for one in terms.components)
    ),
    "covered: one member of the digest": lambda _cast, _draft, terms: replace(
        terms,
        components=tuple(
            '"content-digest";key="sha-256"' if one == '"content-digest"' else one for one in terms.components
        ),
    ),
    "covered: a strange component": lambda cast, _draft, terms: replace(
        terms, components=(*terms.components, cast.dice.choice(STRANGE))
    ),
    "created: long ago": _times(lambda dice: -dice.randint(40, 10**6)),
    "created: ahead": _times(lambda dice: dice.randint(40, 10**6)),
    "created: none": _says(created=None),
    "created: no number": _says_one_of("created", "1.5", '"1"', "?1", "-1", "999999999999999", "0"),
    "expires: over": _times(lambda dice: -dice.randint(12, 25), lifetime=10),
    "expires: none": _says(expires=None),
    "expires: before it begins": _lifetime(0, -1, -300),
    "expires: too late": _lifetime(301, 302, 3600, 10**6),
    "expires: no number": _says_one_of("expires", "1.5", '"1"', "?1", "999999999999999"),
    "nonce: none": _says(nonce=None),
    "nonce: short": _says_one_of("nonce", quoted(""), quoted("a"), quoted("abcdefghij-klmnopqr"), quoted("1" * 38)),
    "nonce: guessable": lambda cast, _draft, terms: terms.saying(nonce=quoted(f"{cast.dice.randrange(10**30):030d}")),
    "nonce: long": _says(nonce=quoted("x" * 257)),
    "nonce: no text": _says_one_of("nonce", "1", "?1", ":AAAAAAAAAAAAAAAAAAAAAAAA:", "token"),
    "tag: none": _says(tag=None),
    "tag: another": _says_one_of("tag", quoted("chukan-v2"), quoted("CHUKAN-V1"), quoted(""), "chukan-v1"),
    "alg: another": lambda _cast, draft, terms: terms.saying(
        alg=quoted("ecdsa-p256-sha256" if isinstance(draft.sender.key, ed25519.Ed25519PrivateKey) else "ed25519")
    ),
    "alg: none there is": _says_one_of("alg", quoted("hmac-sha256"), quoted("none"), quoted("rsa-pss-sha512"), "1"),
    "keyid: none": _says(keyid=None),
    "keyid: no system": lambda cast, _draft, terms: terms.saying(
        keyid=quoted(cast.dice.choice([cast.others.nobody.keyid, "", "#", "#k1", "a#b#c", "' OR 1=1"]))
    ),
    "keyid: no such key": lambda _cast, draft, terms: terms.saying(keyid=quoted(f"{draft.sender.client_id}#k9")),
    "keyid: of another system": lambda cast, _draft, terms: terms.saying(keyid=quoted(cast.others.other.keyid)),
    "keyid: no text": _says_one_of("keyid", "1", "token", ":AAAA:"),
    "signed by another system": lambda cast, _draft, terms: replace(terms, key=cast.others.other.key),
    "signed by a system whose days are over": lambda cast, _draft, terms: replace(
        terms.saying(keyid=quoted(cast.others.ended.keyid)), key=cast.others.ended.key
    ),
    "signed by a key of another kind": _another_key,
}


def _replayed(cast: Cast, draft: Draft, how: Callable[[Wire], Wire | None]) -> Forged | None:
    first = honest(draft, cast.dice, cast.now)
    again = how(first)
    return None if again is None else Forged("", draft, again, before=first)


def _mirrored(wire: Wire) -> Wire | None:
    """Return an ECDSA request with the other signature that holds of the same bytes: (r, n - s)."""
    r, s = signature_bytes(wire)[:32], int.from_bytes(signature_bytes(wire)[32:])
    return _signature(wire, r + (P256_ORDER - s).to_bytes(32))


def _relabelled(wire: Wire) -> Wire:
    renamed = _input(wire, lambda value: value.replace("sig1=", "again=", 1))
    return renamed.put("Signature", wire.get("Signature").replace("sig1=", "again=", 1))


def _replay(cast: Cast, draft: Draft) -> Forged | None:
    return _replayed(cast, draft, lambda wire: wire)


def _replay_relabelled(cast: Cast, draft: Draft) -> Forged | None:
    return _replayed(cast, draft, _relabelled)


def _replay_mirrored(cast: Cast, draft: Draft) -> Forged | None:
    if isinstance(draft.sender.key, ed25519.Ed25519PrivateKey):
        return None
    return _replayed(cast, draft, _mirrored)


def _same_nonce(cast: Cast, draft: Draft) -> Forged:
    """Sign anew, at another second, under a nonce that was used."""
    first = honest(draft, cast.dice, cast.now)
    used = first.get("Signature-Input").partition('nonce="')[2].partition('"')[0]
    terms = terms_of(draft, cast.dice, cast.now - timedelta(seconds=5)).saying(nonce=quoted(used))
    return Forged("", draft, sealed(digested(draft.wire), draft.origin, terms), before=first)


def _public_key_as_secret(cast: Cast, draft: Draft) -> Forged:
    """Take the public key, which everybody has, for the secret of an HMAC."""
    terms = terms_of(draft, cast.dice, cast.now).saying(alg=quoted("hmac-sha256"))
    raw = isinstance(draft.sender.key, ed25519.Ed25519PrivateKey)
    public = draft.sender.key.public_key().public_bytes(
        *((Encoding.Raw, PublicFormat.Raw) if raw else (Encoding.X962, PublicFormat.UncompressedPoint))
    )
    wire = digested(draft.wire)
    made = hmac.digest(public, base_of(wire, draft.origin, terms), "sha256")
    return Forged("", draft, with_signature(wire, terms, made))


def _two_signatures(cast: Cast, draft: Draft) -> Forged:
    """Sign twice under our tag: neither is the one that counts."""
    first = honest(draft, cast.dice, cast.now)
    terms = replace(terms_of(draft, cast.dice, cast.now), label="sig2")
    second = sealed(digested(draft.wire), draft.origin, terms)
    both = first
    for name in ("Signature-Input", "Signature"):
        both = both.put(name, f"{first.get(name)}, {second.get(name)}")
    return Forged("", draft, both)


def _signature_of_another(cast: Cast, draft: Draft) -> Forged:
    """Put the signature of one request on another one of the same sender."""
    one = digested(draft.wire)
    other = replace(draft, wire=replace(one, target=f"{one.target}?{nonce(cast.dice)}"))
    taken = honest(other, cast.dice, cast.now)
    wire = one.put("Signature-Input", taken.get("Signature-Input")).put("Signature", taken.get("Signature"))
    return Forged("", draft, wire)


SPECIAL: Final[dict[str, Callable[[Cast, Draft], Forged | None]]] = {
    "replay: as it was": _replay,
    "replay: under another label": _replay_relabelled,
    "replay: with the mirrored signature": _replay_mirrored,
    "replay: the nonce alone": _same_nonce,
    "signed with the public key as a secret": _public_key_as_secret,
    "signed twice": _two_signatures,
    "signature of another request": _signature_of_another,
}
KINDS: Final = (*CHANGED, *OTHERWISE, *SPECIAL)


def forge(kind: str, cast: Cast, draft: Draft) -> Forged | None:
    """Return a forged request of that kind; None where the request has nothing of the sort."""
    if kind in CHANGED:
        change, allowed = CHANGED[kind]
        wire = change(cast, honest(draft, cast.dice, cast.now))
        return None if wire is None else Forged(kind, draft, wire, allowed)
    if kind in OTHERWISE:
        terms = OTHERWISE[kind](cast, draft, terms_of(draft, cast.dice, cast.now))
        return None if terms is None else Forged(kind, draft, sealed(digested(draft.wire), draft.origin, terms))
    found = SPECIAL[kind](cast, draft)
    return None if found is None else replace(found, kind=kind)


def forgeries(
    drafts: Sequence[Draft],
    others: Others,
    *,
    dice: random.Random,
    count: int,
    now: Callable[[], datetime],
    kinds: Sequence[str] = KINDS,
) -> Iterator[Forged]:
    """Yield so many forged requests: every kind of every draft in turn, each with other dice."""
    made = turn = 0
    while made < count:
        for kind in kinds:
            found = forge(kind, Cast(dice, now(), others), drafts[turn % len(drafts)])
            if found is not None and made < count:
                made += 1
                yield found
        turn += 1
