"""What the door stores of a form: the CSV, whole, under a name without a number, or a reason why not."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from zlib import MAX_WBITS

import pytest
from django.conf import settings
from django.http.multipartparser import MultiPartParser
from django.http.request import QueryDict

from chukan.controls.uketsuke.actions import Upload
from chukan.kernel.errors import Invalid, TooLarge
from chukan.kernel.storage import store
from chukan.settings import limits
from shikaku.http import upload as module
from shikaku.http.upload import SealingUploadHandler

pytestmark = pytest.mark.usefixtures("world")
CSV = "処理種別コード,保険者コード\r\n01,06132013\r\n".encode()
BIG = bytes(range(256)) * 4096
BOUNDARY = "border"
Part = tuple[str, str, bytes]


def sent(*parts: Part) -> SealingUploadHandler:
    """Read a form of these files (field, file name, content) as both doors do."""
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for field, name, content in parts
    )
    body += f"--{BOUNDARY}--\r\n".encode()
    handler = SealingUploadHandler()
    meta = {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}", "CONTENT_LENGTH": str(len(body))}
    fields, _files = MultiPartParser(meta, BytesIO(body), [handler]).parse()
    assert isinstance(fields, QueryDict)
    return handler


def stored(content: bytes, name: str = "members.csv") -> Upload:
    return sent(("file", name, content)).upload()


def contents(upload: Upload) -> bytes:
    assert upload.refused == ""
    with store().open(upload.file_key) as stream:
        return stream.read()


def left() -> set[Path]:
    home = settings.CHUKAN_HOME
    return {path for folder in ("objects", "keys/files") for path in (home / folder).rglob("*") if path.is_file()}


def in_members(pieces: Iterable[bytes]) -> bytes:
    return b"".join(map(gzip.compress, pieces))


class TestContent:
    @pytest.mark.parametrize(
        "plain",
        [CSV, CSV.decode().encode("cp932"), b"\xef\xbb\xbf" + CSV, BIG, b"a", b""],
        ids=["utf8", "cp932", "bom", "big", "one byte", "nothing"],
    )
    @pytest.mark.parametrize(
        "packed",
        [
            bytes,
            gzip.compress,
            lambda plain: in_members([plain[:7], plain[7:]]),
            lambda plain: in_members([b"", plain, b""]),
        ],
        ids=["plain", "gzip", "two members", "empty members"],
    )
    def test_is_kept_byte_for_byte_however_it_was_packed(self, plain: bytes, packed: object) -> None:
        assert callable(packed)

        upload = stored(packed(plain))

        assert contents(upload) == plain
        assert (upload.size, upload.digest) == (len(plain), hashlib.sha256(plain).digest())

    def test_of_many_members_cut_anywhere_in_the_wire_is_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SealingUploadHandler, "chunk_size", 16)

        assert contents(stored(in_members([CSV] * 50))) == CSV * 50

    @pytest.mark.parametrize(
        "spoiled",
        [
            gzip.compress(CSV)[:-1],
            gzip.compress(CSV) + b"x",
            gzip.compress(CSV) + CSV,
            gzip.compress(CSV) + gzip.compress(CSV)[:-1],
            gzip.compress(CSV)[:-8] + bytes(8),
            b"\x1f\x8b",
        ],
        # Names, since the bytes hold the time of packing and every process must collect the same tests.
        ids=["cut", "a byte after", "text after", "second member cut", "wrong sum", "magic alone"],
    )
    def test_that_is_no_whole_gzip_is_refused_and_nothing_of_it_stays(self, spoiled: bytes) -> None:
        before = left()

        upload = stored(spoiled)

        assert (upload.refused, upload.file_key) == ("gzip_fusei", "")
        assert left() == before

    def test_of_endless_empty_members_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MEMBERS_MAX", 10)

        assert contents(stored(in_members([b"a"] * 10))) == b"a" * 10
        assert stored(in_members([b""] * 11)).refused == "gzip_fusei"


class TestLimit:
    @pytest.mark.parametrize(
        "packed",
        [bytes, gzip.compress, lambda plain: in_members([plain[:9], plain[9:]])],
        ids=["plain", "gzip", "two members"],
    )
    def test_of_the_csv_counts_what_comes_out(self, monkeypatch: pytest.MonkeyPatch, packed: object) -> None:
        assert callable(packed)
        monkeypatch.setattr(limits, "CSV_MAX", len(CSV))
        before = left()

        assert stored(packed(CSV + b"x")).refused == "okisugi"
        assert left() == before
        assert contents(stored(packed(CSV))) == CSV

    def test_of_the_file_counts_what_comes_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "FILE_MAX", len(CSV) - 1)
        before = left()

        with pytest.raises(TooLarge):
            stored(CSV)
        assert left() == before


class TestForm:
    @pytest.mark.parametrize(
        "parts,pointer",
        [
            ([("fairu", "a.csv", CSV)], "fairu"),
            ([("file", "a.csv", CSV), ("file", "b.csv", CSV)], "file"),
            ([("other", "a.csv", CSV), ("file", "b.csv", CSV)], "other"),
            ([("file", "a.csv", b"\x1f\x8bx"), ("file", "b.csv", CSV)], "file"),
        ],
    )
    def test_has_one_file_named_file(self, parts: list[Part], pointer: str) -> None:
        before = left()
        handler = sent(*parts)

        with pytest.raises(Invalid) as refused:
            handler.upload()
        handler.discard()

        assert (refused.value.code, refused.value.pointer) == ("unknown_field", pointer)
        assert left() == before

    def test_without_a_file_is_told_so(self) -> None:
        with pytest.raises(Invalid) as refused:
            sent().upload()

        assert refused.value.code == "file_nashi"


@pytest.mark.kj("KJ-IN-19")
@pytest.mark.parametrize(
    "name,kept",
    [
        ("加入者202611.csv", "加入者202611.csv"),
        ("見本太郎_123456789018.csv", ".csv"),
        ("１２３４５６７８９０１８.csv.gz", ".gz"),
        ("1234-5678-9018", ""),
        ("a.123456789018", ""),
    ],
)
def test_the_name_of_a_file_holds_no_number(name: str, kept: str) -> None:
    assert stored(CSV, name).file_name == kept


def test_the_window_of_gzip_alone_is_understood() -> None:
    assert module._GZIP_WINDOW == MAX_WBITS + 16
