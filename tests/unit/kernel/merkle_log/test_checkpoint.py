import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chukan.kernel.crypto.kms import SigningKey
from chukan.kernel.merkle_log.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    NoteVerifier,
    open_checkpoint,
    sign_checkpoint,
)

ROOT = bytes(range(32))
KEY = SigningKey("checkpoint", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = SigningKey("checkpoint", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
NAME = "chukan.example/sosa_log"
VERIFIER = NoteVerifier(NAME, KEY.public_key)
CHECKPOINT = Checkpoint(NAME, 4711, ROOT)

# The worked example of the signed-note format.
PUBLISHED_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


class TestSignAndOpen:
    def test_goes_round(self) -> None:
        note = sign_checkpoint(CHECKPOINT, name=NAME, signer=KEY)

        assert open_checkpoint(note, [VERIFIER]) == CHECKPOINT

    def test_note_has_the_published_shape(self) -> None:
        lines = sign_checkpoint(CHECKPOINT, name=NAME, signer=KEY).split("\n")

        assert lines[:4] == [NAME, "4711", base64.b64encode(ROOT).decode(), ""]
        assert lines[4].startswith(f"— {NAME} ")
        assert lines[5:] == [""]

    def test_keeps_extra_lines(self) -> None:
        checkpoint = Checkpoint(NAME, 1, ROOT, ("restored 5", "rule KJ-LOG-12"))

        assert open_checkpoint(sign_checkpoint(checkpoint, name=NAME, signer=KEY), [VERIFIER]) == checkpoint

    def test_published_example_verifies(self) -> None:
        verifier = NoteVerifier.parse(PUBLISHED_VKEY)
        signature = base64.b64decode(PUBLISHED_SIGNATURE)

        verifier.public_key.verify(signature[4:], PUBLISHED_TEXT.encode())
        assert signature[:4] == verifier.key_id
        assert verifier.vkey() == PUBLISHED_VKEY

    @pytest.mark.parametrize(
        "checkpoint", [Checkpoint("", 1, ROOT), Checkpoint("a\nb", 1, ROOT), Checkpoint(NAME, 1, ROOT, ("",))]
    )
    def test_signs_nothing_that_reads_as_something_else(self, checkpoint: Checkpoint) -> None:
        with pytest.raises((ValueError, CheckpointRefused)):
            sign_checkpoint(checkpoint, name=NAME, signer=KEY)


@pytest.mark.kj("KJ-LOG-10")
class TestRefusals:
    def test_changed_note_is_refused(self) -> None:
        note = sign_checkpoint(CHECKPOINT, name=NAME, signer=KEY)

        for at in range(len(note)):
            for char in "0A\n":
                if note[at] != char:
                    changed = note[:at] + char + note[at + 1 :]
                    with pytest.raises(CheckpointRefused):
                        open_checkpoint(changed, [VERIFIER])

    def test_strangers_signature_does_not_count(self) -> None:
        note = sign_checkpoint(CHECKPOINT, name=NAME, signer=OTHER)

        with pytest.raises(CheckpointRefused, match="nobody"):
            open_checkpoint(note, [VERIFIER])

    def test_signature_under_another_name_does_not_count(self) -> None:
        note = sign_checkpoint(CHECKPOINT, name="chukan.example/other", signer=KEY)

        with pytest.raises(CheckpointRefused, match="nobody"):
            open_checkpoint(note, [VERIFIER])

    def test_strangers_signature_beside_ours_does_not_disturb(self) -> None:
        note = sign_checkpoint(CHECKPOINT, name=NAME, signer=KEY)
        witness = sign_checkpoint(CHECKPOINT, name="witness", signer=OTHER).rpartition("\n\n")[2]

        assert open_checkpoint(note + witness, [VERIFIER]) == CHECKPOINT

    @pytest.mark.parametrize(
        "note", ["", "\n\n", "a\n1\nx\n", f"{NAME}\n1\n\n— {NAME} AAAA\n", f"{NAME}\n01\nAAAA\n\n— x y\n"]
    )
    def test_what_is_no_note_is_refused(self, note: str) -> None:
        with pytest.raises(CheckpointRefused):
            open_checkpoint(note, [VERIFIER])

    @pytest.mark.parametrize("size", ["-1", "01", "1e3", "１", ""])
    def test_size_is_a_plain_number(self, size: str) -> None:
        with pytest.raises(CheckpointRefused):
            Checkpoint.parse(f"{NAME}\n{size}\n{base64.b64encode(ROOT).decode()}\n")

    @pytest.mark.parametrize("vkey", ["", "x", PUBLISHED_VKEY.replace("c74f20a3", "c74f20a4"), PUBLISHED_VKEY[:-4]])
    def test_what_is_no_verifier_key_is_refused(self, vkey: str) -> None:
        with pytest.raises(ValueError, match="verifier key"):
            NoteVerifier.parse(vkey)

    def test_name_has_no_spaces(self) -> None:
        with pytest.raises(ValueError, match="spaces"):
            NoteVerifier("a b", KEY.public_key)
