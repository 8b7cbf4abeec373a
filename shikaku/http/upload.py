"""Takes an uploaded CSV, or gzip of it, straight into the sealed store; no byte of it touches a disk in the clear."""

import zlib
from pathlib import PurePath
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from chukan.controls.uketsuke.actions import Upload
from chukan.controls.uketsuke.domain import TOO_LARGE
from chukan.kernel import clock
from chukan.kernel.errors import Invalid, TooLarge
from chukan.kernel.http.parsing import refuse_unknown_keys
from chukan.kernel.storage import StoredFile, Writer, store
from chukan.kernel.values.kojin_bango import contains_kojin_bango, without_kojin_bango
from chukan.settings import limits

KIND: Final = "toroku"
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31
_PIECE: Final = 1024 * 1024
_FIELD: Final = "file"
# Tools that cut a file into members make them of 64 KiB or more; tiny ones only cost time.
_MEMBERS_MAX: Final = 100_000


def kept_name(sent: str) -> str:
    """Return the name to keep of a file: a 個人番号 in it goes with everything but the suffix. 根拠: KJ-IN-19."""
    if not contains_kojin_bango(sent):
        return sent
    suffix = PurePath(sent).suffix
    return without_kojin_bango(suffix)


class SealingUploadHandler(FileUploadHandler):
    """Writes the one file of the form, `file`, into the store while it arrives, decompressed, hashed and sealed."""

    chunk_size = 256 * 1024

    def __init__(self) -> None:
        """Begin without a file."""
        super().__init__()
        self._writer: Writer | None = None
        self._stored: StoredFile | None = None
        self._inflate: zlib._Decompress | None = None
        self._head = b""
        self._plain_size = 0
        self._received = 0
        self._members = 1
        self._taking = False
        self._unknown: str | None = None
        self.refused = ""
        self.sent_name = ""

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Begin the file; one under another name, or a second one, makes the form unusable and is not stored."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self._taking = self.field_name == _FIELD and self._writer is None and self._stored is None and not self.refused
        if self._taking:
            self._writer = store().create(KIND)
            self.sent_name = kept_name(self.file_name or "")
        elif self._unknown is None:
            self._unknown = self.field_name or ""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002  # Django's signature
        """Take one piece as it came over the wire."""
        self._received += len(raw_data)
        if self._received > limits.FILE_MAX:
            self.discard()
            raise StopUpload(connection_reset=True)
        if not self._taking or self._writer is None or self.refused:
            return
        if len(self._head) < len(_GZIP):
            self._head += raw_data
            if len(self._head) < len(_GZIP):
                return
            raw_data = self._head
            if raw_data.startswith(_GZIP):
                self._inflate = zlib.decompressobj(_GZIP_WINDOW)
        if self._inflate is None:
            self._put(raw_data)
        else:
            self._put_inflated(raw_data)

    def _put_inflated(self, piece: bytes) -> None:
        assert self._inflate is not None  # noqa: S101  # asked by the caller
        try:
            while piece and not self.refused:
                if self._inflate.eof:
                    self._begin_member()
                self._put(self._inflate.decompress(piece, _PIECE))
                piece = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        except zlib.error:
            self.refused = "gzip_fusei"

    def _begin_member(self) -> None:
        """Go on to the next member: `cat a.gz b.gz` is the CSV of both. What is no member is refused as it is read."""
        self._members += 1
        if self._members > _MEMBERS_MAX:
            raise zlib.error
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)

    def _put(self, plain: bytes) -> None:
        self._plain_size += len(plain)
        if self._plain_size > limits.CSV_MAX:
            self.refused = TOO_LARGE
        elif self._writer is not None:
            self._writer.write(plain)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":  # noqa: ARG002  # Django's signature
        """Close the stored object; the form itself gets an empty stand-in."""
        if self._taking and self._writer is not None:
            if self._head and len(self._head) < len(_GZIP):
                self._put(self._head)
            if self._inflate is not None and not self._inflate.eof and not self.refused:
                self.refused = "gzip_fusei"
            if self.refused:
                self._writer.discard()
            else:
                self._stored = self._writer.close()
            self._writer = None
        return UploadedFile(name="received", size=0)

    def upload(self) -> Upload:
        """Return what was stored.

        Raises Invalid when the form had no file or one too many, TooLarge when it was over the limit.
        """
        if self._received > limits.FILE_MAX:
            raise TooLarge("okisugi", "ファイルが上限（512 MiB）を超えています。分けて送ってください。")
        if self._unknown is not None:
            refuse_unknown_keys({self._unknown: None}, ())
        if self.refused:
            return Upload("", self._received, b"", self.sent_name, refused=self.refused)
        if self._stored is None:
            raise Invalid("file_nashi", "ファイルを選んでください。", pointer="file")
        return Upload(self._stored.key, self._stored.size, bytes.fromhex(self._stored.sha256), self.sent_name)

    def let_go(self) -> None:
        """Erase what is unfinished after an error that nobody planned for; what is stored stays.

        The receipt may be committed though its answer was lost, and it names the stored object. One that no receipt
        names is erased by `erase_nameless_uploads`, which asks the database.
        """
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def discard(self) -> None:
        """Erase what came so far; it will not be used."""
        self.let_go()
        if self._stored is not None:
            store().erase(self._stored.key, rule="KJ-IN-21", now=clock.now())
            self._stored = None
