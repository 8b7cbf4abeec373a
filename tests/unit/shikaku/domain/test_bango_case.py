"""Which lines with a new number open a case, and which close those of their person."""

from uuid import UUID

from shikaku.domain.bango_case import BangoClash, CaseChanges, NumberLine, plan_cases

KENPO, OTHER_KENPO = "06132013", "06139992"
OTHER = UUID("11111111-1111-4111-8111-111111111111")


def clashed(meisai_no: int, edaban: int = 1, zone: str = KENPO) -> NumberLine:
    return NumberLine(zone, meisai_no, None, BangoClash(edaban, OTHER))


def registered(meisai_no: int, edaban: int = 1, zone: str = KENPO) -> NumberLine:
    return NumberLine(zone, meisai_no, edaban, None)


class TestPlanCases:
    def test_a_clash_opens_one(self) -> None:
        assert plan_cases([clashed(1)]) == CaseChanges(frozenset(), (clashed(1),))

    def test_a_registered_number_closes_those_of_its_person(self) -> None:
        assert plan_cases([registered(1)]) == CaseChanges(frozenset({(KENPO, 1)}), ())

    def test_a_clash_corrected_further_down_opens_none(self) -> None:
        assert plan_cases([clashed(1), registered(2)]).opening == ()

    def test_a_clash_after_a_registered_number_stays(self) -> None:
        changes = plan_cases([clashed(1), registered(2), clashed(3)])

        assert changes == CaseChanges(frozenset({(KENPO, 1)}), (clashed(3),))

    def test_another_person_or_insurer_corrects_nothing(self) -> None:
        lines = [clashed(1), registered(2, edaban=2), registered(3, zone=OTHER_KENPO)]

        assert plan_cases(lines).opening == (clashed(1),)
