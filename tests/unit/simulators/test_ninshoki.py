"""What the stand-in of an authenticator answers holds before the library that the hub believes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from simulators.ninshoki.__main__ import main

ORIGIN = "http://localhost:8000"


def answered(
    act: str, options_json: str, *, key: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(options_json))
    assert main([act, "--key", str(key), "--origin", ORIGIN]) == 0
    return capsys.readouterr().out


def test_makes_a_key_and_confirms_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.pem"
    making = generate_registration_options(rp_id="localhost", rp_name="x", user_name="x")
    made = answered("create", options_to_json(making), key=key, capsys=capsys, monkeypatch=monkeypatch)
    held = verify_registration_response(
        credential=made,
        expected_challenge=making.challenge,
        expected_rp_id="localhost",
        expected_origin=ORIGIN,
        require_user_verification=True,
    )
    named = [PublicKeyCredentialDescriptor(id=held.credential_id)]
    asking = generate_authentication_options(rp_id="localhost", allow_credentials=named)

    said = answered("get", options_to_json(asking), key=key, capsys=capsys, monkeypatch=monkeypatch)

    verified = verify_authentication_response(
        credential=said,
        expected_challenge=asking.challenge,
        expected_rp_id="localhost",
        expected_origin=ORIGIN,
        credential_public_key=held.credential_public_key,
        credential_current_sign_count=held.sign_count - 1,
        require_user_verification=True,
    )
    assert verified.credential_id == held.credential_id
    assert key.stat().st_mode & 0o077 == 0


def test_does_not_answer_for_another_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.pem"
    making = generate_registration_options(rp_id="localhost", rp_name="x", user_name="x")
    answered("create", options_to_json(making), key=key, capsys=capsys, monkeypatch=monkeypatch)
    another = [PublicKeyCredentialDescriptor(id=b"another")]
    asking = generate_authentication_options(rp_id="localhost", allow_credentials=another)

    with pytest.raises(ValueError, match="another authenticator"):
        answered("get", options_to_json(asking), key=key, capsys=capsys, monkeypatch=monkeypatch)
    assert json.loads(options_to_json(asking))["allowCredentials"]
