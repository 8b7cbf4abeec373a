import hashlib
import io
import json
import os
import stat
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.crypto.file_kms import ensure_kek
from chukan.kernel.storage import CHUNK, FileStore, StoredFile, StoredFileDamaged

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5]
UKETSUKE = UUID("01890000-0000-7000-8000-000000000001")


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path, ensure_kek(tmp_path))


def _stored(files: FileStore, content: bytes) -> StoredFile:
    with files.create("uketsuke") as writer:
        writer.write(content)
    return writer.close()


def _object(home: Path, key: str) -> Path:
    (path,) = (home / "objects").rglob(key)
    return path


class TestCreateAndOpen:
    @pytest.mark.parametrize("size", SIZES)
    def test_gives_back_what_came_in(self, files: FileStore, size: int) -> None:
        content = os.urandom(size)

        stored = _stored(files, content)

        assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
        with files.open(stored.key) as stream:
            assert stream.read() == content

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(pieces=st.lists(st.binary(max_size=40_000), max_size=8))
    def test_size_of_the_pieces_does_not_matter(self, files: FileStore, pieces: list[bytes]) -> None:
        with files.create("uketsuke") as writer:
            for piece in pieces:
                writer.write(piece)

        with files.open(writer.key) as stream:
            assert stream.read() == b"".join(pieces)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
    @given(moves=st.lists(st.tuples(st.integers(0, 3 * CHUNK), st.integers(0, 2 * CHUNK)), max_size=6))
    def test_can_seek_like_a_file(self, files: FileStore, moves: list[tuple[int, int]]) -> None:
        content = b"".join(index.to_bytes(4, "big") for index in range(35_000))
        plain, sealed = io.BytesIO(content), files.open(_stored(files, content).key)

        with sealed:
            for place, count in moves:
                assert sealed.seek(place) == plain.seek(place)
                assert sealed.read(count) == plain.read(count)
            assert sealed.seek(0, os.SEEK_END) == len(content)

    def test_reads_text_line_by_line(self, files: FileStore) -> None:
        key = _stored(files, "一行目\n二行目\n".encode()).key

        with io.TextIOWrapper(files.open(key), encoding="utf-8") as stream:
            assert list(stream) == ["一行目\n", "二行目\n"]

    def test_memory_does_not_grow_with_the_file(self, files: FileStore) -> None:
        tracemalloc.start()
        with files.create("uketsuke") as writer:
            for _ in range(320):
                writer.write(bytes(CHUNK))
        with files.open(writer.key) as stream:
            while stream.read(CHUNK):
                pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 2_000_000

    @pytest.mark.kj("KJ-ENC-05")
    def test_nothing_readable_lies_on_the_disk(self, files: FileStore, tmp_path: Path) -> None:
        key = _stored(files, b"123456789018," * 10_000).key

        content = _object(tmp_path, key).read_bytes()

        assert b"123456789018" not in content
        assert stat.S_IMODE(_object(tmp_path, key).stat().st_mode) == 0o600

    @pytest.mark.parametrize("kind", ["", "Uketsuke", "../x", "a/b", "受付"])
    def test_kind_is_a_plain_word(self, files: FileStore, kind: str) -> None:
        with pytest.raises(ValueError, match="kind"):
            files.create(kind)

    @pytest.mark.parametrize("key", ["", "uketsuke", "../keys/kek.json", "uketsuke-xyz", "uketsuke-" + "0" * 31])
    def test_key_cannot_leave_the_folder(self, files: FileStore, key: str) -> None:
        with pytest.raises((ValueError, KeyUnavailable)):
            files.open(key)
        with pytest.raises(ValueError, match="stored file"):
            files.erase_object(key, rule="KJ-IN-21", now=NOW)


@pytest.mark.kj("KJ-ENC-07")
class TestDamage:
    @pytest.mark.parametrize("size", SIZES)
    def test_every_cut_is_seen_when_the_file_is_opened(self, files: FileStore, tmp_path: Path, size: int) -> None:
        path = _object(tmp_path, _stored(files, os.urandom(size)).key)
        whole = path.read_bytes()

        for kept in {0, 7, 8, 9, 24, len(whole) - 1, len(whole) - 17, 8 + CHUNK + 16, 8 + CHUNK, 8 + 2 * (CHUNK + 16)}:
            if 0 <= kept < len(whole):
                path.write_bytes(whole[:kept])
                with pytest.raises(StoredFileDamaged):
                    files.open(path.name)

    def test_flipped_bit_is_seen_in_its_chunk(self, files: FileStore, tmp_path: Path) -> None:
        path = _object(tmp_path, _stored(files, os.urandom(2 * CHUNK + 5)).key)
        whole = path.read_bytes()
        for at in (0, 8, 8 + CHUNK + 15, 8 + CHUNK + 16, len(whole) - 1):
            spoiled = bytearray(whole)
            spoiled[at] ^= 1
            path.write_bytes(spoiled)

            with pytest.raises(StoredFileDamaged):
                files.open(path.name).read()

    def test_swapped_chunks_are_seen(self, files: FileStore, tmp_path: Path) -> None:
        path = _object(tmp_path, _stored(files, os.urandom(3 * CHUNK)).key)
        whole = path.read_bytes()
        head, body, step = whole[:8], whole[8:], CHUNK + 16
        path.write_bytes(head + body[step : 2 * step] + body[:step] + body[2 * step :])

        with pytest.raises(StoredFileDamaged), files.open(path.name) as stream:
            stream.read()

    def test_appended_bytes_are_seen(self, files: FileStore, tmp_path: Path) -> None:
        path = _object(tmp_path, _stored(files, os.urandom(100)).key)
        path.write_bytes(path.read_bytes() + bytes(CHUNK + 16))

        with pytest.raises(StoredFileDamaged):
            files.open(path.name)

    def test_object_of_another_file_does_not_open(self, files: FileStore, tmp_path: Path) -> None:
        one, other = _stored(files, b"one"), _stored(files, b"other")
        _object(tmp_path, one.key).write_bytes(_object(tmp_path, other.key).read_bytes())

        with pytest.raises(StoredFileDamaged):
            files.open(one.key)


