"""A log that cannot be changed unnoticed: Merkle tree (RFC 6962) and signed checkpoints (C2SP). Pure functions.

Whoever keeps the leaves signs now and then how many there are and what root they give. A changed, missing, added or
moved leaf gives another root; a log rolled back is shorter than a checkpoint somebody kept. 根拠: KJ-LOG-10.
"""

from chukan.kernel.merkle_log.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    NoteVerifier,
    open_checkpoint,
    sign_checkpoint,
)
from chukan.kernel.merkle_log.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from chukan.kernel.merkle_log.tree import CompactRange, entry_hash, leaf_hash, node_hash, root_of

__all__ = [
    "Checkpoint",
    "CheckpointRefused",
    "CompactRange",
    "NoteVerifier",
    "consistency_proof",
    "entry_hash",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "root_of",
    "sign_checkpoint",
    "verify_consistency",
    "verify_inclusion",
]
