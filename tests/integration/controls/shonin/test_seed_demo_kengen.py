"""The demo's operator of 機関別符号 has the rights that somebody asked for and somebody else approved."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from chukan.controls.kikan.management.commands.seed_demo import SHOKUIN
from chukan.controls.shonin.domain import KINDS, Kind, may_apply, may_approve
from tests.support.members import asked
from tests.support.shonin import kikin
from tests.support.staff import PASSWORD, a_staff
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
KIKIN = [one for one in SHOKUIN if one.soshiki == "shiharai_kikin"]


@pytest.fixture
def seeded(world: World, tmp_path: Path) -> Iterator[World]:
    """The staff of 支払基金 as the demo has it."""
    with as_role(world, "kanri"):
        for one in KIKIN:
            pairs = [right.split(":") for right in one.kengen.split(",")]
            rights = None if one.kengen == "all" else frozenset((jimu, action) for jimu, action in pairs)
            a_staff(one.shokuin_id, hokensha=None, soshiki=one.soshiki, kengen=rights, shimei=one.shimei)
    (tmp_path / "demo").mkdir()
    accounts = [{"soshiki_code": one.soshiki, "id": one.shokuin_id, "password": PASSWORD} for one in KIKIN]
    (tmp_path / "demo" / "accounts.json").write_text(json.dumps({"accounts": accounts}), encoding="utf-8")
    with override_settings(CHUKAN_HOME=str(tmp_path)):
        yield world


def seed() -> None:
    call_command("seed_demo_kengen", stdout=io.StringIO())


@pytest.mark.kj("KJ-AUTH-20")
def test_asks_and_approves_as_two_persons_and_only_once(seeded: World) -> None:
    seed()
    seed()

    given = "SELECT jimu, action, granted_by, approved_by FROM kengen_fuyo WHERE jimu = 'fugo' ORDER BY action"
    assert asked(seeded, given) == [("fugo", "koshin", "SK003", "SK004"), ("fugo", "shokai", "SK003", "SK004")]
    assert asked(seeded, "SELECT state, count(*) FROM shonin_irai GROUP BY 1") == [("kanryo", 2)]
    assert asked(seeded, "SELECT count(*) FROM seitai_challenge WHERE purpose = 'shonin' AND used_at IS NOT NULL") == [
        (2,)
    ]


def test_leaves_no_key_and_nobody_signed_in(seeded: World) -> None:
    seed()

    assert asked(seeded, "SELECT registered_by_1, registered_by_2 FROM seitai_authenticator") == [
        ("shiharai_kikin/SK900", "shiharai_kikin/SK901")
    ]
    assert asked(seeded, "SELECT count(*) FROM seitai_authenticator WHERE ended_at IS NULL") == [(0,)]
    assert asked(seeded, "SELECT count(*) FROM shokuin_session WHERE ended_at IS NULL") == [(0,)]


def test_where_only_some_models_may_be_registered_nothing_is_given(seeded: World) -> None:
    with override_settings(SEITAI_MODELS=["01020304-0506-0708-0102-030405060708"]):
        seed()

    assert asked(seeded, "SELECT count(*) FROM shonin_irai") == [(0,)]


@pytest.mark.kj("KJ-DUAL-06")
def test_the_demo_has_who_asks_for_a_reissue_and_two_who_agree(seeded: World) -> None:
    seed()

    held: dict[str, set[tuple[str, str]]] = {}
    for shokuin_id, jimu, action in asked(
        seeded, "SELECT s.shokuin_id, f.jimu, f.action FROM kengen_fuyo f JOIN shokuin_shokuin s ON s.id = f.shokuin_id"
    ):
        held.setdefault(shokuin_id, set()).add((jimu, action))
    for kind in (Kind.BAITAI, Kind.FUGO_SAIHAKKO):
        rule = KINDS[kind]
        assert "SK002" in {name for name, rights in held.items() if may_apply(kikin(name, frozenset(rights)), rule)}
        agreeing = {name for name, rights in held.items() if may_approve(kikin(name, frozenset(rights)), rule)}
        assert {"SK004", "SK901"} <= agreeing


def test_says_so_and_does_nothing_once_the_password_was_changed(seeded: World, tmp_path: Path) -> None:
    note = tmp_path / "demo" / "accounts.json"
    note.write_text(note.read_text(encoding="utf-8").replace(PASSWORD, "another password of 15"), encoding="utf-8")
    out = io.StringIO()

    call_command("seed_demo_kengen", stdout=out)

    assert "SK003 のパスワードは変わっている" in out.getvalue()
    assert asked(seeded, "SELECT count(*) FROM shonin_irai") == [(0,)]