class TestUnfinished:
    def test_failed_upload_leaves_nothing(self, files: FileStore, tmp_path: Path) -> None:
        def upload_that_breaks_off() -> None:
            with files.create("uketsuke") as writer:
                writer.write(bytes(3 * CHUNK))
                raise ConnectionError

        with pytest.raises(ConnectionError):
            upload_that_breaks_off()

        assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []
        assert list((tmp_path / "keys" / "files").iterdir()) == []

    def test_what_a_killed_process_left_is_dropped_later(self, files: FileStore, tmp_path: Path) -> None:
        writer = files.create("uketsuke")
        writer.write(bytes(3 * CHUNK))
        finished = _stored(files, b"x")
        (left,) = (tmp_path / "objects").rglob("*.part")
        os.utime(left, (NOW.timestamp() - 3600, NOW.timestamp() - 3600))

        assert files.erase_unfinished(before=datetime(2026, 4, 1, 1, 0, tzinfo=UTC)) == 0
        assert files.erase_unfinished(before=NOW) == 1

        assert [path.name for path in (tmp_path / "keys" / "files").iterdir()] == [finished.key]
        assert list((tmp_path / "objects").rglob("*.part")) == []

    def test_unfinished_file_does_not_open(self, files: FileStore) -> None:
        writer = files.create("uketsuke")

        with pytest.raises(KeyUnavailable):
            files.open(writer.key)
        writer.discard()


class TestErase:
    @pytest.mark.kj("KJ-IN-21")
    def test_erased_file_is_gone_even_from_a_copy_of_the_object(self, files: FileStore, tmp_path: Path) -> None:
        key = _stored(files, b"123456789018").key
        path = _object(tmp_path, key)
        backup = path.read_bytes()

        files.erase(key, rule="KJ-IN-21", now=NOW)

        assert not path.exists()
        path.write_bytes(backup)
        with pytest.raises(KeyUnavailable, match="keys/files"):
            files.open(key)

    def test_leaves_a_line_without_anything_personal(self, files: FileStore, tmp_path: Path) -> None:
        key = _stored(files, b"123456789018").key

        files.erase(key, rule="KJ-IN-21", now=NOW)

        lines = (tmp_path / "journal" / "shokyo.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [
            {"at": "2026-04-01T03:00:00+00:00", "key": key, "what": ["key", "object"], "rule": "KJ-IN-21"}
        ]
        assert list(files.journal()) == [json.loads(line) for line in lines]

    def test_can_be_repeated(self, files: FileStore) -> None:
        key = _stored(files, b"x").key

        files.erase(key, rule="KJ-IN-21", now=NOW)
        files.erase(key, rule="KJ-IN-21", now=NOW)

        assert not files.exists(key)

    def test_refused_lines_outlive_the_upload(self, files: FileStore) -> None:
        key = _stored(files, b"upload").key
        sealed = files.seal_with_file_key(key, b"line 7", b"123456789018")
        sealed_line = files.line_sealer(key)(UKETSUKE, 7, b"983205673214")

        files.erase_object(key, rule="KJ-IN-21", now=NOW)

        assert not files.exists(key)
        assert files.open_with_file_key(key, b"line 7", sealed) == b"123456789018"
        assert files.line_opener(key)(UKETSUKE, 7, sealed_line) == b"983205673214"
        files.destroy_key(key, rule="訂正待ちの期限", now=NOW)
        with pytest.raises(KeyUnavailable):
            files.open_with_file_key(key, b"line 7", sealed)
        with pytest.raises(KeyUnavailable):
            files.line_opener(key)


class TestSealedLines:
    def test_line_opens_in_its_own_place_only(self, files: FileStore) -> None:
        key, other = _stored(files, b"x").key, _stored(files, b"x").key
        sealed = files.line_sealer(key)(UKETSUKE, 7, b"123456789018")

        for opener, uketsuke_id, number in (
            (files.line_opener(key), UKETSUKE, 8),
            (files.line_opener(key), UUID(int=0), 7),
            (files.line_opener(other), UKETSUKE, 7),
        ):
            with pytest.raises(StoredFileDamaged):
                opener(uketsuke_id, number, sealed)
        for spoiled in (b"", sealed[:20], sealed[:-1], sealed + b"x"):
            with pytest.raises(StoredFileDamaged):
                files.line_opener(key)(UKETSUKE, 7, spoiled)

    def test_upload_and_lines_have_different_keys(self, files: FileStore, tmp_path: Path) -> None:
        key = _stored(files, b"x").key
        body = _object(tmp_path, key).read_bytes()[8:]

        with pytest.raises(StoredFileDamaged):
            files.open_with_file_key(key, b"", bytes(12) + body)
