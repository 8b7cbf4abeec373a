import pytest

from chukan.controls.kengen.domain import (
    BY_URL_NAME,
    JIMU,
    SCREENS,
    by_approval,
    check_grant,
    has_right,
    possible_kojin_bango,
    possible_rights,
)
from chukan.kernel.principal import Principal

ALL_OPEN = frozenset({"shikaku", "joho_renkei", "honnin_kakunin"})


def someone(soshiki: str = "hokensha", *rights: tuple[str, str]) -> Principal:
    return Principal(
        channel="terminal" if soshiki == "hokensha" else "operator",
        soshiki=soshiki,
        actor_id="S0001",
        actor_name="見本花子",
        kengen=frozenset(rights),
    )


class TestPossibleRights:
    def test_gives_an_insurer_what_the_matrix_opens_and_its_own_staff(self) -> None:
        assert {jimu for jimu, _ in possible_rights(soshiki="hokensha", open_jimu=ALL_OPEN)} == {
            "shikaku",
            "joho_renkei",
            "honnin_kakunin",
            "kanri",
        }
        assert possible_rights(soshiki="hokensha", open_jimu=frozenset()) == {
            ("kanri", "shokai"),
            ("kanri", "koshin"),
        }

    @pytest.mark.parametrize("soshiki", ["shiharai_kikin", "kokuho_chuokai", "unyo_hoshu"])
    def test_lets_no_operator_register_for_an_insurer(self, soshiki: str) -> None:
        assert ("shikaku", "koshin") not in possible_rights(soshiki=soshiki, open_jimu=ALL_OPEN)

    @pytest.mark.kj("KJ-MENU-05")
    def test_gives_kokuho_chuokai_no_code_no_record_no_identity_check(self) -> None:
        jimu = {name for name, _ in possible_rights(soshiki="kokuho_chuokai", open_jimu=ALL_OPEN)}
        assert jimu.isdisjoint({"fugo", "joho_renkei", "honnin_kakunin"})

    def test_gives_nothing_to_the_unknown(self) -> None:
        assert possible_rights(soshiki="kohi", open_jimu=ALL_OPEN) == frozenset()


class TestCheckGrant:
    def check(self, *, kubun: str = "ippan", wanted: set[tuple[str, str]], kojin_bango: set[str]) -> list[str]:
        found = check_grant(
            soshiki="hokensha",
            kubun=kubun,
            possible=possible_rights(soshiki="hokensha", open_jimu=frozenset({"shikaku"})),
            held=frozenset(),
            wanted=frozenset(wanted),
            kojin_bango=frozenset(kojin_bango),
        )
        return [item.code for item in found]

    def test_takes_what_the_organisation_can_give(self) -> None:
        assert self.check(wanted={("shikaku", "shokai")}, kojin_bango={"shikaku"}) == []

    @pytest.mark.parametrize("right", [("fugo", "shokai"), ("joho_renkei", "shokai"), ("shikaku", "sakujo")])
    def test_refuses_what_it_cannot_give(self, right: tuple[str, str]) -> None:
        assert self.check(wanted={right}, kojin_bango=set()) == ["A-101"]

    def test_keeps_the_staff_for_system_managers(self) -> None:
        assert self.check(wanted={("kanri", "koshin")}, kojin_bango=set()) == ["A-102"]
        assert self.check(kubun="system_kanri", wanted={("kanri", "koshin")}, kojin_bango=set()) == []

    @pytest.mark.kj("KJ-AUTH-14")
    def test_gives_the_number_only_beside_a_right_of_its_jimu(self) -> None:
        assert self.check(wanted={("kanri", "shokai")}, kojin_bango={"shikaku"}) == ["A-103"]
        assert self.check(wanted={("kanri", "shokai")}, kojin_bango={"kanri"}) == ["A-103"]

    def test_gives_operators_no_number(self) -> None:
        assert possible_kojin_bango(soshiki="shiharai_kikin", rights=[("honnin_kakunin", "koshin")]) == frozenset()


class TestScreens:
    def test_have_one_id_and_one_address_each(self) -> None:
        assert len({screen.id for screen in SCREENS}) == len(SCREENS) == len(BY_URL_NAME)

    def test_name_a_known_jimu(self) -> None:
        assert {screen.jimu for screen in SCREENS} - {None} <= set(JIMU)

    @pytest.mark.kj("KJ-AUTH-13")
    def test_open_with_their_own_right_alone(self) -> None:
        for screen in SCREENS:
            if screen.jimu is None:
                continue
            soshiki = min(screen.soshiki)
            other = "koshin" if screen.action == "shokai" else "shokai"
            assert has_right(someone(soshiki, (screen.jimu, screen.action)), screen), screen.id
            assert not has_right(someone(soshiki, (screen.jimu, other)), screen), screen.id
            assert not has_right(someone("hokensha2", (screen.jimu, screen.action)), screen), screen.id

    def test_start_page_needs_any_right(self) -> None:
        home = BY_URL_NAME["shikaku:home"]
        assert has_right(someone("hokensha", ("kanri", "shokai")), home)
        assert not has_right(someone("hokensha"), home)


class TestByApproval:
    @pytest.mark.kj("KJ-AUTH-20")
    @pytest.mark.parametrize("right", sorted((j, a) for j in ("fugo", "honnin_kakunin") for a in ("shokai", "koshin")))
    def test_a_right_of_the_server_is_kept_and_never_given_with_the_staff_record(self, right: tuple[str, str]) -> None:
        def codes(held: frozenset[tuple[str, str]]) -> list[str]:
            found = check_grant(
                soshiki="shiharai_kikin",
                kubun="ippan",
                possible=possible_rights(soshiki="shiharai_kikin", open_jimu=frozenset()),
                held=held,
                wanted=frozenset({right, ("unyo", "shokai")}),
                kojin_bango=frozenset(),
            )
            return [item.code for item in found]

        assert codes(frozenset()) == ["A-104"]
        assert codes(frozenset({right})) == []

    @pytest.mark.kj("KJ-AUTH-06")
    @pytest.mark.parametrize("soshiki", ["hokensha", "kokuho_chuokai", "unyo_hoshu"])
    def test_nobody_of_another_affiliation_can_have_the_code(self, soshiki: str) -> None:
        assert "fugo" not in {jimu for jimu, _ in possible_rights(soshiki=soshiki, open_jimu=ALL_OPEN)}
        assert by_approval(soshiki=soshiki, rights=[("fugo", "koshin")]) == frozenset()
