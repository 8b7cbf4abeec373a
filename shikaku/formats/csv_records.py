"""Bytes -> CSV records (RFC 4180), one at a time: a record that cannot be read never takes the next one with it.

Works on bytes, because each record decodes or fails by itself. In CP932 and UTF-8 alike the bytes of comma, quote and
line end never stand inside another character.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

# A record longer than this is refused and not held: neither an unclosed quote nor an endless line swallows the file.
RECORD_LIMIT: Final = 64 * 1024
_BLOCK: Final = 256 * 1024
_FIELD: Final = re.compile(r'(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|\Z)')
_FIELD_BYTES: Final = re.compile(rb'(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|\Z)')


def split_record(text: str) -> list[str] | None:
    """Return the fields of one record, or None when its quotes do not fit RFC 4180."""
    if '"' not in text:
        return text.split(",")
    # Every field quoted and no quote inside one: the usual output of a program that quotes everything.
    inner = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and inner.count('"') == 2 * inner.count('","'):
        return inner.split('","')
    fields: list[str] = []
    at = 0
    for found in _FIELD.finditer(text):
        if found.start() != at:
            return None
        at = found.end()
        quoted, plain = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
    return fields if at == len(text) else None


def field_spans(raw: bytes) -> list[tuple[int, int]] | None:
    """Return where each field of a record stands, its quotes included, or None when they do not fit RFC 4180."""
    spans: list[tuple[int, int]] = []
    at = 0
    for found in _FIELD_BYTES.finditer(raw):
        if found.start() != at:
            return None
        at = found.end()
        start = found.start(2) if found.group(1) is None else found.start(1) - 1
        spans.append((start, at))
    return spans if at == len(raw) else None


def read_records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield each record without its line end; an empty line is an empty record, a too long one is cut after the limit.

    A line end inside quotes belongs to the record. Where quotes never close, or do not fit, the first line alone is the
    (bad) record and reading goes on with the next line.
    """
    lines = _Lines(stream)
    while lines.fill():
        if not lines.has_quotes:
            ready = lines.ready
            while ready:
                yield ready.popleft().removesuffix(b"\r")
            continue
        line = lines.ready.popleft()
        if line.count(b'"') % 2:
            line = _quoted_record(line, lines)
        yield line.removesuffix(b"\r")


def _quoted_record(first: bytes, lines: "_Lines") -> bytes:
    """Return the record that begins with an open quote, or its first line alone when it comes to nothing."""
    taken = [first]
    size = len(first)
    while size <= RECORD_LIMIT and lines.fill():
        line = lines.ready.popleft()
        taken.append(line)
        size += len(line) + 1
        if line.count(b'"') % 2:
            joined = b"\n".join(taken)
            if size <= RECORD_LIMIT and field_spans(joined.removesuffix(b"\r")) is not None:
                return joined
            break
    lines.ready.extendleft(reversed(taken[1:]))
    return first


class _Lines:
    """Lines of a stream without their line feed, a block at a time."""

    __slots__ = ("_ended", "_rest", "_skipping", "_stream", "has_quotes", "ready")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._skipping = False
        self._ended = False
        self.ready: deque[bytes] = deque()
        # Once a quote was seen, every line is looked at; a file without any goes the short way.
        self.has_quotes = False

    def fill(self) -> bool:
        """Make sure that a line is ready; False at the end of the stream."""
        while not self.ready and not self._ended:
            block = self._stream.read(_BLOCK)
            if not block:
                self._ended = True
                if self._rest:
                    self.ready.append(self._rest)
                    self._rest = b""
                break
            self._take(block)
        return bool(self.ready)

    def _take(self, block: bytes) -> None:
        if b'"' in block:
            self.has_quotes = True
        if self._skipping:
            end = block.find(b"\n")
            if end < 0:
                return
            self._skipping = False
            self.ready.append(self._rest)
            self._rest, block = b"", block[end + 1 :]
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()
        self.ready.extend(lines)
        if len(self._rest) > RECORD_LIMIT:
            self._rest = self._rest[: RECORD_LIMIT + 1]
            self._skipping = True
