from datetime import date, timedelta

import pytest

from chukan.controls.kikan.domain import ALL_SHUBETSU
from chukan.controls.kikan.queries import (
    check_kano,
    code_book,
    find_hokensha,
    find_shubetsu,
    hokensha_facts,
    is_allowed,
    list_hokensha,
    shubetsu_in_charge,
)
from chukan.kernel.errors import NotFound, NotPermitted
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 20)
TYPES = tuple(ALL_SHUBETSU)
# The table of the catalogue, typed from its text: one letter per type, in the order of ALL_SHUBETSU:
# 協会けんぽ, 健保組合, 国保組合, 市町村国保, 広域連合, 国共済, 地共済, 私学, 生活保護, 公費実施機関等.
MATRIX = {
    ("terminal_riyo", "terminal"): "oooxooooox",
    ("shikaku_toroku", "terminal"): "oooxooooox",
    ("shikaku_toroku", "server_api"): "oooxooooox",
    ("shikaku_toroku", "shuyaku"): "xxxoxxxxxx",
    ("onshi_teikyo", "jido"): "ooooooooox",
    ("himozuke_joho", "jido"): "ooooooooox",
    ("fugo_shutoku", "jido"): "ooooooooox",
    ("fugo_saihakko", "jido"): "ooooooooox",
    ("fukuhon_kukaku", "terminal"): "oooxooooxx",
    ("fukuhon_kukaku", "server_api"): "oooxooooxx",
    ("joho_shokai", "terminal"): "oooxooooxx",
    ("joho_shokai", "server_api"): "oooxooooxx",
    ("joho_teikyo", "jido"): "oooxooooxx",
    ("kiroku_sansho", "terminal"): "oooxooooxx",
    ("kojin_bango_shutoku", "sokuji"): "oooxooooxx",
    ("kojin_bango_shutoku", "ikkatsu"): "oooxooooxx",
    ("kihon_4_joho_shutoku", "sokuji"): "oooxooooxx",
    ("kihon_4_joho_shutoku", "ikkatsu"): "oooxooooox",
    ("honnin_kekka_sansho", "terminal"): "oooxooooox",
    ("honnin_kakunin_yokyu", "server_api"): "xxxxxxxxxx",
    ("jisseki_log", "terminal"): "xxxxxxxxox",
    ("jisseki_log", "server_api"): "xxxxxxxxox",
    ("pmh_id_irai", "pmh"): "xxxxxxxxxo",
    ("pmh_id_fuyo", "jido"): "ooooooooox",
}
CELLS = [(*way, TYPES[at], letter == "o") for way, letters in MATRIX.items() for at, letter in enumerate(letters)]
FIRST = ("kyokai_kenpo", "kenpo_kumiai", "kokuho_kumiai", "koki_koiki")
KYOSAI = ("kokkyo", "chikyo", "shigaku")
STARTS = [
    *((shubetsu, "joho_shokai", "terminal", date(2017, 7, 18)) for shubetsu in FIRST),
    *((shubetsu, "joho_teikyo", "jido", date(2018, 7, 1)) for shubetsu in KYOSAI),
    *((shubetsu, "kojin_bango_shutoku", "sokuji", date(2017, 7, 1)) for shubetsu in FIRST),
    *((shubetsu, "kojin_bango_shutoku", "sokuji", date(2018, 7, 1)) for shubetsu in KYOSAI),
    *((shubetsu, "shikaku_toroku", "terminal", date(2018, 5, 1)) for shubetsu in KYOSAI),
    ("shichoson_kokuho", "shikaku_toroku", "shuyaku", date(2020, 10, 1)),
    ("seikatsu_hogo", "shikaku_toroku", "terminal", date(2023, 10, 1)),
    ("seikatsu_hogo", "fugo_shutoku", "jido", date(2023, 10, 1)),
    ("seikatsu_hogo", "kihon_4_joho_shutoku", "ikkatsu", date(2023, 10, 1)),
    ("kohi_jisshi", "pmh_id_irai", "pmh", date(2024, 3, 1)),
]


