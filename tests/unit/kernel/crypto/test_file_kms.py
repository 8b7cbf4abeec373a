import stat
from pathlib import Path

import pytest

from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.crypto.file_kms import FileKms, ensure_kek
from chukan.kernel.crypto.kms import CHECKPOINT, HTTP, KeyContext, WrappedKey

FIELD = KeyContext("field", "06132013")


class TestEnsureKek:
    def test_only_the_owner_may_look(self, tmp_path: Path) -> None:
        (tmp_path / "keys").mkdir(mode=0o755)

        ensure_kek(tmp_path)

        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").rglob("*")}
        assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
        assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700

    def test_twice_changes_nothing(self, tmp_path: Path) -> None:
        ensure_kek(tmp_path)
        before = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*.json")}

        ensure_kek(tmp_path)

        assert {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*.json")} == before
        assert len(before) == 3


class TestFileKms:
    def test_unwraps_what_it_wrapped(self, kms: FileKms) -> None:
        wrapped = kms.generate_data_key(FIELD)

        assert len(kms.unwrap(wrapped, FIELD)) == 32
        assert kms.unwrap(wrapped, FIELD) == kms.unwrap(wrapped, FIELD)
        assert kms.unwrap(wrapped, FIELD) not in wrapped.wrapped

    @pytest.mark.parametrize(
        "context", [KeyContext("token", "06132013"), KeyContext("field", "00138057"), KeyContext("field", None)]
    )
    def test_key_opens_in_its_own_context_only(self, kms: FileKms, context: KeyContext) -> None:
        wrapped = kms.generate_data_key(FIELD)

        with pytest.raises(KeyUnavailable):
            kms.unwrap(wrapped, context)

    def test_flipped_bit_does_not_open(self, kms: FileKms) -> None:
        wrapped = kms.generate_data_key(FIELD)

        for at in range(len(wrapped.wrapped)):
            spoiled = bytearray(wrapped.wrapped)
            spoiled[at] ^= 1
            with pytest.raises(KeyUnavailable):
                kms.unwrap(WrappedKey(wrapped.kek_version, bytes(spoiled)), FIELD)

    @pytest.mark.kj("KJ-ENC-05")
    def test_without_the_key_file_it_says_what_is_missing(self, kms: FileKms, tmp_path: Path) -> None:
        wrapped = kms.generate_data_key(FIELD)
        (tmp_path / "keys" / "kek.json").unlink()

        with pytest.raises(KeyUnavailable, match=r"keys/kek\.json"):
            FileKms(tmp_path).unwrap(wrapped, FIELD)

    @pytest.mark.kj("KJ-ENC-05")
    def test_another_keystore_does_not_open(self, kms: FileKms, tmp_path: Path) -> None:
        wrapped = kms.generate_data_key(FIELD)

        with pytest.raises(KeyUnavailable):
            ensure_kek(tmp_path / "elsewhere").unwrap(wrapped, FIELD)

    def test_refuses_a_key_file_that_others_can_read(self, kms: FileKms, tmp_path: Path) -> None:
        (tmp_path / "keys" / "kek.json").chmod(0o640)

        with pytest.raises(KeyUnavailable, match="600"):
            FileKms(tmp_path).current_version()

    def test_rewraps_under_the_new_version(self, kms: FileKms) -> None:
        old = kms.generate_data_key(FIELD)
        version = kms.rotate()

        new = kms.rewrap(old, FIELD)

        assert (old.kek_version, new.kek_version, version) == (1, 2, 2)
        assert kms.unwrap(new, FIELD) == kms.unwrap(old, FIELD)
        assert new.wrapped != old.wrapped

    def test_sees_a_rotation_by_another_process(self, kms: FileKms, tmp_path: Path) -> None:
        assert kms.current_version() == 1
        other = FileKms(tmp_path)
        other.rotate()

        wrapped = other.generate_data_key(FIELD)

        assert kms.current_version() == 2
        assert kms.unwrap(wrapped, FIELD) == other.unwrap(wrapped, FIELD)

    def test_destroyed_version_opens_nothing(self, kms: FileKms, tmp_path: Path) -> None:
        old = kms.generate_data_key(FIELD)
        kms.rotate()
        kms.destroy(1)

        with pytest.raises(KeyUnavailable, match="第1版"):
            FileKms(tmp_path).unwrap(old, FIELD)

    def test_current_version_cannot_be_destroyed(self, kms: FileKms) -> None:
        with pytest.raises(ValueError, match="in use"):
            kms.destroy(1)


class TestSigningKeys:
    def test_signature_verifies_with_the_published_key(self, kms: FileKms) -> None:
        key = kms.signing_key(CHECKPOINT)

        key.public_key.verify(key.sign(b"chukan"), b"chukan")

        assert kms.public_jwks(CHECKPOINT) == [key.public_jwk()]

    def test_jwk_has_public_members_only(self, kms: FileKms) -> None:
        assert set(kms.signing_key(HTTP).public_jwk()) == {"kty", "crv", "x", "kid", "use", "alg"}

    def test_two_uses_have_two_keys(self, kms: FileKms) -> None:
        assert kms.signing_key(CHECKPOINT).kid != kms.signing_key(HTTP).kid

    def test_rotation_keeps_the_old_key_published(self, kms: FileKms) -> None:
        old = kms.signing_key(HTTP)

        new = kms.rotate_signing_key(HTTP)

        assert [jwk["kid"] for jwk in kms.public_jwks(HTTP)] == [new.kid, old.kid]
        assert kms.signing_key(HTTP).kid == new.kid != old.kid

    def test_missing_key_is_never_made_silently(self, kms: FileKms, tmp_path: Path) -> None:
        (tmp_path / "keys" / "signing" / "checkpoint.json").unlink()

        with pytest.raises(KeyUnavailable, match=r"signing/checkpoint\.json"):
            kms.signing_key(CHECKPOINT)

    def test_thumbprint_follows_rfc_8037(self) -> None:
        # RFC 8037 appendix A.3.
        import base64

        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        from chukan.kernel.crypto.kms import thumbprint

        raw = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")

        assert thumbprint(Ed25519PublicKey.from_public_bytes(raw)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


class TestFileKeys:
    def test_destroyed_key_is_gone(self, kms: FileKms) -> None:
        key = kms.create_file_key("0a1b")

        assert kms.file_key("0a1b") == key
        assert kms.destroy_file_key("0a1b") is True
        with pytest.raises(KeyUnavailable, match="keys/files/0a1b"):
            kms.file_key("0a1b")
        assert kms.destroy_file_key("0a1b") is False

    def test_name_is_used_once(self, kms: FileKms) -> None:
        kms.create_file_key("0a1b")

        with pytest.raises(FileExistsError):
            kms.create_file_key("0a1b")

    @pytest.mark.parametrize("name", ["", "../kek.json", "a/b", ".", "A", "a.json"])
    def test_name_cannot_leave_the_folder(self, kms: FileKms, name: str) -> None:
        with pytest.raises(ValueError, match="key name"):
            kms.file_key(name)
