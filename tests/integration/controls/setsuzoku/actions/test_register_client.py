import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.controls.setsuzoku.domain import Itaku
from chukan.controls.setsuzoku.models import Client, ClientItaku, ClientKey
from chukan.controls.setsuzoku.queries import carried_by, find_client, has_itaku
from chukan.kernel.errors import RuleBroken
from chukan.kernel.http.jwk import JwkRefused, to_jwk
from tests.support.machines import COMMAND
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
JWK = to_jwk(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key(), "k1")
ITAKU = Itaku("01", "見本次郎", date(2026, 11, 1), date(2027, 11, 1))


def register(world: World, kind: str, hokensha: tuple[str, ...] = (), **more: object) -> str:
    given = {"jwks": {"keys": [JWK]}, "valid_from": TODAY, "now": NOW, **more}
    with as_role(world, "kanri"):
        return register_client(by=COMMAND, kind=kind, hokensha_codes=hokensha, **given)  # type: ignore[arg-type]


class TestRegisters:
    def test_an_insurers_own_system(self, world: World) -> None:
        client_id = register(world, "hokensha", ("06132013",))

        facts = find_client(client_id, on=TODAY)
        assert facts is not None
        assert (facts.kind, facts.hokensha_code, facts.carried) == ("hokensha", "06132013", frozenset())
        assert [(key.kid, key.proven) for key in facts.keys] == [("k1", False)]

    @pytest.mark.kj("KJ-IN-23")
    def test_a_system_that_carries_several(self, world: World) -> None:
        client_id = register(world, "kokuho_shuyaku", ("00138057", "00138065"))

        assert carried_by(client_id) == {"00138057", "00138065"}
        assert Client.objects.get(client_id=client_id).hokensha_code is None

    def test_pmh_with_its_entrustment(self, world: World) -> None:
        client_id = register(world, "pmh", itaku=(ITAKU,))

        assert has_itaku(client_id, "01", on=date(2026, 11, 1))
        assert not has_itaku(client_id, "01", on=date(2027, 11, 1))
        assert not has_itaku(client_id, "02", on=TODAY)

    def test_and_records_it(self, world: World) -> None:
        client_id = register(world, "onshi")
        with world.admin() as admin:
            rows = admin.execute("SELECT kind, result, targets FROM sosa_log_event").fetchall()

        assert rows == [("client_changed", "ok", [client_id])]

    def test_a_key_without_the_client_is_no_key(self, world: World) -> None:
        client_id = register(world, "hokensha", ("06132013",), valid_to=date(2026, 11, 22))

        assert find_client(client_id, on=date(2026, 11, 20)) is None
        assert find_client(client_id, on=date(2026, 11, 21)) is not None
        assert find_client(client_id, on=date(2026, 11, 22)) is None


class TestRefuses:
    @pytest.mark.parametrize(
        "kind, hokensha, code",
        [
            pytest.param("hokensha", ("00138057",), "E209", marks=pytest.mark.kj("KJ-IN-23")),
            ("hokensha", (), "E208"),
            ("hokensha", ("06132013", "06139992"), "E208"),
            ("hokensha", ("99999999",), "E203"),
            ("kokuho_shuyaku", (), "E208"),
            ("kokuho_shuyaku", ("06132013",), "E209"),
            ("pmh", ("06132013",), "E209"),
            ("onshi", ("06132013",), "E209"),
            ("other", (), "E205"),
        ],
    )
    def test_what_no_system_can_be(self, world: World, kind: str, hokensha: tuple[str, ...], code: str) -> None:
        with pytest.raises(RuleBroken) as refused:
            register(world, kind, hokensha)

        assert code in [item.code for item in refused.value.errors]
        assert Client.objects.count() == 0

    def test_entrustment_of_another_kind_or_duty(self, world: World) -> None:
        with pytest.raises(RuleBroken):
            register(world, "onshi", itaku=(ITAKU,))
        with pytest.raises(RuleBroken):
            register(world, "pmh", itaku=(Itaku("09", "x", TODAY, TODAY),))
        assert ClientItaku.objects.count() == 0

    def test_keys_that_cannot_be_used(self, world: World) -> None:
        with pytest.raises(JwkRefused):
            register(world, "onshi", jwks={"keys": [{**JWK, "d": "AAAA"}]})
        assert ClientKey.objects.count() == 0


class TestCommand:
    def test_it_prints_one_json_line(self, world: World, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps({"keys": [JWK]}))

        printed = manage("register_client", "--kind", "hokensha", "--hokensha", "06132013", "--jwks", str(path))

        assert json.loads(printed)["client_id"].startswith("hokensha-")

    def test_pmh_takes_its_entrustment(self, world: World, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps(JWK))

        printed = manage(
            "register_client", "--kind", "pmh", "--jwks", str(path), "--itaku", "01,02,03", "--kakuninsha", "見本次郎",
            "--kakunin-ymd", "2026-11-01", "--minaoshi-ymd", "2027-11-01",
        )  # fmt: skip

        assert has_itaku(json.loads(printed)["client_id"], "03", on=TODAY)

    def test_a_refusal_says_what_to_do(self, world: World, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps(JWK))

        with pytest.raises(RuntimeError, match="kokuho_shuyaku"):
            manage("register_client", "--kind", "hokensha", "--hokensha", "00138057", "--jwks", str(path))