class TestMatrix:
    @pytest.mark.kj("KJ-MENU-04")
    @pytest.mark.parametrize("jimu,hoshiki,shubetsu,allowed", CELLS)
    def test_equals_the_table_of_the_catalogue(
        self, world: World, jimu: str, hoshiki: str, shubetsu: str, allowed: bool
    ) -> None:
        assert is_allowed(shubetsu, jimu, hoshiki, ON) is allowed

    @pytest.mark.kj("KJ-IN-02", "KJ-IN-03")
    @pytest.mark.parametrize("shubetsu", TYPES)
    @pytest.mark.parametrize("channel", ["terminal", "server_api", "shuyaku", "operator", "pmh", "baitai", ""])
    def test_lets_each_type_register_through_its_channels_alone(
        self, world: World, channel: str, shubetsu: str
    ) -> None:
        expected = {
            "shichoson_kokuho": {"shuyaku"},
            "kohi_jisshi": set(),
        }.get(shubetsu, {"terminal", "server_api"})
        if channel in expected:
            assert check_kano(shubetsu, "shikaku_toroku", channel, ON).allowed
            return
        with pytest.raises(NotPermitted) as refused:
            check_kano(shubetsu, "shikaku_toroku", channel, ON)
        assert refused.value.code == "jimu_taishogai"

    @pytest.mark.kj("KJ-IN-20")
    @pytest.mark.parametrize("shubetsu,jimu,hoshiki,start", STARTS)
    def test_opens_on_the_start_day_and_not_before(
        self, world: World, shubetsu: str, jimu: str, hoshiki: str, start: date
    ) -> None:
        with pytest.raises(NotPermitted) as refused:
            check_kano(shubetsu, jimu, hoshiki, start - timedelta(days=1))
        assert refused.value.code == "riyo_kaishi_mae"
        assert check_kano(shubetsu, jimu, hoshiki, start).valid_from == start

    def test_uses_codes_of_two_types_for_the_own_view_only(self, world: World) -> None:
        purposes = {
            shubetsu: check_kano(shubetsu, "fugo_shutoku", "jido", ON).purpose
            for shubetsu in TYPES
            if shubetsu != "kohi_jisshi"
        }
        assert {shubetsu for shubetsu, purpose in purposes.items() if purpose == "jiko_joho"} == {
            "shichoson_kokuho",
            "seikatsu_hogo",
        }

    def test_divides_the_types_between_the_two_operators(self, world: World) -> None:
        chuokai = shubetsu_in_charge("kokuho_chuokai", ON)
        kikin = shubetsu_in_charge("shiharai_kikin", ON)
        assert chuokai == {"kokuho_kumiai", "shichoson_kokuho", "koki_koiki"}
        assert kikin == set(TYPES) - chuokai - {"kohi_jisshi"}
        assert shubetsu_in_charge("unyo_hoshu", ON) == frozenset()


class TestCodeBook:
    @pytest.mark.parametrize(
        "table,value,known",
        [
            ("seibetsu", "3", True),
            ("seibetsu", "4", False),
            ("kanyusha_kubun_code", "04", True),
            ("kanyusha_kubun_code", "05", False),
            ("shori_shubetsu_code", "05", True),
            ("sho_kubun", "A1", True),
            ("gendogaku_sho_kubun", "A1", False),
            ("tekiyo_kubun", "B10", True),
            ("ichibu_futankin_wariai", "030", True),
            ("ichibu_futankin_wariai", "30", False),
            ("shikaku_soshitsu_jiyu", "99", True),
            ("mibun", "nandemo", None),
        ],
    )
    def test_holds_the_code_tables(self, world: World, table: str, value: str, known: bool | None) -> None:
        assert code_book()(table, value, ON) is known
        assert code_book(ON)(table, value, ON) is known

    def test_marks_what_is_assumed(self, world: World) -> None:
        assert "seibetsu" in code_book().assumed
        assert "kanyusha_kubun_code" not in code_book().assumed


class TestHokensha:
    def test_is_read_with_one_statement(self, world: World, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's context manager
            facts = hokensha_facts("12130019")
        assert (facts.hokensha_shubetsu, facts.hokensha_bango) == ("seikatsu_hogo", frozenset())
        assert facts.kohi_futansha_bango == {"12130019"}

    def test_unknown_ones_are_not_there(self, world: World) -> None:
        assert find_hokensha("99999999") is None
        with pytest.raises(NotFound):
            hokensha_facts("99999999")

    def test_are_listed_by_type(self, world: World) -> None:
        found = list_hokensha(shubetsu=frozenset({"shichoson_kokuho"}))
        assert [row.hokensha_code for row in found] == ["00138057", "00138065"]
        assert len(list_hokensha()) >= 11


def test_the_kind_of_an_insurer_alone(world: World) -> None:
    assert find_shubetsu("06132013") == "kenpo_kumiai"
    assert find_shubetsu("99999999") is None
