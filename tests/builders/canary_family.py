"""Made-up 個人番号 that share their first seven digits, and a search for all of them in all their spellings at once.

Because of the shared digits one look for each spelling finds every number of the family: whole tables, indexes and
WAL can be searched. What is found is told by the name of the entrance, never by the number.

The spellings are chosen so that chance does not meet them: each leaves at least 40 bits to agree. Shorter ones (four
BCD digits, an integer of 32 bits) would be met in ciphertext; digests have no shared part and are looked for where a
value stands alone or the text is small.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.wire import kojin_bango_check_digit
from tests.builders.sinks import spellings

SHARED = "9173046"
SERIALS = 10_000
_STRIDE = 7_919  # without a common divisor with SERIALS: neighbours in a file are no neighbours in number
_ANCHOR_MIN = 3
_KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")
_WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_DIGESTS = ("sha256", "sha1", "md5", "sha512", "blake2b")
_WORDS = re.compile(rb"[0-9A-Za-z+/]{22,}")
_ALONE = ("sha256", "sha256 hex", "md5")


def written(number: str) -> dict[str, bytes]:
    """Return every spelling of a number that can be looked for in any content."""
    plain, wide = number.encode(), number.translate(_WIDE)
    card = (number[:4], number[4:8], number[8:])
    groups = b"".join(int(part).to_bytes(2, "little") for part in card)
    packed = bytes.fromhex(number)
    found = {how: spelling for how, spelling in spellings(number).items() if how not in _ALONE}
    found |= {
        "wide cp932": wide.encode("cp932"),
        "wide utf-16-le": wide.encode("utf-16-le"),
        "wide utf-16-be": wide.encode("utf-16-be"),
        "wide hyphened": "－".join(part.translate(_WIDE) for part in card).encode(),
        "wide json": wide.encode("ascii", "backslashreplace"),
        "wide percent": "".join(f"%{byte:02X}" for byte in wide.encode()).encode(),
        "wide hex": wide.encode().hex().encode(),
        "wide html": "".join(f"&#{ord(sign)};" for sign in wide).encode(),
        "json escaped": "".join(f"\\u{ord(digit):04x}" for digit in number).encode(),
        "html": "".join(f"&#{ord(digit)};" for digit in number).encode(),
        "percent": "".join(f"%{byte:02X}" for byte in plain).encode(),
        "spaced percent": "%20".join(card).encode(),
        "spaced plus": "+".join(card).encode(),
        "dotted": ".".join(card).encode(),
        "thousands": f"{int(number):,}".encode(),
        "each apart": " ".join(number).encode(),
        "kanji": number.translate(_KANJI).encode(),
        "utf-16-le hex": number.encode("utf-16-le").hex().encode(),
        "utf-32-le": number.encode("utf-32-le"),
        "base32": base64.b32encode(plain)[: 8 * len(plain) // 5],
        "bcd": packed,
        "bcd swapped": bytes((byte >> 4) | (byte & 15) << 4 for byte in packed),
        "bigint little": int(number).to_bytes(8, "little"),
        # NUMERIC as PostgreSQL keeps it: short head with weight 2, then groups of four digits.
        "numeric": b"\x02\x80" + groups,
    }
    return found


def digests(number: str) -> dict[bytes, str]:
    """Return unkeyed digests of a number, bare and as text: short as it is, such a digest is the number."""
    found = {}
    for name in _DIGESTS:
        bare = hashlib.new(name, number.encode(), usedforsecurity=False).digest()
        for how, spelling in (
            ("", bare),
            (" hex", bare.hex().encode()),
            (" base64", base64.b64encode(bare).rstrip(b"=")),
        ):
            found[spelling] = f"{name}{how}"
    return found


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling of the whole family: the bytes all share, where they stand in it, and whose each one is."""

    how: str
    anchor: bytes
    offset: int
    length: int
    whose: Mapping[bytes, str]

    def found_in(self, content: bytes) -> set[tuple[str, str]]:
        """Return (whose, how) of every number that stands in a content in this spelling."""
        found = set()
        at = content.find(self.anchor)
        while at >= 0:
            begin = at - self.offset
            who = self.whose.get(content[begin : begin + self.length]) if begin >= 0 else None
            if who is not None:
                found.add((who, self.how))
            at = content.find(self.anchor, at + 1)
        return found


@dataclass
class Family:
    """Hands out numbers, each named by the entrance it is for."""

    seed: int
    names: dict[str, str] = field(default_factory=dict)
    _needles: tuple[int, list[Needle]] = (0, [])
    _digests: tuple[int, dict[bytes, tuple[str, str]]] = (0, {})

    def take(self, entrance: str) -> str:
        """Return the next number."""
        serial = (self.seed * 1_009 + len(self.names) * _STRIDE) % SERIALS
        body = f"{SHARED}{serial:04d}"
        number = body + kojin_bango_check_digit(body)
        assert number not in self.names, "the family is used up"
        self.names[number] = f"{entrance} #{len(self.names)}"
        return number

    def take_wrong(self, entrance: str) -> str:
        """Return the next number with a wrong check digit."""
        number = self.take(f"{entrance}, check digit right")
        wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
        self.names[wrong] = f"{entrance} #{len(self.names)}"
        return wrong

    @property
    def needles(self) -> list[Needle]:
        """Return one needle for each spelling of all numbers handed out so far."""
        if self._needles[0] != len(self.names):
            by_how: dict[str, dict[bytes, str]] = {}
            for number, name in self.names.items():
                for how, spelling in written(number).items():
                    by_how.setdefault(how, {})[spelling] = name
            self._needles = len(self.names), [_needle(how, whose) for how, whose in by_how.items()]
        return self._needles[1]

    def found_in(self, content: bytes) -> set[tuple[str, str]]:
        """Return (whose, how) of every number that stands in a content."""
        return {hit for needle in self.needles for hit in needle.found_in(content)}

    def digested_in(self, content: bytes, *, alone: bool) -> set[tuple[str, str]]:
        """Return (whose, how) of every digest that is the content (`alone`), or stands in it as a word."""
        if self._digests[0] != len(self.names):
            known = {
                digest: (name, how) for number, name in self.names.items() for digest, how in digests(number).items()
            }
            self._digests = len(self.names), known
        known = self._digests[1]
        if alone:
            return {known[content]} if content in known else set()
        words = set(_WORDS.findall(content))
        # PostgreSQL writes bytes as \\x…
        words |= {word[1:] for word in words if word.startswith(b"x")}
        return {known[word] for word in words & known.keys()}


def _needle(how: str, whose: Mapping[bytes, str]) -> Needle:
    """Return the needle with the longest run of bytes that all spellings have in the same place."""
    spelled = list(whose)
    length = len(spelled[0])
    assert all(len(spelling) == length for spelling in spelled), how
    # The family always varies in its last five digits, also while few of it are known.
    given = written(f"{SHARED}00000")[how], written(f"{SHARED}99999")[how]
    same = [len({spelling[place] for spelling in (*spelled, *given)}) == 1 for place in range(length)]
    runs, begin = [], 0
    for place in range(length + 1):
        if place == length or not same[place]:
            runs.append((place - begin, begin))
            begin = place + 1
    longest, offset = max(runs)
    assert longest >= _ANCHOR_MIN, (how, longest)
    return Needle(how, spelled[0][offset : offset + longest], offset, length, whose)


def told(hits: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return hits as a person reads them: where, whose, how; never a number."""
    return sorted({f"{where}: {who} ({how})" for where, who, how in hits})
