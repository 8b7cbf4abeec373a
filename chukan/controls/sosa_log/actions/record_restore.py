"""After a restore: a signed note says from where to where the log was put back, so that it may go on from there."""

from collections.abc import Sequence
from datetime import datetime

from chukan.controls.sosa_log.actions.seal import LogDamaged, newest_sealed, read_tree
from chukan.controls.sosa_log.restoration import Place, Restore, follow, open_restore
from chukan.controls.sosa_log.verification import KEY_NAME
from chukan.kernel.crypto.kms import SigningKey
from chukan.kernel.merkle_log import NoteVerifier, sign_checkpoint
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def record_restore(
    *,
    by: Principal,
    kept: Place | None,
    restores: Sequence[str],
    verifiers: Sequence[NoteVerifier],
    signer: SigningKey,
    who: str,
    now: datetime,
) -> tuple[Restore, str] | None:
    """Return the restore from `kept` to what is stored, and its signed note; None where the log lost nothing sealed.

    `restores` are the notes of earlier ones. Only a log that ends at a checkpoint we signed gets a note: what it says
    below that stays bound by every checkpoint of before. Raises: LogDamaged. 根拠: KJ-LOG-10.
    """
    after = newest_sealed(verifiers)
    if kept is None or (kept.branch == after.branch and kept.size <= after.size):
        read_tree({after.size: after.root} | ({} if kept is None else {kept.size: kept.root}))
        return None
    tree = read_tree({after.size: after.root})
    if tree.size != after.size:
        raise LogDamaged(f"{tree.size} leaves are stored and {after.size} are signed")
    restore = Restore(before=kept, after=after, at=now, who=who)
    course = follow([kept, after], [*(open_restore(note, verifiers) for note in restores), restore])
    if restore in course.unfit:
        raise LogDamaged("the journal is older than the database")
    return restore, sign_checkpoint(restore.checkpoint(), name=KEY_NAME, signer=signer)
