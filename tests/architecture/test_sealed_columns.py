"""Every column that may hold an envelope is known to the job that replaces data keys, or said to hold none."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import models

from shikaku.actions.reseal_rows import EXPIRING, RESEALED
from tests.architecture.model_tree import columns, product_models

# Bytes that no data key of an insurer sealed: hashes, wrapped keys, and lines under the key of their own file.
NO_ENVELOPE = {
    ("crypto_key", "wrapped"),
    *(("seitai_authenticator", column) for column in ("credential_id", "credential_hash", "public_key")),
    *(("seitai_challenge", column) for column in ("bound_hash", "nonce", "challenge")),
    *(("seitai_challenge", column) for column in ("client_data", "authenticator_data", "signature")),
    ("fugo_kikanbetsu_fugo", "bi_kikanbetsu_fugo"),
    ("setsuzoku_idempotency", "fingerprint"),
    ("setsuzoku_nonce", "nonce_sha256"),
    ("shikaku_itaku_kukaku_kanyusha", "bi_bango"),
    ("shikaku_kojin_bango_sakuin", "bi_global"),
    ("shikaku_kojin_bango_sakuin", "over_bi_global"),
    ("shikaku_kyu_kojin_bango", "bi_bango"),
    ("shokuin_session", "key_hash"),
    ("shonin_irai", "payload_hash"),
    ("shonin_shonin", "payload_hash"),
    ("sosa_log_checkpoint", "root"),
    ("sosa_log_event", "body"),
    ("sosa_log_event", "salt"),
    ("sosa_log_leaf", "leaf_hash"),
    ("uketsuke_teiseimachi", "ct_line"),
    ("uketsuke_uketsuke", "digest"),
}

# Under the key of the hub itself: an old generation goes on opening what it sealed.
UNDER_THE_HUB_KEY = {("fugo_kikanbetsu_fugo", "ct_kikanbetsu_fugo")}


def unknown(every: Iterable[type[models.Model]]) -> set[tuple[str, str]]:
    """Return the columns of bytes that nobody said anything about."""
    found = {
        (model._meta.db_table, str(field.column))
        for model in every
        for field in columns(model)
        if isinstance(field, models.BinaryField)
    }
    return found - RESEALED - EXPIRING - NO_ENVELOPE - UNDER_THE_HUB_KEY


@pytest.mark.kj("KJ-ENC-07")
def test_every_column_of_bytes_is_known() -> None:
    assert unknown(product_models()) == set()


def test_what_is_said_is_said_once_of_columns_there_are() -> None:
    there = {(model._meta.db_table, str(field.column)) for model in product_models() for field in columns(model)}

    assert there >= RESEALED | EXPIRING | NO_ENVELOPE | UNDER_THE_HUB_KEY
    assert len(RESEALED | EXPIRING | NO_ENVELOPE) == len(RESEALED) + len(EXPIRING) + len(NO_ENVELOPE)


@pytest.mark.parametrize("forgotten", sorted(RESEALED | EXPIRING))
def test_mutant_a_forgotten_column_is_seen(forgotten: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "RESEALED", RESEALED - {forgotten})
    monkeypatch.setitem(globals(), "EXPIRING", EXPIRING - {forgotten})

    assert unknown(product_models()) == {forgotten}
