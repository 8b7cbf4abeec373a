"""Records out of bytes."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shikaku.formats.csv_records import RECORD_LIMIT, field_spans, read_records, split_record

FIELDS = st.lists(st.text(alphabet=st.sampled_from('a,"\r\n 見①ソ表'), max_size=8), min_size=1, max_size=6)


def written(rows: Sequence[Sequence[str]], quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue().encode()


class Dribble(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._inner = io.BytesIO(data)
        self._size = size

    def read(self, _size: int = -1) -> bytes:
        return self._inner.read(self._size)


@settings(max_examples=300, deadline=None)
@given(st.lists(FIELDS, max_size=6), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.integers(1, 40))
@example([["a", ""], ["", ""]], csv.QUOTE_MINIMAL, 3)
def test_what_a_csv_writer_wrote_reads_back(rows: list[list[str]], quoting: int, size: int) -> None:
    rows = [row for row in rows if row != [""]]
    records = list(read_records(Dribble(written(rows, quoting), size)))  # type: ignore[arg-type]
    assert [split_record(record.decode()) for record in records] == rows


@given(FIELDS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_spans_are_the_fields_as_they_stand(row: list[str], quoting: int) -> None:
    raw = written([row], quoting).removesuffix(b"\r\n")
    spans = field_spans(raw)
    assert spans is not None
    assert len(spans) == len(row)
    assert b",".join(raw[start:end] for start, end in spans) == raw


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a,b", ["a", "b"]),
        (",", ["", ""]),
        ("", [""]),
        ('"a","b"', ["a", "b"]),
        ('"a,",""', ["a,", ""]),
        ('"a","",b', ["a", "", "b"]),
        ('"a"",""b"', ['a","b']),
        ('",","x"', [",", "x"]),
        ('",""",x', [',"', "x"]),
        ('","""', [',"']),
        ('"', None),
        ('""', [""]),
        ('a"b,c', None),
        ('"a"b,c', None),
        (' "a",b', None),
        ('"a', None),
    ],
)
def test_quotes(text: str, fields: list[str] | None) -> None:
    assert split_record(text) == fields
    assert (field_spans(text.encode()) is None) is (fields is None)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends(end: str) -> None:
    data = end.join(["a,b", '"x\r\ny",2', "", "c,d", ""]).encode()
    assert list(read_records(io.BytesIO(data))) == [b"a,b", b'"x\r\ny",2', b"", b"c,d"]


def test_a_bad_quote_takes_one_line_with_it() -> None:
    data = b'1,a\n2,"b\n3,c\n4,"d""\n5,e\n6,"f\ng"\n'
    records = list(read_records(io.BytesIO(data)))
    assert [record[:1] for record in records] == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert [split_record(record.decode()) is None for record in records] == [False, True, False, True, False, False]


def test_an_open_quote_does_not_swallow_the_file() -> None:
    tail = b"".join(b"%d,x\n" % number for number in range(30_000))
    records = list(read_records(io.BytesIO(b'0,"open\n' + tail)))
    assert len(records) == 30_001


def test_an_endless_line_is_not_held() -> None:
    class Endless:
        def __init__(self) -> None:
            self.blocks = 40

        def read(self, size: int) -> bytes:
            self.blocks -= 1
            if self.blocks == 0:
                return b"\nnext,1\n"
            return b"x" * size if self.blocks > 0 else b""

    records = list(read_records(Endless()))  # type: ignore[arg-type]
    assert [len(record) for record in records] == [RECORD_LIMIT + 1, 6]


def test_an_endless_line_at_the_end() -> None:
    records = list(read_records(io.BytesIO(b"a\n" + b"x" * (RECORD_LIMIT * 9))))
    assert [len(record) for record in records] == [1, RECORD_LIMIT + 1]
